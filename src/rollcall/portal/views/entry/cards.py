"""Which card somebody signs in on: the ways that are open to them, the address first if need be.

The card goes by the tenant and by the domain of an address, never by whether there is an account.
"""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _

from rollcall.integrations.sign_in import (
    SignInOffer,
    any_offer,
    find_offer,
    offers_of_address,
    only_offer,
)
from rollcall.portal.forms.entry import AddressForm
from rollcall.portal.views.entry.steps import address_with_next, next_of, show_card
from rollcall.tenants.queries import TenantView
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

MOST_OFFERS: Final = 20
PHONE: Final = "/phone/"


def first_card(request: PageRequest, tenant: TenantView | None, form: forms.Form) -> HttpResponse:
    """Show what is asked first."""
    now = utc_now()
    if tenant is not None:
        offer = find_offer(tenant.id, now=now)
        return show_ways(request, form, tenant=tenant, offers=[offer] if offer else [])
    only = only_offer(now=now)
    if only is not None:
        return show_ways(request, form, offers=[only])
    if any_offer(now=now):
        return show_address(request, AddressForm())
    return show_ways(request, form)


def show_address(request: PageRequest, form: forms.Form) -> HttpResponse:
    """Ask for the mail address alone."""
    values = {"form": form, "asks_address": True, "product": product_of(request)}
    return show_card(request, "sign_in", values)


def same_card(
    request: PageRequest, tenant: TenantView | None, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    """Show the card again on which a password was given."""
    now = utc_now()
    if tenant is not None:
        offer = find_offer(tenant.id, now=now)
        offers = [offer] if offer else []
        return show_ways(request, form, tenant=tenant, offers=offers, status=status)
    only = only_offer(now=now)
    if only is not None or not any_offer(now=now):
        return show_ways(request, form, offers=[only] if only else [], status=status)
    address = str(form.cleaned_data.get("email", ""))
    if not address:
        return show_ways(request, form, status=status)
    return show_ways_of(request, address, form, status=status)


def show_ways_of(
    request: PageRequest, address: str, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    """Show what is open to whoever has an address of that domain."""
    offers = offers_of_address(address, now=utc_now())[:MOST_OFFERS]
    return show_ways(request, form, offers=offers, address=address, status=status)


def show_ways(
    request: PageRequest,
    form: forms.Form,
    *,
    tenant: TenantView | None = None,
    offers: Sequence[SignInOffer] = (),
    address: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the ways in. Who alone is offered Microsoft stands first; administrators know theirs."""
    for_all = [each for each in offers if each.users]
    _focus(form, by_button=bool(for_all), address=address)
    values: dict[str, Any] = {
        "form": form,
        "at": tenant or _at(offers),
        "offers": for_all,
        "last_offers": [each for each in offers if not each.users],
        "several": len(offers) > 1,
        "folded": bool(for_all) and all(each.enforced for each in offers),
        "address": address,
        "starts": bool(for_all) and not form.is_bound,
        "restart": restart_of(request, tenant),
        "product": product_of(request),
    }
    return show_card(request, "sign_in", values, status=status)


def _focus(form: forms.Form, *, by_button: bool, address: str) -> None:
    """Begin where somebody goes on: at the button, or at the first field that is empty."""
    attributes = form.fields["email"].widget.attrs
    if by_button and not form.is_bound:
        attributes.pop("autofocus", None)
    elif address:
        form.fields["password"].widget.attrs["autofocus"] = ""


def _at(offers: Sequence[SignInOffer]) -> SignInOffer | None:
    """Return where somebody signs in, once there is only one place."""
    return offers[0] if len(offers) == 1 else None


def restart_of(request: PageRequest, tenant: TenantView | None) -> str:
    """Return the address at which another mail address can be given."""
    if tenant is None:
        return address_with_next("sign-in", next_of(request))
    return address_with_next("tenant-sign-in", next_of(request), tenant=tenant.slug)


def product_of(request: PageRequest) -> str:
    """Return what somebody signs in to: the web phone has an address of its own."""
    at_phone = next_of(request).startswith(PHONE) or request.path.startswith(PHONE)
    return _("Rollcall web phone") if at_phone else "Rollcall"
