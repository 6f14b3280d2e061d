"""Back from Microsoft: `/ms365/callback`, which is registered at every customer's directory.

    state and cookie → Microsoft's answer → code → claims → may they come in → session

What belongs to no sign-in of this browser ends at the first step. Each refusal is noted.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

import msgspec
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from rollcall.accounts.microsoft import enter_by_directory, spend_state
from rollcall.accounts.sessions import end_session
from rollcall.core.admission import Admission, EntryRefusal
from rollcall.core.errors import SetupError, SyncError, TransientError
from rollcall.integrations.sign_in import admit
from rollcall.oidc.checks import Check
from rollcall.oidc.claims import VerifiedClaims
from rollcall.portal.views.entry.flow import TEST, Flow, drop_flow, find_flow
from rollcall.portal.views.entry.refusals import Refused, paused, refuse
from rollcall.portal.views.entry.steps import show_card
from rollcall.portal.views.integration import consent
from rollcall.portal.views.integration.sign_in_test import show_result
from rollcall.tenants.queries import TenantView, get_tenant_by_id
from rollcall.web.addresses import own_path
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest, identity_of, keep_session
from rollcall.web.visitors import visitor_of
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sign_in import Arrival, CheckResult, complete_sign_in

ONCE: Final = ("state", "code", "error", "error_description", "iss", "session_state")
LONGEST_STATE: Final = 200
LONGEST_CODE: Final = 8192
CONSENT: Final = "admin_consent"
NUMBER: Final = re.compile(r"AADSTS(\d{4,9})\b")
ERRORS: Final = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_client",
        "invalid_request",
        "invalid_resource",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
"""What Microsoft says when it does not sign somebody in. Other words are not repeated."""

SILENT: Final = frozenset({"server_error", "temporarily_unavailable"})
OVER: Final = "sign-in-again"
"""The code of a sign-in was used, or is too old."""

PERSONAL: Final = frozenset(
    {"conditional-access", "person-disabled", "person-not-assigned", "person-unknown"}
)
"""Codes of what Microsoft has against a person, not against the application."""

CANCELLED: Final = frozenset({"access_denied"})


def _get_alone(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer nothing but GET, and note the rest: an answer by form would come without cookies."""

    @wraps(view)
    def asked(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if request.method == "GET":
            return view(request, **values)
        refused = Refused(kind="method", reason="method", check=Check.STATE)
        response = refuse(cast("PageRequest", request), refused)
        response["Allow"] = "GET"
        return response

    return asked


@csrf_exempt
@_get_alone
@for_anyone("GET")
def callback(request: PageRequest) -> HttpResponseBase:
    """Take Microsoft's answer: of a sign-in, of a sign-out, or of admin consent."""
    if not request.GET:
        return _signed_out(request)
    if CONSENT in request.GET or consent.is_answer(request.GET.get("state", "")):
        return consent.returned(request)
    state = _single(request, "state")
    flow = find_flow(request, state) if state and len(state) <= LONGEST_STATE else None
    if flow is None:
        return _unknown(request)
    response = _answer(request, flow)
    drop_flow(response, state)
    return response


def _single(request: PageRequest, name: str) -> str:
    """Return a parameter that may stand there once; nothing if any of them stands there twice."""
    twice = any(len(request.GET.getlist(each)) > 1 for each in ONCE)
    return "" if twice else request.GET.get(name, "")


def _signed_out(request: PageRequest) -> HttpResponse:
    """Say that it is done: Microsoft's sign-out comes back here."""
    if identity_of(request) is not None:
        return redirect("home")
    return show_card(request, "signed_out", {})


def _unknown(request: PageRequest) -> HttpResponse:
    """Refuse an answer that is none to a sign-in of this browser, or not any more."""
    kind = "state" if identity_of(request) is None else "finished"
    return refuse(request, Refused(kind=kind, reason=Check.STATE, check=Check.STATE))


def _answer(request: PageRequest, flow: Flow) -> HttpResponse:
    """Go on with an answer to a sign-in that this browser began."""
    if not spend_state(flow.attempt.state, now=utc_now()):
        return _unknown(request)
    error = _error_of(request)
    if flow.purpose == TEST:
        return _show_test(request, flow, error)
    if error:
        return _refuse(request, flow, _not_signed_in(request, error))
    if (pause := paused(request, flow.onward)) is not None:
        return pause
    arrival = _complete(request, flow)
    if arrival.claims is None:
        return _refuse(request, flow, _failed(arrival))
    return _admit(request, flow, arrival.claims)


def _refuse(request: PageRequest, flow: Flow, refused: Refused) -> HttpResponse:
    """Refuse an answer in the name of the tenant, unless that was deleted on the way."""
    tenant = _find_tenant(flow)
    if tenant is None:
        return _unknown(request)
    return refuse(request, msgspec.structs.replace(refused, tenant=tenant, onward=flow.onward))


def _find_tenant(flow: Flow) -> TenantView | None:
    try:
        return get_tenant_by_id(flow.tenant_id)
    except ObjectDoesNotExist:
        return None


def _error_of(request: PageRequest) -> str:
    """Return Microsoft's error, in its own word if it is one of those that it has."""
    error = request.GET.get("error", "")
    if not error:
        return ""
    return error if error in ERRORS else "other"


def _complete(request: PageRequest, flow: Flow) -> Arrival:
    code = _single(request, "code")
    return complete_sign_in(
        request.machine,
        flow.tenant_id,
        code=code if len(code) <= LONGEST_CODE else "",
        redirect_uri=flow.redirect_uri,
        attempt=flow.attempt,
    )


def _not_signed_in(request: PageRequest, error: str) -> Refused:
    kind = "silent" if error in SILENT else "cancelled" if error in CANCELLED else "microsoft"
    return Refused(
        kind=kind,
        reason=f"microsoft-{error}",
        check=Check.ANSWER,
        detail=_number_in(request.GET.get("error_description", "")),
    )


def _number_in(text: str) -> dict[str, object]:
    """Return the number of Microsoft's error: the text around it is anybody's."""
    found = NUMBER.search(text)
    return {"code": found[0]} if found else {}


def _failed(arrival: Arrival) -> Refused:
    failed = next((each for each in arrival.checks if not each.passed), None)
    check = failed.check if failed else Check.REDEMPTION
    return Refused(
        kind=_kind_of(arrival.error),
        reason=check,
        check=check,
        detail=_number_in(failed.detail if failed else ""),
    )


def _kind_of(error: SyncError | None) -> str:
    """Return what to say where Microsoft's answer was no good."""
    match error:
        case TransientError():
            return "silent"
        case SetupError() if error.code in PERSONAL:
            return "microsoft"
        case SetupError():
            return "unavailable"
        case SyncError() if error.code == OVER:
            return "state"
        case _:
            return "answer"


def _admit(request: PageRequest, flow: Flow, claims: VerifiedClaims) -> HttpResponse:
    decision = admit(flow.tenant_id, claims.directory_id, claims.object_id, now=utc_now())
    if isinstance(decision, EntryRefusal):
        return _refuse(request, flow, _not_admitted(decision, claims))
    return _enter(request, flow, decision, claims)


def _not_admitted(why: EntryRefusal, claims: VerifiedClaims) -> Refused:
    return Refused(
        kind=why.value,
        reason=why.value,
        person=claims.principal_name or claims.name,
        detail={"object_id": claims.object_id},
    )


def _enter(
    request: PageRequest, flow: Flow, admission: Admission, claims: VerifiedClaims
) -> HttpResponse:
    """Begin a session in the place of the one that there may be, and go on."""
    try:
        entry = enter_by_directory(
            admission,
            visitor=visitor_of(request),
            session_id=claims.session_id,
            logout_hint=claims.logout_hint,
            now=utc_now(),
        )
    except SetupError as error:
        detail = {"object_id": claims.object_id}
        return _refuse(request, flow, Refused(kind="blocked", reason=error.code, detail=detail))
    if request.identity is not None:
        end_session(request.identity.account_id, request.identity.session_id)
    rotate_token(request)
    response = redirect(own_path(flow.onward) or reverse("home"))
    keep_session(response, entry.token)
    return response


def _show_test(request: PageRequest, flow: Flow, error: str) -> HttpResponse:
    """Hand the result of a test to its page: nobody is signed in by it."""
    tenant = _find_tenant(flow)
    if tenant is None:
        return _unknown(request)
    began = CheckResult(Check.STATE, passed=True, detail="")
    if error:
        number = str(_number_in(request.GET.get("error_description", "")).get("code", ""))
        said = " ".join(part for part in (error, number) if part)
        failed = CheckResult(Check.ANSWER, passed=False, detail=said)
        arrival = Arrival(claims=None, checks=(began, failed), error=None)
    else:
        arrival = _complete(request, flow)
    decision = None
    if arrival.claims is not None:
        claims = arrival.claims
        decision = admit(flow.tenant_id, claims.directory_id, claims.object_id, now=utc_now())
    return show_result(request, tenant, arrival, decision)
