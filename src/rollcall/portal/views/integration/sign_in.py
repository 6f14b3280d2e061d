"""The tab Sign in: who may sign in with Microsoft, who as administrator, and who only so.

Above the settings stands what they come to: whether the button is shown, and why not; below, who
was refused of late, and what would let them in.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rollcall.accounts.break_glass import list_break_glass
from rollcall.audit.refusals import newest_refusals
from rollcall.integrations.directory import name_people
from rollcall.integrations.queries import IntegrationView
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.integrations.sign_in import OfferConditions, conditions_of
from rollcall.integrations.sign_in_counts import count_admitted
from rollcall.portal.forms.integration import SignInForm
from rollcall.portal.views.integration.settings import Question, Tab, answer
from rollcall.portal.views.integration.sign_in_words import why_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.check import redirect_uris
from rollcall.wiring.machine import utc_now

MOST_REFUSALS: Final = 20
LOOKED_BACK: Final = timedelta(days=30)
MOST_NAMED: Final = 5

CONDITIONS: Final[Mapping[str, tuple[Promise, Promise]]] = {
    "tenant_active": (_("The tenant works"), _("It is suspended. Ask whoever runs this server.")),
    "domain_set": (
        _("The server has a web domain"),
        _("Without one there is no redirect URI. Whoever runs this server sets web_domain."),
    ),
    "ids_set": (
        _("Application and directory are filled in"),
        _("Fill both ids in, on the tab “Permissions”."),
    ),
    "key_accepted": (
        _("Microsoft has accepted a key pair"),
        _("Upload the certificate and check, on the tab “Permissions”."),
    ),
    "key_valid": (
        _("The certificate has not expired"),
        _("Generate a new key pair on the tab “Permissions”, and upload it."),
    ),
    "people_synchronised": (
        _("People were synchronised at least once"),
        _("Switch “User sync” on and let a sync run: only people with an extension come in."),
    ),
    "somebody_allowed": (
        _("Somebody may sign in"),
        _("Switch signing in on below, or name an administrator who is found in the directory."),
    ),
}
"""What it takes to show the button, and what to do where it is lacking."""


TAB: Final = Tab(
    name="integration-sign-in",
    template="portal/integration/sign_in.html",
    form=SignInForm,
    questions=(
        Question("sign-in", _("Who may sign in")),
        Question(ADMINISTRATORS, _("Who may sign in as administrator"), moded=False),
    ),
    more=lambda _request, _current: {},
)


@for_administrator("GET", "POST", live=True)
def sign_in(request: PageRequest) -> HttpResponse:
    """Show the tab, or save it."""
    break_glass = list_break_glass(request.tenant.id, limit=MOST_NAMED + 1)
    return answer(request, replace(TAB, more=partial(_more, break_glass)))


def _more(
    break_glass: list[str], request: PageRequest, current: IntegrationView
) -> Mapping[str, Any]:
    conditions = conditions_of(request.tenant.id, now=utc_now())
    lacking = _lacking(request, conditions)
    return {
        "shown": not lacking,
        "lacking": lacking,
        "counts": count_admitted(current),
        "addresses": _addresses(request),
        "enforced": current.enforce_sign_in,
        "break_glass": break_glass[:MOST_NAMED],
        "more_glass": len(break_glass) > MOST_NAMED,
        "refusals": _refusals(request),
    }


def _lacking(request: PageRequest, conditions: OfferConditions) -> list[dict[str, Promise]]:
    """Return what is missing before the button is shown, with what to do."""
    met = {name: bool(getattr(conditions, name, True)) for name in CONDITIONS}
    met["domain_set"] = bool(redirect_uris(request.machine.environment))
    met["key_valid"] = met["key_valid"] or not met["key_accepted"]
    return [
        {"name": name, "help": help_} for each, (name, help_) in CONDITIONS.items() if not met[each]
    ]


def _addresses(request: PageRequest) -> list[str]:
    """Return what people open to sign in, on each domain of the server."""
    paths = (
        reverse("tenant-home", kwargs={"tenant": request.tenant.slug}),
        reverse("phone"),
    )
    environment = request.machine.environment
    domains = (environment.web_domain, environment.sbc_domain)
    return [f"{domain.origin}{path}" for domain in domains if domain for path in paths]


def _refusals(request: PageRequest) -> list[dict[str, Any]]:
    found = newest_refusals(request.tenant.id, since=utc_now() - LOOKED_BACK, limit=MOST_REFUSALS)
    people = sorted({each.object_id for each in found if each.object_id})
    names = name_people(request.tenant.id, people) if people else {}
    return [
        {
            "at": each.at,
            "person": names[each.object_id].name if each.object_id in names else "",
            "words": why_of(each.reason),
            "reference": each.reference,
            "object_id": each.object_id,
        }
        for each in found
    ]
