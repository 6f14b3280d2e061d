"""Who may read /metrics."""

import hmac
import ipaddress
from collections.abc import Mapping

import msgspec

SCHEME = "bearer"
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
)
"""Headers, as WSGI names them, that tell of a proxy: the loopback peer is not who asks."""

FOREIGN = (
    "Without a token only this machine itself is answered, and not through a proxy. "
    "Set metrics_token (ROLLCALL_METRICS_TOKEN), and send it: Authorization: Bearer …\n"
)
NO_TOKEN = "Send the metrics_token of this machine: Authorization: Bearer …\n"  # noqa: S105 - a sentence


class Refused(msgspec.Struct, frozen=True):
    """Why somebody is not answered, and the status that says so."""

    status: int
    sentence: str


def refuse_reader(meta: Mapping[str, object], *, token: str | None) -> Refused | None:
    """Return why the reader of a request (its WSGI environ) is not answered; None when he is."""
    if token is not None:
        given = str(meta.get("HTTP_AUTHORIZATION", ""))
        return None if _is_bearer(given, token) else Refused(401, NO_TOKEN)
    # That a header is there is enough: what it says may be anything, even nothing readable.
    if any(header in meta for header in FORWARDED) or not _is_here(str(meta.get("REMOTE_ADDR"))):
        return Refused(403, FOREIGN)
    return None


def _is_bearer(given: str, token: str) -> bool:
    scheme, _, word = given.partition(" ")
    same = hmac.compare_digest(word.strip().encode(), token.encode())
    return same and scheme.lower() == SCHEME


def _is_here(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
