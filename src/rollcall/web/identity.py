"""Who asks: the account behind the cookie of a request."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollcall.accounts.sessions import SignedIn, find_session
from rollcall.tenants.queries import TenantView
from rollcall.web.context import context_of
from rollcall.wiring.machine import Machine, utc_now

Answer = Callable[[HttpRequest], HttpResponseBase]

COOKIE: Final = "__Host-session"
API: Final = "/api/"
"""There, cookies say nothing: programs have tokens."""


class PageRequest(HttpRequest):
    """What views get: a request, and who asks on which machine. For types; never instantiated.

    `tenant` is there on pages of a tenant. `identity` is None only on pages for anyone.
    """

    identity: SignedIn
    tenant: TenantView
    machine: Machine


def who_asks(answer: Answer) -> Answer:
    """Put `identity` (or None) and `machine` on every request."""

    def known(request: HttpRequest) -> HttpResponseBase:
        context = context_of(request)
        machine = Machine(context.environment, context.conninfo)
        setattr(request, "machine", machine)  # noqa: B010 - not an attribute that the type has
        token = "" if request.path.startswith(API) else request.COOKIES.get(COOKIE, "")
        life = machine.session_life()
        found = find_session(token, now=utc_now(), life=life) if token else None
        setattr(request, "identity", found)  # noqa: B010 - the same
        response = answer(request)
        if token and found is None and COOKIE not in response.cookies:
            forget_session(response)
        return response

    return known


def identity_of(request: HttpRequest) -> SignedIn | None:
    """Return who asks; None is nobody, or somebody whose second factor is still to come."""
    found: SignedIn | None = getattr(request, "identity", None)
    return found if found is not None and found.proven else None


def keep_session(response: HttpResponseBase, token: str) -> None:
    """Give the browser its cookie: for this host alone, over HTTPS, not for scripts."""
    response.set_cookie(COOKIE, token, secure=True, httponly=True, samesite="Lax", path="/")


def forget_session(response: HttpResponseBase) -> None:
    """Take the cookie from the browser."""
    response.set_cookie(COOKIE, "", max_age=0, secure=True, httponly=True, samesite="Lax", path="/")
