"""Compact tokens, also ones that no library would write: any header, any text, any algorithm."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import RSAKey

PKCS1 = padding.PKCS1v15()
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
RSA: Mapping[str, tuple[padding.AsymmetricPadding, hashes.HashAlgorithm]] = {
    "RS256": (PKCS1, hashes.SHA256()),
    "RS384": (PKCS1, hashes.SHA384()),
    "RS512": (PKCS1, hashes.SHA512()),
    "PS256": (PSS, hashes.SHA256()),
}


def written_token(
    header: Mapping[str, object], payload: bytes, key: RSAKey, *, alg: str = "RS256"
) -> str:
    """Write and sign a token; `alg` says how, whatever the header says."""
    signed = f"{unpadded(msgspec.json.encode(header))}.{unpadded(payload)}"
    return f"{signed}.{unpadded(_signature(alg, signed.encode(), key))}"


def unpadded(raw: bytes) -> str:
    """Write bytes as JWTs do."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signature(alg: str, signed: bytes, key: RSAKey) -> bytes:
    if alg == "none":
        return b""
    if alg == "HS256":
        public = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return hmac.digest(public, signed, sha256)
    filling, hashing = RSA[alg]
    private = key.private_key
    assert private is not None  # noqa: S101 - the simulator's own keys
    return private.sign(signed, filling, hashing)
