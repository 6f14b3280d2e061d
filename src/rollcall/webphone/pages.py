"""The web phone's page as a whole: the phone itself, oneself, and a list with details beside it."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollcall.web.identity import PageRequest
from rollcall.web.policy import content_policy
from rollcall.webphone.details import find_colleague
from rollcall.webphone.look_up import Asker, Kind
from rollcall.webphone.phrases import phrases
from rollcall.webphone.socket import origin_of, socket_address
from rollcall.webphone.words import PAD, SHORTCUTS, TITLES

CALLS: Final = "calls"


def asker_of(request: PageRequest) -> Asker | None:
    """Return who looks, if they have an extension."""
    identity = request.identity
    if identity.extension_id is None or identity.tenant_id is None:
        return None
    return Asker(request.tenant.id, request.tenant.country, identity.extension_id)


def wants_part(request: PageRequest) -> bool:
    """Tell whether the page is there already. When htmx restores one, all of it is wanted."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def lists(address: Callable[[Kind | None], str]) -> list[tuple[str, Any, str]]:
    """Return the lists that can be shown, with the address of each kind of people."""
    return [
        ("", "", address(None)),
        *((each.value, TITLES[each], address(each)) for each in Kind),
        (CALLS, _("Calls"), reverse("phone-calls")),
    ]


def search_address(kind: Kind | None) -> str:
    """Return the address of a list of people, with nothing typed."""
    return reverse("phone") + ("?" + urlencode({"in": kind.value}) if kind else "")


def show_page(request: PageRequest, asker: Asker, values: dict[str, Any]) -> HttpResponse:
    """Show the whole page; it may connect to the switch besides this server."""
    own = find_colleague(asker, asker.extension_id)
    if own is None:
        return render(request, "webphone/nobody.html")
    socket = socket_address(request)
    about = {"own": own, "socket": socket, "words": phrases(), "pad": PAD, "shortcuts": SHORTCUTS}
    response = render(request, "webphone/phone.html", {**values, **about})
    response["Content-Security-Policy"] = content_policy(socket=origin_of(socket))
    return response
