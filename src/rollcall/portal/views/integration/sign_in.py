"""The tab Sign in: who may sign in with Microsoft, who as administrator, and who only so."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from rollcall.integrations.queries import IntegrationView
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.portal.forms.integration import SignInForm
from rollcall.portal.views.integration.settings import Question, Tab, answer
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


def _more(request: PageRequest, current: IntegrationView) -> Mapping[str, Any]:
    return {}


TAB: Final = Tab(
    name="integration-sign-in",
    template="portal/integration/sign_in.html",
    form=SignInForm,
    questions=(
        Question("sign-in", _("Who may sign in")),
        Question(ADMINISTRATORS, _("Who may sign in as administrator"), moded=False),
    ),
    more=_more,
)


@for_administrator("GET", "POST", live=True)
def sign_in(request: PageRequest) -> HttpResponse:
    """Show the tab, or save it."""
    return answer(request, TAB)
