"""Where a request comes from, and the browser that it comes from if it signed in before.

The network is what attempts are counted for: one address of IPv4, a /64 of IPv6, which is what one
subscriber has. The browser's cookie is signed; with it nobody elsewhere can lock its owner out.
"""

import ipaddress
from typing import Final

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from rollcall.accounts.entry import Visitor
from rollcall.accounts.tokens import new_token
from rollcall.web.context import context_of

COOKIE: Final = "__Host-device"
SALT: Final = "rollcall.web.visitors"
LASTS: Final = 400 * 24 * 3600
"""Seconds; browsers keep a cookie no longer."""

MOST_KNOWN: Final = 10
SUBSCRIBER: Final = 64
NOWHERE: Final = "nowhere"

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def visitor_of(request: HttpRequest) -> Visitor:
    """Return where a request comes from."""
    address = client_address(request)
    device, known = _device_of(request)
    return Visitor(
        address=str(address) if address else None,
        network=_network_of(address),
        agent=request.headers.get("User-Agent", "").replace("\0", ""),
        device=device,
        known=known,
    )


def client_address(request: HttpRequest) -> IPAddress | None:
    """Return whose request it is: the peer, or whom a proxy of ours names.

    A proxy is believed only where one is to be expected (`https` is off) and the peer is near;
    of what it sends the last address, which it added itself.
    """
    peer = _parse(str(request.META.get("REMOTE_ADDR", "")))
    if context_of(request).environment.https or peer is None or not peer.is_private:
        return peer
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return _parse(forwarded.rpartition(",")[2]) or peer


def _parse(text: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _network_of(address: IPAddress | None) -> str:
    if address is None:
        return NOWHERE
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(ipaddress.ip_network((int(address), SUBSCRIBER), strict=False))


def _device_of(request: HttpRequest) -> tuple[str, tuple[int, ...]]:
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS)
        return str(value["device"]), tuple(int(each) for each in value["known"])
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return "", ()


def remember_browser(response: HttpResponseBase, visitor: Visitor, account_id: int) -> None:
    """Give the browser a cookie which says that this account signed in with it."""
    others = [each for each in visitor.known if each != account_id]
    value = {
        "device": visitor.device or new_token(),
        "known": [account_id, *others][:MOST_KNOWN],
    }
    response.set_cookie(
        COOKIE,
        signing.dumps(value, salt=SALT),
        max_age=LASTS,
        secure=True,
        httponly=True,
        samesite="Lax",
        path="/",
    )
