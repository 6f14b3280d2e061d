"""Signing in with a password, at the system's address or at a tenant's."""

from typing import Final

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.accounts.entry import recognise
from rollcall.accounts.queries import homes_of
from rollcall.accounts.sessions import end_session
from rollcall.core.errors import SetupError
from rollcall.portal.forms.entry import SignInForm
from rollcall.portal.views.entry.steps import (
    address_with_next,
    enter,
    next_of,
    say_wrong,
    show_card,
)
from rollcall.tenants.queries import TenantView, get_tenant, get_tenant_by_id
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest, forget_session, identity_of
from rollcall.web.visitors import visitor_of
from rollcall.wiring.machine import utc_now

SALT: Final = "rollcall.portal.choice"
CHOICE_LASTS: Final = 5 * 60


@for_anyone("GET", "POST")
def sign_in(request: PageRequest) -> HttpResponse:
    """Ask who somebody is."""
    return _sign_in(request, None)


@for_anyone("GET", "POST")
def tenant_sign_in(request: PageRequest, tenant: str) -> HttpResponse:
    """Ask the same at a tenant's own address, of its accounts alone."""
    return _sign_in(request, _tenant_of(tenant))


@for_anyone("GET")
def tenant_home(request: PageRequest, tenant: str) -> HttpResponse:
    """Send who is signed in to the first page, all others to the tenant's sign-in."""
    if identity_of(request) is not None:
        return redirect("home")
    return redirect("tenant-sign-in", tenant=_tenant_of(tenant).slug)


def _tenant_of(slug: str) -> TenantView:
    try:
        return get_tenant(slug)
    except SetupError:
        raise Http404 from None


def _sign_in(request: PageRequest, tenant: TenantView | None) -> HttpResponse:
    if request.method == "GET" and identity_of(request) is not None:
        return redirect(next_of(request) or reverse("home"))
    form = SignInForm(request.POST or None)
    values = {"form": form, "at": tenant}
    if not form.is_valid():
        return show_card(request, "sign_in", values)
    try:
        found = recognise(
            form.cleaned_data["email"],
            form.cleaned_data["password"],
            visitor=visitor_of(request),
            tenant_id=tenant.id if tenant else None,
            now=utc_now(),
        )
    except SetupError as error:
        return show_card(request, "sign_in", values, status=say_wrong(form, error))
    if not found:
        form.add_error(None, _("The mail address or the password is wrong. Try again."))
        return show_card(request, "sign_in", values)
    if len(found) == 1:
        return enter(request, found[0])
    choice = signing.dumps(found, salt=SALT)
    return show_card(request, "choose", {"choice": choice, "homes": homes_of(found)})


@for_anyone("POST")
def choose(request: PageRequest) -> HttpResponse:
    """Take which of their accounts somebody means, who gave the password of several."""
    try:
        allowed = signing.loads(request.POST.get("choice", ""), salt=SALT, max_age=CHOICE_LASTS)
    except signing.BadSignature:
        return redirect(address_with_next("sign-in", next_of(request)))
    chosen = [each for each in allowed if str(each) == request.POST.get("account")]
    if not chosen:
        return redirect(address_with_next("sign-in", next_of(request)))
    return enter(request, chosen[0])


@for_anyone("POST")
def sign_out(request: PageRequest) -> HttpResponse:
    """End the session."""
    response = redirect("sign-in")
    identity = request.identity
    if identity is not None:
        if identity.tenant_id is not None:
            slug = get_tenant_by_id(identity.tenant_id).slug
            response = redirect("tenant-sign-in", tenant=slug)
        end_session(identity.account_id, identity.session_id)
    forget_session(response)
    return response
