"""Secrets at rest: sealed by AES-256-GCM with a key that is not in the database.

A sealed value begins with the name of its key, so that keys can be exchanged one by one, and is
bound to the place it is kept at: moved to another row or tenant, it does not open. Where the keys
are kept is another matter (`keyfile`).

    version (1 byte, 1) | length of the name | name of the key | nonce (12) | ciphertext and tag
"""

import secrets
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rollcall.core.errors import SetupError
from rollcall.credentials.secret import Secret

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32
HEAD_BYTES = 2
"""Version, and the length of the name."""


class SealingError(SetupError):
    """A sealed value does not open, or the key file is no good."""

    default_code = "sealing"


class KeyRing(msgspec.Struct, frozen=True):
    """The keys by name, in the order they were added, and the one that seals from now on."""

    current: str
    keys: Mapping[str, Secret]


def seal(ring: KeyRing, secret: Secret, *, place: str) -> bytes:
    """Return `secret` sealed for `place` (table, column, tenant, row)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    name = ring.current.encode()
    cipher = AESGCM(ring.keys[ring.current].reveal())
    sealed = cipher.encrypt(nonce, secret.reveal(), place.encode())
    return bytes((VERSION, len(name))) + name + nonce + sealed


def unseal(ring: KeyRing, sealed: bytes, *, place: str) -> Secret:
    """Return what `seal` sealed for `place`; raise SealingError if it does not open."""
    name = key_name(sealed)
    if name not in ring.keys:
        raise SealingError(f"A secret is sealed with the key “{name}”, which is not in the file.")
    end = HEAD_BYTES + sealed[1]
    nonce, ciphertext = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    try:
        cipher = AESGCM(ring.keys[name].reveal())
        return Secret(cipher.decrypt(nonce, ciphertext, place.encode()))
    except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
        raise SealingError(
            f"A secret does not open with the key “{name}”: the file is another one than the "
            "secret was sealed with, or the secret was moved."
        ) from None


def key_name(sealed: bytes) -> str:
    """Return the name of the key that a value says it is sealed with; raise SealingError."""
    if len(sealed) < HEAD_BYTES or sealed[0] != VERSION:
        raise SealingError("A sealed value is not of a form that this version knows.")
    return sealed[HEAD_BYTES : HEAD_BYTES + sealed[1]].decode(errors="replace")
