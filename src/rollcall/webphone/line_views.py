"""What the scripts of the web phone ask for: credentials, whose number it is, who can be called."""

from typing import Final

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from rollcall.calling.lines import issue_line
from rollcall.calling.registrations import registered_numbers
from rollcall.core.errors import SetupError
from rollcall.web.audience import for_own
from rollcall.web.identity import PageRequest
from rollcall.webphone.pages import asker_of
from rollcall.webphone.socket import socket_address
from rollcall.webphone.who import LONGEST, CallerName, who_calls
from rollcall.wiring.machine import utc_now

MOST_NUMBERS: Final = 200
CONFLICT: Final = 409


@for_own("POST")
def line(request: PageRequest) -> HttpResponse:
    """Make credentials for this session's phone: the only time that the password is seen."""
    socket = socket_address(request)
    if not socket:
        return JsonResponse({"error": _("Calls are switched off on this server.")}, status=CONFLICT)
    now = utc_now()
    identity = request.identity
    try:
        made = issue_line(request.tenant.id, identity.extension_id, identity.session_id, now=now)
    except SetupError as error:
        return JsonResponse({"error": str(error)}, status=CONFLICT)
    return JsonResponse(
        {
            "uri": f"sip:{made.number}@{made.domain}",
            "number": made.number,
            "display_name": made.display_name,
            "username": made.username,
            "password": made.password,
            "domain": made.domain,
            "socket": socket,
            "expires_at": made.expires_at.isoformat(),
            "seconds": int((made.expires_at - now).total_seconds()),
        }
    )


@for_own("GET")
def who(request: PageRequest) -> HttpResponse:
    """Say whose number it is."""
    number = request.GET.get("number", "").replace("\0", "").strip()
    if not number or len(number) > LONGEST:
        raise Http404
    asker = asker_of(request)
    if asker is None:
        raise Http404
    found = who_calls(asker, number)
    return JsonResponse(
        {
            "name": found.name,
            "kind": found.kind,
            "about": found.about,
            "photo": _photo(request, found),
            "number": found.number,
        }
    )


@for_own("GET")
def presence(request: PageRequest) -> HttpResponse:
    """Say which of some extensions have a phone that is signed in."""
    asked = [each for each in request.GET.getlist("number")[:MOST_NUMBERS] if each.isascii()]
    numbers = [each for each in asked if each.isdecimal() and len(each) <= LONGEST]
    return JsonResponse({"registered": sorted(registered_numbers(request.tenant.id, numbers))})


def _photo(request: PageRequest, found: CallerName) -> str:
    if not found.photo or found.id is None:
        return ""
    values = {"tenant": request.tenant.slug, "extension": found.id}
    return f"{reverse('extension-photo', kwargs=values)}?v={found.photo[:12]}"
