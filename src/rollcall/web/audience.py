"""Who may open a page, and in whose scope it runs. Every view says so with one of these.

Whoever may not open a page is told what somebody is told who asks for a page that is not there;
only who is not signed in is sent to sign in first, whatever the page.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import reverse

from rollcall.accounts.sessions import SignedIn
from rollcall.core.errors import SetupError
from rollcall.tenants.queries import TenantView, get_tenant, get_tenant_by_id
from rollcall.web.identity import identity_of
from rollcall.web.scope import system_scope, tenant_scope

View = Callable[..., HttpResponseBase]

READS: Final = ("GET", "HEAD")
NO_TENANT: Final = 0
"""A scope with this id sees nobody's rows."""


class Audience(StrEnum):
    """Who may open a page. What is for tokens is no page: that is the API (rollcall.api)."""

    ANYONE = "anyone"
    SIGNED_IN = "signed-in"
    USER = "user"
    OWN = "own"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"
    TOKEN = "token"  # noqa: S105 - a kind of visitor


SIGN_IN: Final = {Audience.OWN: "phone-sign-in"}
"""The page to sign in at, where it is not the portal's."""


def for_anyone(*methods: str) -> Callable[[View], View]:
    """A page for all comers. No scope: what it reads, it reads as the owner of the tables."""
    return _page(Audience.ANYONE, methods, _run)


def for_signed_in(*methods: str) -> Callable[[View], View]:
    """A page about the account of whoever asks. No scope, as above; `tenant` is their own."""

    def enter(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
        identity = _require(request)
        if identity.tenant_id is not None:
            own = get_tenant_by_id(identity.tenant_id)
            setattr(request, "tenant", own)  # noqa: B010 - not an attribute that the type has
        return nullcontext()

    return _page(Audience.SIGNED_IN, methods, enter)


def for_user(*methods: str) -> Callable[[View], View]:
    """A page of a tenant for everybody in it, with the personal contacts of whoever asks."""

    def enter(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
        identity, tenant = _enter_tenant(request, values, administrator=False)
        own = identity.extension_id if identity.tenant_id == tenant.id else None
        return tenant_scope(tenant.id, extension_id=own)

    return _page(Audience.USER, methods, enter)


def for_own(*methods: str, without_extension: bool = False) -> Callable[[View], View]:
    """A page of the web phone: of the tenant and the extension of whoever asks.

    Its address names no tenant. For whoever has no extension there is no such page, unless it says
    something to them, too; then it sees no personal contacts, and the provider sees no rows at all.
    """

    def enter(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
        identity = _require(request)
        if identity.extension_id is None and not without_extension:
            raise Http404
        if identity.tenant_id is None:
            return tenant_scope(NO_TENANT)
        own = get_tenant_by_id(identity.tenant_id)
        setattr(request, "tenant", own)  # noqa: B010 - not an attribute that the type has
        return tenant_scope(own.id, extension_id=identity.extension_id)

    return _page(Audience.OWN, methods, enter)


def for_administrator(*methods: str, live: bool = False) -> Callable[[View], View]:
    """A page of a tenant for its administrators, and for system administrators who switched to it.

    A `live` one talks to Microsoft: it runs in no transaction, and enters `tenant_scope` itself.
    """

    def enter(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
        _, tenant = _enter_tenant(request, values, administrator=True)
        return nullcontext() if live else tenant_scope(tenant.id)

    return _page(Audience.ADMINISTRATOR, methods, enter)


def for_system(*methods: str, live: bool = False) -> Callable[[View], View]:
    """A page of the provider: it reads as the system role, and writes as the tables' owner.

    A `live` one reads as the owner, too: it needs tables that are closed to that role.
    """

    def enter(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
        if _require(request).role != "system":
            raise Http404
        reads = request.method in READS and not live
        return system_scope() if reads else nullcontext()

    return _page(Audience.SYSTEM, methods, enter)


def may_administer(identity: SignedIn, tenant_id: int) -> bool:
    """Tell whether somebody may open the pages of a tenant's administrators."""
    return _may_enter(identity, tenant_id, administrator=True)


def audience_of(view: View) -> Audience:
    """Return who may open a view's page."""
    found = getattr(view, "audience", None)
    if not isinstance(found, Audience):
        raise ImproperlyConfigured(f"{view} does not say whom it is for.")
    return found


class SignInFirst(Exception):  # noqa: N818 - not an error: it says where to go
    """Nobody is signed in, and the page is not for nobody."""


def _page(
    audience: Audience,
    methods: tuple[str, ...],
    enter: Callable[[HttpRequest, dict[str, Any]], AbstractContextManager[None]],
) -> Callable[[View], View]:
    allowed = methods or ("GET",)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **values: Any) -> HttpResponseBase:
            try:
                scope = enter(request, values)
            except SignInFirst:
                return ask_to_sign_in(request, at=SIGN_IN.get(audience, "sign-in"))
            if request.method not in (*allowed, "HEAD", "OPTIONS"):
                return HttpResponseNotAllowed(allowed)
            with scope:
                response = view(request, **values)
                if hasattr(response, "render"):
                    response.render()  # queries of a template belong into the scope, too
                return response

        guarded.audience = audience  # type: ignore[attr-defined]  # a note that audience_of reads
        guarded.methods = allowed  # type: ignore[attr-defined]  # the same, for the tests' table
        return guarded

    return decorate


def _run(request: HttpRequest, values: dict[str, Any]) -> AbstractContextManager[None]:
    return nullcontext()


def _require(request: HttpRequest) -> SignedIn:
    identity = identity_of(request)
    if identity is None:
        raise SignInFirst
    return identity


def _enter_tenant(
    request: HttpRequest, values: dict[str, Any], *, administrator: bool
) -> tuple[SignedIn, TenantView]:
    identity = _require(request)
    try:
        tenant = get_tenant(values.pop("tenant"))
    except SetupError:
        raise Http404 from None
    if not _may_enter(identity, tenant.id, administrator=administrator):
        raise Http404
    setattr(request, "tenant", tenant)  # noqa: B010 - not an attribute that the type has
    return identity, tenant


def _may_enter(identity: SignedIn, tenant_id: int, *, administrator: bool) -> bool:
    if identity.role == "system":
        return tenant_id in identity.switched
    return identity.tenant_id == tenant_id and not (administrator and identity.role == "user")


def ask_to_sign_in(request: HttpRequest, *, at: str = "sign-in") -> HttpResponse:
    """Send the browser to sign in, and back afterwards if it only wanted to read."""
    address = reverse(at)
    if request.headers.get("HX-Request"):
        page = urlsplit(request.headers.get("HX-Current-URL", ""))  # not the part of it, asked here
        back = page.path + (f"?{page.query}" if page.query else "")
        address += "?" + urlencode({"next": back}) if back else ""
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    if request.method in READS:
        address += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponse(status=303, headers={"Location": address})
