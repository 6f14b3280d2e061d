"""My phones: of the extension of whoever asks."""

from typing import Final

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.portal.views.pbx import phones
from rollcall.portal.views.pbx.phones import Corner
from rollcall.telephony.queries import find_detail
from rollcall.web.audience import for_user
from rollcall.web.identity import PageRequest

ACTIONS: Final = ("rename", "renew", "sign-out", "remove")


@for_user("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show one's own phones."""
    corner = _find_corner(request)
    values = {"number": corner.number, **phones.phone_lists(request, corner)} if corner else {}
    return render(request, "portal/calling/my_phones.html", values)


@for_user("GET", "POST")
def add(request: PageRequest) -> HttpResponse:
    """Add a phone."""
    return phones.add(request, _corner(request))


@for_user("GET", "POST")
def rename(request: PageRequest, device: int) -> HttpResponse:
    """Give a phone another name."""
    return phones.rename(request, _corner(request), device)


@for_user("POST")
def renew(request: PageRequest, device: int) -> HttpResponse:
    """Make a new password."""
    return phones.renew(request, _corner(request), device)


@for_user("POST")
def sign_out(request: PageRequest, device: int) -> HttpResponse:
    """Sign a phone out."""
    return phones.sign_out(request, _corner(request), device)


@for_user("POST")
def remove(request: PageRequest, device: int) -> HttpResponse:
    """Remove a phone."""
    return phones.remove(request, _corner(request), device)


def _corner(request: PageRequest) -> Corner:
    corner = _find_corner(request)
    if corner is None:
        raise Http404
    return corner


def _find_corner(request: PageRequest) -> Corner | None:
    """Return the corner of one's own extension, if there is one here that has a number."""
    identity, tenant = request.identity, request.tenant
    if identity.tenant_id != tenant.id or identity.extension_id is None:
        return None
    found = find_detail(tenant.id, identity.extension_id)
    if found is None or found.shown.number is None or found.deleted_at is not None:
        return None
    return Corner(
        extension_id=found.id,
        number=found.shown.number,
        back=reverse("my-phones", args=[tenant.slug]),
        back_title=_("My phones"),
        addresses={
            name.replace("-", "_"): reverse(f"my-phone-{name}", args=[tenant.slug, 0])
            for name in ACTIONS
        },
    )
