"""The phones of an extension, for administrators: a section of its page, and what is done there."""

from typing import Final

from django.http import Http404, HttpResponse
from django.urls import reverse

from rollcall.portal.views.pbx import phones
from rollcall.portal.views.pbx.phones import Corner
from rollcall.telephony.queries import ExtensionDetail, find_detail
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest

ACTIONS: Final = ("rename", "renew", "sign-out", "remove")


def corner_of(request: PageRequest, found: ExtensionDetail) -> Corner:
    """Return the corner of an extension that has its number."""
    slug = request.tenant.slug
    return Corner(
        extension_id=found.id,
        number=found.shown.number or "",
        back=reverse("extension", args=[slug, found.id]),
        back_title=found.shown.display_name or found.shown.number or "",
        addresses={
            name.replace("-", "_"): reverse(f"extension-phone-{name}", args=[slug, found.id, 0])
            for name in ACTIONS
        },
    )


@for_administrator("GET", "POST")
def add(request: PageRequest, extension: int) -> HttpResponse:
    """Add a phone."""
    return phones.add(request, _corner(request, extension))


@for_administrator("GET", "POST")
def rename(request: PageRequest, extension: int, device: int) -> HttpResponse:
    """Give a phone another name."""
    return phones.rename(request, _corner(request, extension), device)


@for_administrator("POST")
def renew(request: PageRequest, extension: int, device: int) -> HttpResponse:
    """Make a new password."""
    return phones.renew(request, _corner(request, extension), device)


@for_administrator("POST")
def sign_out(request: PageRequest, extension: int, device: int) -> HttpResponse:
    """Sign a phone out."""
    return phones.sign_out(request, _corner(request, extension), device)


@for_administrator("POST")
def remove(request: PageRequest, extension: int, device: int) -> HttpResponse:
    """Remove a phone."""
    return phones.remove(request, _corner(request, extension), device)


def _corner(request: PageRequest, extension_id: int) -> Corner:
    found = find_detail(request.tenant.id, extension_id)
    if found is None or found.shown.number is None or found.deleted_at is not None:
        raise Http404
    return corner_of(request, found)
