"""The keys that a directory signs with: which of them are taken. How long, is `keeping`'s.

RFC 7517; https://learn.microsoft.com/entra/identity-platform/signing-key-rollover: several keys
are always published, their order means nothing, and they may roll at any time.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from rollcall.core.errors import ContractError
from rollcall.oidc import base64url
from rollcall.oidc.documents import DocumentError, read_document

LONGEST_DOCUMENT: Final = 256 * 1024
MOST_KEYS: Final = 64
LONGEST_NAME: Final = 256
FEWEST_BITS: Final = 2048
MOST_BITS: Final = 4096
LARGEST_EXPONENT: Final = 2**32


class KeysError(ContractError):
    """What was published holds no key to verify by."""


class KeySet(msgspec.Struct, frozen=True):
    """The signing keys of one directory by name. They are public."""

    keys: Mapping[str, RSAPublicKey]

    def find(self, name: str) -> RSAPublicKey | None:
        """Return the key of that very name."""
        return self.keys.get(name)


class _Jwk(msgspec.Struct, frozen=True):
    kty: str
    kid: str = ""
    use: str = "sig"
    alg: str = "RS256"
    n: str = ""
    e: str = ""
    issuer: str = ""


class _Jwks(msgspec.Struct, frozen=True):
    keys: list[msgspec.Raw]


def read_keys(body: bytes, *, directory_id: str) -> KeySet:
    """Return the RSA signature keys in `body` that are meant for `directory_id`.

    What is no such key is passed over, as RFC 7517 (5) wants it. A name that stands for two keys
    stands for none. Raises KeysError for what is no key set, or one without any key to use.
    """
    try:
        listed = read_document(body, _Jwks, most=LONGEST_DOCUMENT).keys
    except DocumentError as error:
        raise KeysError(f"Microsoft's answer is no set of keys: {error}.") from None
    if len(listed) > MOST_KEYS:
        raise KeysError(f"Microsoft publishes {len(listed)} keys; {MOST_KEYS} are the most.")
    found: dict[str, RSAPublicKey] = {}
    twice: set[str] = set()
    for raw in listed:
        named = _read_key(raw, directory_id)
        if named is None:
            continue
        name, key = named
        if name in found:
            twice.add(name)
        found[name] = key
    usable = {name: key for name, key in found.items() if name not in twice}
    if not usable:
        raise KeysError("Microsoft publishes no key that signatures can be verified by.")
    return KeySet(usable)


def _read_key(raw: msgspec.Raw, directory_id: str) -> tuple[str, RSAPublicKey] | None:
    try:
        jwk = msgspec.json.decode(raw, type=_Jwk)
    except msgspec.ValidationError:
        return None
    if (jwk.kty, jwk.use, jwk.alg) != ("RSA", "sig", "RS256"):
        return None
    if not 0 < len(jwk.kid) <= LONGEST_NAME or not _is_meant_for(jwk.issuer, directory_id):
        return None
    try:
        modulus, exponent = _number(jwk.n), _number(jwk.e)
        if not FEWEST_BITS <= modulus.bit_length() <= MOST_BITS or exponent >= LARGEST_EXPONENT:
            return None
        return jwk.kid, RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        return None


def _is_meant_for(issuer: str, directory_id: str) -> bool:
    """Tell whether a key is this directory's: Microsoft says with some for whom they are.

    The host is not compared: clouds are known by several.
    """
    return not issuer or directory_id in issuer.lower() or "{tenantid}" in issuer.lower()


def _number(text: str) -> int:
    return int.from_bytes(base64url.decode(text))
