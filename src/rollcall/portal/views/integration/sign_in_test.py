"""The sign-in test: the real way to Microsoft and back, each check shown, and nobody signed in.

It begins on the tab Permissions in a window of its own (rollcall.portal.views.entry.testing); the
callback hands over what came back.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.admission import Admission, EntryRefusal, EntryRole
from rollcall.oidc.checks import Check
from rollcall.oidc.claims import VerifiedClaims
from rollcall.portal.views.integration.sign_in_words import CHECKS, why_of
from rollcall.tenants.queries import TenantView
from rollcall.web.audience import may_administer
from rollcall.web.identity import PageRequest, identity_of
from rollcall.web.visitors import visitor_of
from rollcall.wiring.sign_in import Arrival, CheckResult

TEMPLATE: Final = "portal/integration/sign_in_test.html"
ACTION: Final = "sign_in.tested"
FORBIDDEN: Final = 403
NOT_BEGUN: Final = "not-begun"


class CheckLine(msgspec.Struct, frozen=True):
    """A check as it is shown: `kind` colours its light, `word` says it."""

    name: str
    about: str
    kind: str
    word: str
    detail: str = ""
    help: str = ""


def show_start(request: PageRequest, *, trouble: str = "") -> HttpResponse:
    """Say what the test does, or why it could not begin."""
    if trouble:
        _note(request, request.tenant, outcome=NOT_BEGUN)
    return _page(request, request.tenant, {"begun": False, "trouble": trouble})


def show_result(
    request: PageRequest,
    tenant: TenantView,
    arrival: Arrival,
    decision: Admission | EntryRefusal | None,
) -> HttpResponse:
    """Show what came back, to the administrator of this browser alone. For the callback."""
    identity = identity_of(request)
    if identity is None or not may_administer(identity, tenant.id):
        return _stranger(request)
    setattr(request, "tenant", tenant)  # noqa: B010 - the callback's address names no tenant
    failed = next((each for each in arrival.checks if not each.passed), None)
    _note(
        request,
        tenant,
        outcome=_outcome(decision),
        check=failed.check.value if failed else "",
        person=arrival.claims.object_id if arrival.claims else "",
    )
    values = {
        "begun": True,
        "passed": failed is None and arrival.claims is not None,
        "lines": list(_lines(arrival.checks)),
        "trouble": str(arrival.error) if arrival.error is not None and failed is None else "",
        **_person(arrival.claims),
        **_decision(decision),
    }
    return _page(request, tenant, values)


def _page(request: PageRequest, tenant: TenantView, values: dict[str, Any]) -> HttpResponse:
    return render(request, TEMPLATE, {"tenant": tenant, **values})


def _stranger(request: PageRequest) -> HttpResponse:
    """Tell who is not an administrator here (any more) nothing about the answer."""
    values = {
        "title": _("The sign-in test has no result"),
        "sentence": _(
            "It needs the session of an administrator in this browser, from its beginning to its "
            "end. Nobody was signed in by it. Sign in, and begin the test again."
        ),
    }
    return render(request, "portal/message.html", values, status=FORBIDDEN)


def _lines(checks: Sequence[CheckResult]) -> Iterator[CheckLine]:
    """Yield all checks: those that were made as they came out, then those it did not come to.

    What stands before a check that was made has passed, or it would not have been made.
    """
    made = {each.check: each for each in checks}
    last = max((list(Check).index(each) for each in made), default=-1)
    for position, check in enumerate(Check):
        words, result = CHECKS[check], made.get(check)
        name, about = str(words.name), str(words.about)
        if result is not None and not result.passed:
            yield CheckLine(name, about, "bad", _("failed"), result.detail, str(words.help))
        elif position <= last:
            detail = result.detail if result else ""
            yield CheckLine(name, about, "good", _("passed"), detail)
        else:
            yield CheckLine(name, about, "quiet", _("not reached"))


def _person(claims: VerifiedClaims | None) -> dict[str, str]:
    if claims is None:
        return {}
    return {
        "person": claims.name or claims.principal_name,
        "principal_name": claims.principal_name,
        "object_id": claims.object_id,
        "directory_id": claims.directory_id,
    }


def _decision(decision: Admission | EntryRefusal | None) -> dict[str, Any]:
    match decision:
        case Admission():
            role = {
                EntryRole.ADMINISTRATOR: _("administrator of this tenant"),
                EntryRole.USER: _("user"),
            }[decision.role]
            return {"admitted": True, "role": role, "known_as": decision.name}
        case EntryRefusal():
            words = why_of(decision.value)
            return {"admitted": False, "why": words.why, "help": words.help}
        case _:
            return {"admitted": None}


def _outcome(decision: Admission | EntryRefusal | None) -> str:
    match decision:
        case Admission():
            return decision.role.value
        case EntryRefusal():
            return decision.value
        case _:
            return "failed"


def _note(
    request: PageRequest, tenant: TenantView, *, outcome: str, check: str = "", person: str = ""
) -> None:
    note(
        actor=request.identity.actor,
        action=ACTION,
        subject=person,
        tenant_id=tenant.id,
        detail={
            "address": visitor_of(request).address,
            "method": "microsoft",
            "outcome": outcome,
            "check": check,
        },
    )
