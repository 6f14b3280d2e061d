"""An ID token taken apart and not believed yet: one signed JWT in compact form (RFC 7515, 3.1)."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from rollcall.oidc import base64url
from rollcall.oidc.checks import Check, TokenRefusedError
from rollcall.oidc.documents import DocumentError, read_document

LONGEST: Final = 16 * 1024
PARTS: Final = 3
ALGORITHM: Final = "RS256"


class Header(msgspec.Struct, frozen=True):
    """What is read of the header. Keys that a token brings along (jwk, jku, x5c) are not."""

    alg: str
    kid: str = ""
    typ: str = "JWT"
    crit: Any = msgspec.UNSET


@dataclass(frozen=True)
class UnverifiedToken:
    """The parts of a token. Nothing of the payload may be used before the signature is checked."""

    header: Header
    payload: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)


def parse_token(raw: str) -> UnverifiedToken:
    """Return the parts of a token, or raise TokenRefusedError.

    Strictly three parts, in the one spelling of their bytes; a header that asks for extensions
    (`crit`, RFC 7515 4.1.11) is refused, for we know none.
    """
    if len(raw) > LONGEST:
        raise _malformed(f"The ID token has {len(raw)} characters; {LONGEST} are the most.")
    parts = raw.split(".")
    if len(parts) != PARTS:
        raise _malformed(f"The ID token has {len(parts)} parts; a signed one has {PARTS}.")
    try:
        header, payload = (base64url.decode(part) for part in parts[:2])
        read = read_document(header, Header, most=LONGEST)
    except DocumentError as error:
        raise _malformed(f"The ID token's header cannot be read: {error}.") from None
    except ValueError as error:
        raise _malformed(f"A part of the ID token is {error}.") from None
    if read.crit is not msgspec.UNSET:
        raise _malformed("The ID token asks for extensions that nobody knows here (crit).")
    if read.typ.upper() != "JWT":
        raise _malformed("The token says that it is something else than a JWT.")
    signed, _, signature = raw.rpartition(".")
    return UnverifiedToken(read, payload, signed.encode(), _signature(signature))


def _signature(text: str) -> bytes:
    """Return the bytes of a signature; what is spelled in another way than the one is none."""
    try:
        return base64url.decode(text)
    except ValueError:
        return b""


def check_algorithm(token: UnverifiedToken) -> str:
    """Refuse any algorithm but RS256: none, and those by a shared secret (RFC 8725, 3.1)."""
    algorithm = token.header.alg
    if algorithm != ALGORITHM:
        named = algorithm if algorithm.isalnum() and len(algorithm) < len(ALGORITHM) * 4 else "?"
        raise TokenRefusedError(
            Check.ALGORITHM, f"The ID token is signed by “{named}”; only {ALGORITHM} is taken."
        )
    return f"{ALGORITHM}."


def check_signature(token: UnverifiedToken, key: RSAPublicKey | None) -> str:
    """Verify the signature by the directory's own key (RFC 7518, 3.3).

    The algorithm is this function's, not the header's: there is nothing to choose.
    """
    if key is None:
        named = "no key" if not token.header.kid else "a key that this directory does not publish"
        raise TokenRefusedError(Check.SIGNATURE, f"The ID token names {named}.")
    try:
        key.verify(token.signature, token.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise TokenRefusedError(
            Check.SIGNATURE, "The key that the ID token names did not make its signature."
        ) from None
    return "Made by a key that this directory publishes."


def _malformed(sentence: str) -> TokenRefusedError:
    return TokenRefusedError(Check.TOKEN, sentence)
