"""Base64url as JOSE writes it (RFC 7515, 2): unpadded, and in the one spelling of its bytes."""

import base64
import re
from typing import Final

ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")


def decode(text: str) -> bytes:
    """Return the bytes; raise ValueError for padding, other characters or another spelling.

    A last character may carry bits that mean nothing: two texts would be the same bytes.
    """
    if not ALPHABET.fullmatch(text):
        raise ValueError("not base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(raw) != text:
        raise ValueError("not the one spelling of its bytes")
    return raw


def encode(raw: bytes) -> str:
    """Return the text of `raw`."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
