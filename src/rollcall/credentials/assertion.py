"""The signed statement by which an application proves who it is (RFC 7523, private_key_jwt).

Header and claims as Entra wants them:
https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from joserfc import jwt
from joserfc.jwk import RSAKey

from rollcall.credentials.keypair import Certificate
from rollcall.credentials.secret import Secret

LIFETIME = timedelta(minutes=5)
MOST_KNOWN_KEYS = 256

_known_keys: dict[bytes, RSAKey] = {}


class Algorithm(StrEnum):
    """PS256 names the certificate by its SHA-256; RS256, which older tenants know, by SHA-1."""

    PS256 = "PS256"
    RS256 = "RS256"


class Signer(msgspec.Struct, frozen=True):
    """A private key with its certificate. `key_id` is ours, to say later which one was accepted."""

    key_id: int
    private_key: Secret
    certificate: Certificate
    algorithm: Algorithm = Algorithm.PS256


def sign_assertion(
    signer: Signer,
    *,
    algorithm: Algorithm,
    client_id: str,
    audience: str,
    now: datetime,
    jti: str,
) -> str:
    """Return a client assertion for the token endpoint `audience`, good for five minutes."""
    header = {"alg": algorithm.value, "typ": "JWT", **_certificate_header(signer, algorithm)}
    issued_at = int(now.timestamp())
    claims = {
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": jti,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + int(LIFETIME.total_seconds()),
    }
    key = _import_key(signer.private_key)
    return jwt.encode(header, claims, key, algorithms=[algorithm.value])


def _import_key(private_key: Secret) -> RSAKey:
    """Return the key ready to sign.

    To check the arithmetic of one takes 40 ms. It is ours, and it was sealed by a cipher that
    shows any change; what was not sealed here cannot come here. The first signature of a key that
    was just read takes twice the time of the next, so some keys are kept as they are, by digest.
    """
    content = private_key.reveal()
    digest = hashlib.sha256(content).digest()
    known = _known_keys.get(digest)
    if known is not None:
        return known
    key = load_der_private_key(content, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("a key pair is RSA")
    if len(_known_keys) >= MOST_KNOWN_KEYS:
        _known_keys.clear()
    made = _known_keys[digest] = RSAKey.import_key(key)
    return made


def _certificate_header(signer: Signer, algorithm: Algorithm) -> dict[str, str]:
    match algorithm:
        case Algorithm.PS256:
            return {"x5t#S256": signer.certificate.thumbprint("sha256")}
        case Algorithm.RS256:
            return {"x5t": signer.certificate.thumbprint("sha1")}
