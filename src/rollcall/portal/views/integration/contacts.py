"""The tab Contact sync: people's own contacts, and the company's from shared mailboxes."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from rollcall.integrations.queries import IntegrationView
from rollcall.portal.forms.integration import ContactsForm
from rollcall.portal.views.integration.settings import Question, Tab, answer
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


def _more(request: PageRequest, current: IntegrationView) -> Mapping[str, Any]:
    return {}


TAB: Final = Tab(
    name="integration-contacts",
    template="portal/integration/contacts.html",
    form=ContactsForm,
    questions=(
        Question("personal", _("Whose personal contacts")),
        Question("mailboxes", _("Which shared mailboxes"), mailboxes=True),
    ),
    more=_more,
)


@for_administrator("GET", "POST", live=True)
def contacts(request: PageRequest) -> HttpResponse:
    """Show the tab, or save it."""
    return answer(request, TAB)
