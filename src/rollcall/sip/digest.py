"""The digest that phones sign in with (RFC 2617), which is all that is kept of their passwords."""

import hashlib


def ha1(username: str, realm: str, password: str) -> str:
    """Return MD5(username:realm:password): phones and JsSIP know no other digest."""
    text = f"{username}:{realm}:{password}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
