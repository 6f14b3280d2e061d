"""ID tokens for tests, signed by other means than those that verify them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from rollcall.oidc.claims import Expected, VerifiedClaims, verify_id_token
from rollcall.oidc.keys import KeySet, read_keys

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
DIRECTORY = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
OTHER_DIRECTORY = "bbbbcccc-1111-dddd-2222-eeee3333ffff"
CLIENT = "00001111-aaaa-2222-bbbb-3333cccc4444"
PERSON = "aaaaaaaa-bbbb-cccc-1111-222222222222"
ISSUER = f"https://login.microsoftonline.com/{DIRECTORY}/v2.0"
NONCE = "a-nonce-of-this-attempt"
EXPECTED = Expected(issuer=ISSUER, audience=CLIENT, directory_id=DIRECTORY, nonce=NONCE)


def private_key(name: str = "one", *, bits: int = 2048) -> RSAPrivateKey:
    """Return the private key of a name; the same for the whole session."""
    return _private_key(name, bits)


@lru_cache
def _private_key(_name: str, bits: int) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=bits)


def b64(raw: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk(name: str = "one", *, bits: int = 2048, **members: Any) -> dict[str, Any]:
    """Return a key as it is published."""
    numbers = private_key(name, bits=bits).public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": name,
        "n": b64(modulus),
        "e": b64(numbers.e.to_bytes(3)),
        **members,
    }


def jwks(*keys: Mapping[str, Any]) -> bytes:
    """Return a document of keys."""
    return json.dumps({"keys": list(keys)}).encode()


def key_set(*names: str) -> KeySet:
    """Return the keys of some names, as they are read."""
    return read_keys(jwks(*(jwk(name) for name in names or ("one",))), directory_id=DIRECTORY)


def claims(**changed: Any) -> dict[str, Any]:
    """Return good claims with some changed; None takes one out."""
    now = int(NOW.timestamp())
    good = {
        "aud": CLIENT,
        "iss": ISSUER,
        "iat": now,
        "nbf": now,
        "exp": now + 3600,
        "name": "Conf Room Adams",
        "nonce": NONCE,
        "oid": PERSON,
        "preferred_username": "adams@contoso.com",
        "rh": "0.AAAA",
        "sid": "a-session",
        "sub": "pairwise",
        "tid": DIRECTORY,
        "uti": "unique",
        "ver": "2.0",
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def header(**changed: Any) -> dict[str, Any]:
    """Return a good header with some members changed; None takes one out."""
    good = {"typ": "JWT", "alg": "RS256", "kid": "one"}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def sign(head: bytes | Mapping[str, Any], payload: bytes | Mapping[str, Any], key: str) -> str:
    """Return a token with exactly this header and payload, signed by a key."""
    parts = [
        b64(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (head, payload)
    ]
    signed = ".".join(parts)
    signature = private_key(key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{b64(signature)}"


def token(*, key: str = "one", head: Mapping[str, Any] | None = None, **changed: Any) -> str:
    """Return a token that passes, but for what is changed."""
    return sign(header(**(head or {})), claims(**changed), key)


def verify(raw: str, *, now: datetime = NOW, keys: KeySet | None = None) -> VerifiedClaims:
    """Verify against what is expected."""
    return verify_id_token(raw, expected=EXPECTED, keys=keys or key_set(), now=now)
