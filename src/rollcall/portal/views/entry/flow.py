"""A sign-in with Microsoft under way: how a browser is sent off, and what it keeps meanwhile.

What it keeps is a cookie for this host alone, signed, for a quarter of an hour. It holds all that
the answer is checked against, so that an answer is of use in no other browser.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.crypto import constant_time_compare

from rollcall.oidc.flow import Attempt
from rollcall.portal.views.entry.domains import domain_of, main_domain, redirect_uri
from rollcall.web.identity import PageRequest
from rollcall.wiring.check import redirect_uris
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sign_in import begin_sign_in

PREFIX: Final = "__Host-flow-"
NAMED_BY: Final = 12
"""So many characters of the state name the cookie: two windows do not take each other's."""

SALT: Final = "rollcall.portal.flow"
LASTS: Final = 15 * 60
MOST: Final = 5
LONGEST_ONWARD: Final = 600
"""Cookies have little room; who wanted to go further begins at the first page."""

SIGN_IN: Final = "sign-in"
TEST: Final = "test"


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that was begun in this browser. `began` is in seconds of Unix."""

    tenant_id: int
    purpose: str
    redirect_uri: str
    onward: str
    attempt: Attempt
    began: int


class NoDomainError(Exception):
    """The server has no domain yet, so there is no redirect URI."""


def depart(
    request: PageRequest,
    tenant_id: int,
    *,
    purpose: str = SIGN_IN,
    onward: str = "",
    back: str = "",
    login_hint: str = "",
    domain_hint: str = "",
    prompt: str = "",
) -> HttpResponse:
    """Send the browser to Microsoft, with a cookie that takes the answer.

    From a host that has no redirect URI it goes to `back` (a path) at the web domain instead.
    Raises SetupError or TransientError with a sentence, NoDomainError before a domain is set.
    """
    environment = request.machine.environment
    domain = domain_of(environment, request.get_host())
    if domain is None:
        main = main_domain(environment)
        if main is None:
            raise NoDomainError
        return leave(request, f"{main.origin}{back or '/'}", here=True)
    uri = redirect_uri(domain)
    departure = begin_sign_in(
        request.machine,
        tenant_id,
        redirect_uri=uri,
        login_hint=login_hint,
        domain_hint=domain_hint,
        prompt=prompt,
    )
    flow = Flow(
        tenant_id=tenant_id,
        purpose=purpose,
        redirect_uri=uri,
        onward=onward if len(onward) <= LONGEST_ONWARD else "",
        attempt=departure.attempt,
        began=int(utc_now().timestamp()),
    )
    response = leave(request, departure.url)
    _make_room(request, response)
    _keep(response, flow)
    return response


def leave(request: PageRequest, url: str, *, here: bool = False) -> HttpResponse:
    """Send the browser to another host by a page: a form's answer may not lead there.

    Browsers hold every redirect after a form against the page's policy (form-action), those of a
    company's own identity provider behind Microsoft among them. This page begins anew.
    """
    response = render(request, "portal/entry/leaving.html", {"url": url, "here": here})
    response["Refresh"] = f"0; url={url}"
    return response


def cookie_name(state: str) -> str:
    """Return the name of the cookie that belongs to a state."""
    return PREFIX + state[:NAMED_BY]


def find_flow(request: PageRequest, state: str) -> Flow | None:
    """Return what this browser began with that state, unless it is over or forged."""
    flow = _read(request.COOKIES.get(cookie_name(state), ""))
    if flow is None or not constant_time_compare(flow.attempt.state, state):
        return None
    return flow if flow.redirect_uri in redirect_uris(request.machine.environment) else None


def drop_flow(response: HttpResponseBase, state: str) -> None:
    """Take the cookie of a state from the browser."""
    _drop(response, cookie_name(state))


def _keep(response: HttpResponseBase, flow: Flow) -> None:
    response.set_cookie(
        cookie_name(flow.attempt.state),
        signing.dumps(_to_plain(flow), salt=SALT),
        max_age=LASTS,
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _drop(response: HttpResponseBase, name: str) -> None:
    response.set_cookie(name, "", max_age=0, secure=True, httponly=True, samesite="Lax", path="/")


def _make_room(request: HttpRequest, response: HttpResponseBase) -> None:
    """Drop what is over, and the oldest of what would be too many."""
    names = [name for name in request.COOKIES if name.startswith(PREFIX)]
    flows = {name: _read(request.COOKIES[name]) for name in names}
    living = sorted(
        ((flow.began, name) for name, flow in flows.items() if flow is not None), reverse=True
    )
    kept = {name for _, name in living[: MOST - 1]}
    for name in names:
        if name not in kept:
            _drop(response, name)


def _to_plain(flow: Flow) -> Mapping[str, object]:
    return {
        "tenant": flow.tenant_id,
        "purpose": flow.purpose,
        "uri": flow.redirect_uri,
        "next": flow.onward,
        "state": flow.attempt.state,
        "nonce": flow.attempt.nonce,
        "verifier": flow.attempt.verifier,
        "began": flow.began,
    }


def _read(value: str) -> Flow | None:
    if not value:
        return None
    try:
        plain: dict[str, Any] = signing.loads(value, salt=SALT, max_age=LASTS)
        return Flow(
            tenant_id=int(plain["tenant"]),
            purpose=str(plain["purpose"]),
            redirect_uri=str(plain["uri"]),
            onward=str(plain["next"]),
            attempt=Attempt(
                state=str(plain["state"]),
                nonce=str(plain["nonce"]),
                verifier=str(plain["verifier"]),
            ),
            began=int(plain["began"]),
        )
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
