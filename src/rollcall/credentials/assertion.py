"""The signed statement by which an application proves who it is (RFC 7523, private_key_jwt).

Header and claims as Entra wants them:
https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from rollcall.credentials.keypair import Certificate
from rollcall.credentials.secret import Secret

LIFETIME = timedelta(minutes=5)


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
    key = RSAKey.import_key(signer.private_key.reveal())
    return jwt.encode(header, claims, key, algorithms=[algorithm.value])


def _certificate_header(signer: Signer, algorithm: Algorithm) -> dict[str, str]:
    match algorithm:
        case Algorithm.PS256:
            return {"x5t#S256": signer.certificate.thumbprint("sha256")}
        case Algorithm.RS256:
            return {"x5t": signer.certificate.thumbprint("sha1")}
