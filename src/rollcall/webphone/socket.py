"""Where the web phone finds the switch: by the settings, at the host of the page."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.http.request import split_domain_port

from rollcall.environment import Environment
from rollcall.web.context import context_of


def socket_address(request: HttpRequest) -> str:
    """Return the wss:// address of the switch; empty where calls are switched off.

    The host of the request is one of ours (rollcall.web.hosts).
    """
    environment: Environment = context_of(request).environment
    if not environment.switch:
        return ""
    if environment.phone_socket:
        return environment.phone_socket
    host, _ = split_domain_port(request.META.get("HTTP_HOST", "").lower())
    return f"wss://{host}:{environment.wss_port}/"


def origin_of(address: str) -> str:
    """Return the origin of an address, as a page's policy names it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if address else ""
