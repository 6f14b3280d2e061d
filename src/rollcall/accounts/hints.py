"""What Microsoft's sign-out wants to hear of somebody, kept so that only their browser opens it.

The key is made from the session's token, of which the database has no more than a digest: whoever
reads the database learns nothing, and when the session ends nobody can open it any more.
"""

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PURPOSE: Final = b"rollcall.accounts.hints\0"
NONCE: Final = 12
LONGEST: Final = 2048


def seal_hint(token: str, hint: str) -> bytes | None:
    """Return what is kept of a hint; nothing, if there is none or it is no hint by its length."""
    if not 0 < len(hint) <= LONGEST:
        return None
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_key(token)).encrypt(nonce, hint.encode(), None)


def open_hint(token: str, kept: bytes) -> str:
    """Return the hint that was sealed with this token, or nothing if it was not."""
    try:
        return AESGCM(_key(token)).decrypt(kept[:NONCE], kept[NONCE:], None).decode()
    except (InvalidTag, ValueError):
        return ""


def _key(token: str) -> bytes:
    return hashlib.sha256(PURPOSE + token.encode()).digest()
