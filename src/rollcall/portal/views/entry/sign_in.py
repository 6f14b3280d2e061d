"""Signing in at the system's address or at a tenant's: which ways there are, and by password."""

from typing import Final

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.accounts.entry import recognise
from rollcall.accounts.queries import homes_of
from rollcall.core.errors import SetupError
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.portal.forms.entry import AddressForm, SignInForm
from rollcall.portal.views.entry.cards import first_card, same_card, show_address, show_ways_of
from rollcall.portal.views.entry.steps import (
    address_with_next,
    enter,
    next_of,
    say_wrong,
    show_card,
)
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest, identity_of
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
    if request.method != "POST":
        return first_card(request, tenant, SignInForm())
    if "password" not in request.POST:
        return _ask_ways(request, tenant)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return same_card(request, tenant, form)
    try:
        found = recognise(
            form.cleaned_data["email"],
            form.cleaned_data["password"],
            visitor=visitor_of(request),
            tenant_id=tenant.id if tenant else None,
            enforced=enforcing_tenants,
            now=utc_now(),
        )
    except SetupError as error:
        return same_card(request, tenant, form, status=say_wrong(form, error))
    if not found:
        form.add_error(None, _("The mail address or the password is wrong. Try again."))
        return same_card(request, tenant, form)
    if len(found) == 1:
        return enter(request, found[0])
    choice = signing.dumps(found, salt=SALT)
    return show_card(request, "choose", {"choice": choice, "homes": homes_of(found)})


def _ask_ways(request: PageRequest, tenant: TenantView | None) -> HttpResponse:
    """Take a mail address alone, and show what is open to it."""
    form = AddressForm(request.POST)
    if tenant is not None:
        return first_card(request, tenant, SignInForm())
    if not form.is_valid():
        return show_address(request, form)
    address = form.cleaned_data["email"]
    return show_ways_of(request, address, SignInForm(initial={"email": address}))


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
    try:
        return enter(request, chosen[0])
    except SetupError:  # since the password was asked, passwords were switched off
        return redirect(address_with_next("sign-in", next_of(request)))
