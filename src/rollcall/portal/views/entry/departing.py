"""The Microsoft button: who offers this way in, and off the browser goes."""

from typing import Final

from django.core.validators import slug_re
from django.http import HttpResponse

from rollcall.core.errors import SyncError, TransientError
from rollcall.integrations.domains import domain_of
from rollcall.integrations.sign_in import SignInOffer, find_offer_at, offers_of_address
from rollcall.portal.views.entry.flow import NoDomainError, depart
from rollcall.portal.views.entry.refusals import Refused, refuse
from rollcall.portal.views.entry.steps import address_with_next, next_of
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.audience import for_anyone
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

LONGEST_ADDRESS: Final = 254
ANOTHER: Final = "select_account"


@for_anyone("POST")
def begin(request: PageRequest) -> HttpResponse:
    """Send somebody to Microsoft to sign in to a tenant that offers it."""
    offer = _offering(request.POST.get("tenant", ""))
    onward, address = next_of(request), _address(request)
    if offer is None:
        return refuse(request, Refused(kind="not-offered", reason="not-offered", onward=onward))
    try:
        return depart(
            request,
            offer.tenant_id,
            onward=onward,
            back=address_with_next("tenant-sign-in", onward, tenant=offer.slug),
            login_hint=address,
            domain_hint=_own_domain(offer, address),
            prompt=ANOTHER if request.POST.get("another") else "",
        )
    except NoDomainError:
        return refuse(request, _unavailable(offer, onward, reason="no-domain"))
    except TransientError as error:
        return refuse(request, _unavailable(offer, onward, reason=error.code, kind="silent"))
    except SyncError as error:
        return refuse(request, _unavailable(offer, onward, reason=error.code))


def _offering(slug: str) -> SignInOffer | None:
    return find_offer_at(slug, now=utc_now()) if slug_re.fullmatch(slug) else None


def _address(request: PageRequest) -> str:
    """Return what was typed, if it looks like an address: Microsoft fills it in for people.

    Who asks for another account does not want it filled in.
    """
    address = request.POST.get("email", "").strip()
    fine = "@" in address and address.isprintable() and len(address) <= LONGEST_ADDRESS
    return address if fine and not request.POST.get("another") else ""


def _own_domain(offer: SignInOffer, address: str) -> str:
    """Return the domain of an address if it is one of the tenant's directory.

    It spares people a page where their company's own sign-in stands behind Microsoft's. Without an
    address it is not guessed: a company has several domains, and they do not all lead there.
    """
    offers = offers_of_address(address, now=utc_now()) if address else []
    return domain_of(address) if any(each.tenant_id == offer.tenant_id for each in offers) else ""


def _unavailable(
    offer: SignInOffer, onward: str, *, reason: str, kind: str = "unavailable"
) -> Refused:
    tenant = get_tenant_by_id(offer.tenant_id)
    return Refused(kind=kind, reason=reason, check="discovery", tenant=tenant, onward=onward)
