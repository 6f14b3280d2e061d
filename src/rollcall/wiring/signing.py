"""The key with which Django signs what it gives to browsers: derived, never kept anywhere."""

from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rollcall.credentials.keyfile import load_key_ring
from rollcall.environment import Environment

LENGTH: Final = 32
PURPOSE: Final = b"rollcall web signatures 1"


def signing_keys(environment: Environment) -> list[str]:
    """Return the keys by which signatures are made (the first) and known (all), as hex."""
    ring = load_key_ring(environment.encryption_key_file)
    names = [ring.current, *(name for name in ring.keys if name != ring.current)]
    return [_derive(ring.keys[name].reveal()) for name in names]


def _derive(key: bytes) -> str:
    return HKDF(SHA256(), LENGTH, salt=None, info=PURPOSE).derive(key).hex()
