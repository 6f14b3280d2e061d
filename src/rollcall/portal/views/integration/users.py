"""The tab User sync: who comes in, with which number, and what becomes of those who leave."""

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from rollcall.integrations.queries import IntegrationView
from rollcall.portal.forms.integration import UsersForm
from rollcall.portal.views.integration.range_picture import draw_range, typed_range
from rollcall.portal.views.integration.settings import Question, Tab, answer
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.settings import extension_range


def _more(request: PageRequest, current: IntegrationView) -> Mapping[str, Any]:
    tenant = request.tenant
    sent = request.POST if request.method == "POST" else None
    scope = typed_range(tenant, sent) if sent is not None else None
    return {"picture": draw_range(tenant.id, scope or extension_range(tenant, current))}


TAB: Final = Tab(
    name="integration-users",
    template="portal/integration/users.html",
    form=UsersForm,
    questions=(Question("people", _("Who is synchronised")),),
    more=_more,
)


@for_administrator("GET", "POST", live=True)
def users(request: PageRequest) -> HttpResponse:
    """Show the tab, or save it."""
    return answer(request, TAB)
