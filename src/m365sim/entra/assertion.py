"""The client assertion: which certificate signed it, and what it must say. Contract a.3, a.4."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Container

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from msgspec import Struct, field

from m365sim.clock import written
from m365sim.entra.refusals import EntraError
from m365sim.state.applications import Application, Certificate, within_validity

LEEWAY_SECONDS = 60
HEX_THUMBPRINTS = (40, 64)


class Header(Struct):
    """What the header of an assertion may hold; x5c and the rest are let pass."""

    alg: str
    x5t: str = ""
    x5t_s256: str = field(default="", name="x5t#S256")
    kid: str = ""


class Claims(Struct):
    """What an assertion must say. Clients write times as integers or with a fraction."""

    aud: str
    iss: str
    sub: str
    exp: float
    nbf: float | None = None
    iat: float | None = None


def client_of(assertion: str) -> str:
    """Return who an assertion speaks for, before anything of it is checked."""
    return _decoded(assertion)[1].iss


def check_assertion(
    assertion: str, application: Application, *, audiences: Container[str], now: float
) -> Certificate:
    """Return the certificate behind an assertion, or raise EntraError as Entra would refuse it."""
    header, claims, signed, signature = _decoded(assertion)
    certificate = _certificate(header, application)
    _check_signature(header.alg, certificate.public_key, signed, signature)
    if not within_validity(certificate, now):
        raise EntraError(1000502)
    _check_claims(claims, application, audiences=audiences, now=now)
    return certificate


def _decoded(assertion: str) -> tuple[Header, Claims, bytes, bytes]:
    parts = assertion.split(".")
    try:
        header, payload, signature = (_unpadded(part) for part in parts)
        return (
            msgspec.json.decode(header, type=Header),
            msgspec.json.decode(payload, type=Claims),
            ".".join(parts[:2]).encode(),
            signature,
        )
    except (ValueError, binascii.Error) as error:
        raise EntraError(50027) from error


def _unpadded(text: str) -> bytes:
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _certificate(header: Header, application: Application) -> Certificate:
    try:
        thumbprints = [_unpadded(text).hex() for text in (header.x5t_s256, header.x5t) if text]
    except ValueError as error:
        raise EntraError(50027) from error
    if not thumbprints and len(header.kid) in HEX_THUMBPRINTS:
        thumbprints = [header.kid]
    certificate = application.certificate(thumbprints)
    if certificate is None:
        shown = ", ".join(text.upper() for text in thumbprints) or "none"
        raise EntraError(
            700027,
            addition=(
                f" [Reason - The key was not found., Thumbprint of key used by client: '{shown}']"
            ),
        )
    return certificate


def _check_signature(
    algorithm: str, key: rsa.RSAPublicKey, signed: bytes, signature: bytes
) -> None:
    if algorithm == "PS256":
        filling: padding.AsymmetricPadding = padding.PSS(
            padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH
        )
    elif algorithm == "RS256":
        filling = padding.PKCS1v15()
    else:
        raise EntraError(50027, addition=f" Algorithm '{algorithm}' is not supported.")
    try:
        key.verify(signature, signed, filling, hashes.SHA256())
    except InvalidSignature as error:
        raise EntraError(7000274) from error


def _check_claims(
    claims: Claims, application: Application, *, audiences: Container[str], now: float
) -> None:
    if claims.iss != claims.sub:
        raise EntraError(50048)
    if claims.iss.lower() != application.application_id:
        raise EntraError(700021)
    if claims.aud.lower().rstrip("/") not in audiences:
        raise EntraError(700023, addition=f" Audience: '{claims.aud}'.")
    begins = claims.nbf if claims.nbf is not None else claims.iat
    if now > claims.exp + LEEWAY_SECONDS or (begins is not None and now < begins - LEEWAY_SECONDS):
        since = written(begins if begins is not None else 0)
        raise EntraError(
            700024,
            addition=(
                f" Current time: {written(now)}, assertion valid from {since}, "
                f"expiry time of assertion {written(claims.exp)}."
            ),
        )
