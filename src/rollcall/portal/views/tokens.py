"""Tokens of the API: a tenant's for its administrators, the system's for the provider."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.access.operations import make_token, revoke_token
from rollcall.access.queries import list_tokens
from rollcall.access.scopes import OF_SYSTEM, OF_TENANT
from rollcall.core.errors import SetupError
from rollcall.portal.forms.tokens import TokenForm
from rollcall.web.audience import for_administrator, for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now


@for_administrator("GET")
def list_all(request: PageRequest) -> HttpResponse:
    """List the tenant's tokens."""
    return _list(request, request.tenant.id)


@for_administrator("GET", "POST")
def new(request: PageRequest) -> HttpResponse:
    """Make a token for the tenant."""
    return _new(request, request.tenant.id)


@for_administrator("POST")
def revoke(request: PageRequest, token_id: int) -> HttpResponse:
    """Revoke one of the tenant's tokens."""
    _revoke(request, request.tenant.id, token_id)
    return redirect("tokens", tenant=request.tenant.slug)


@for_system("GET")
def list_of_system(request: PageRequest) -> HttpResponse:
    """List the provider's tokens."""
    return _list(request, None)


@for_system("GET", "POST")
def new_of_system(request: PageRequest) -> HttpResponse:
    """Make a token for the provider."""
    return _new(request, None)


@for_system("POST")
def revoke_of_system(request: PageRequest, token_id: int) -> HttpResponse:
    """Revoke one of the provider's tokens."""
    _revoke(request, None, token_id)
    return redirect("system-tokens")


def _list(request: PageRequest, tenant_id: int | None) -> HttpResponse:
    now = utc_now()
    tokens = [{"token": each, "state": each.state(now)} for each in list_tokens(tenant_id)]
    return render(request, "portal/access/tokens.html", {"tokens": tokens})


def _new(request: PageRequest, tenant_id: int | None) -> HttpResponse:
    allowed = OF_TENANT if tenant_id is not None else OF_SYSTEM
    form = TokenForm(request.POST or None, allowed=allowed)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            view, token = make_token(
                tenant_id,
                name=given["name"],
                scopes=tuple(given["scopes"]),
                days=given["days"],
                actor=request.identity.actor,
                now=utc_now(),
            )
        except SetupError as error:
            form.add_error("name" if error.code == "bad-name" else None, str(error))
        else:
            # Not sent elsewhere to be shown: it is kept nowhere, not even in a cookie.
            values = {"token": view, "secret": token}
            return render(request, "portal/access/token_made.html", values)
    return render(request, "portal/access/new_token.html", {"form": form})


def _revoke(request: PageRequest, tenant_id: int | None, token_id: int) -> None:
    actor = request.identity.actor
    try:
        view = revoke_token(tenant_id, token_id, actor=actor, now=utc_now())
    except SetupError:
        raise Http404 from None
    messages.success(
        request, _("The token “%(name)s” is revoked: it opens nothing now.") % {"name": view.name}
    )
