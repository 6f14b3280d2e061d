"""Secrets at rest: sealed by AES-256-GCM with a key that is not in the database.

A sealed value begins with the name of its key, so that keys can be exchanged one by one, and is
bound to the place it is kept at: moved to another row or tenant, it does not open.

    version (1 byte, 1) | length of the name | name of the key | nonce (12) | ciphertext and tag
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rollcall.core.errors import SetupError
from rollcall.credentials.secret import Secret

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32


class SealingError(SetupError):
    """A sealed value does not open, or the key file is no good."""

    default_code = "sealing"


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    current: str
    keys: dict[str, str]


class KeyRing(msgspec.Struct, frozen=True):
    """The keys by name, and the one that seals from now on."""

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
    if len(sealed) < 2 or sealed[0] != VERSION:  # noqa: PLR2004 - version and length
        raise SealingError("A sealed value is not of a form that this version knows.")
    end = 2 + sealed[1]
    name = sealed[2:end].decode(errors="replace")
    if name not in ring.keys:
        raise SealingError(f"A secret is sealed with the key “{name}”, which is not in the file.")
    nonce, ciphertext = sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    try:
        cipher = AESGCM(ring.keys[name].reveal())
        return Secret(cipher.decrypt(nonce, ciphertext, place.encode()))
    except (InvalidTag, ValueError):  # ValueError: cut off within the nonce
        raise SealingError(
            f"A secret does not open with the key “{name}”: the file is another one than the "
            "secret was sealed with, or the secret was moved."
        ) from None


def load_key_ring(path: Path) -> KeyRing:
    """Return the keys of the file at `path`; the first caller makes it."""
    if not path.exists():
        _create_key_file(path)
    try:
        content = msgspec.json.decode(path.read_bytes(), type=_KeyFile)
        keys = {name: _decode_key(value) for name, value in content.keys.items()}
    except (msgspec.DecodeError, ValueError) as error:
        raise SealingError(f"{path} is not a file of encryption keys: {error}") from None
    except OSError as error:
        raise SealingError(f"{path} cannot be read: {error.strerror}.") from None
    if content.current not in keys:
        raise SealingError(f"{path} names “{content.current}” as its current key but has it not.")
    return KeyRing(current=content.current, keys=keys)


def _decode_key(text: str) -> Secret:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes, not {KEY_BYTES}")
    return Secret(key)


def _create_key_file(path: Path) -> None:
    """Write a file with one new key, whole or not at all; another process may be faster."""
    key = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    content = msgspec.json.encode(_KeyFile(current="k1", keys={"k1": key}))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
