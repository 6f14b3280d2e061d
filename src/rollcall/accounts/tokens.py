"""Random tokens that are handed out once, and the digest that is kept of them."""

import hashlib
import secrets
from typing import Final

BYTES: Final = 32


def new_token() -> str:
    """Return a token for a cookie or a link: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(BYTES)


def digest_of(token: str) -> str:
    """Return what is kept of a token. It needs no salt: it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()
