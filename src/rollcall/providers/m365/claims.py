"""What an access token says. Graph verifies it; we read it for hints and show it, no more."""

import base64

import msgspec

from rollcall.providers.m365.wire import AccessClaims


def read_claims(token: str) -> AccessClaims:
    """Return the claims of an access token, unverified: Graph verifies them, we show them."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return AccessClaims()
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(payload, type=AccessClaims)
    except (ValueError, msgspec.DecodeError):
        return AccessClaims()
