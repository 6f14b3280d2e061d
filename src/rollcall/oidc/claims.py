"""From an ID token to claims that can be relied on: each check by its name, in its order.

OpenID Connect Core 3.1.3.7, RFC 7519, RFC 8725, and what Microsoft's tokens want besides:
https://learn.microsoft.com/entra/identity-platform/claims-validation
"""

import hmac
import unicodedata
from collections.abc import Iterator
from dataclasses import InitVar, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn, final
from uuid import UUID

import msgspec
from typing_extensions import override

from rollcall.oidc.checks import Check, Passed, TokenRefusedError
from rollcall.oidc.documents import DocumentError, read_document
from rollcall.oidc.keys import KeySet
from rollcall.oidc.token import (
    LONGEST,
    UnverifiedToken,
    check_algorithm,
    check_signature,
    parse_token,
)

__all__ = [
    "Check",
    "Expected",
    "Passed",
    "TokenRefusedError",
    "VerifiedClaims",
    "key_name",
    "verify_id_token",
]

VERSION: Final = "2.0"
LEEWAY: Final = timedelta(seconds=60)
LONGEST_NAME: Final = 256
GUID_LENGTH: Final = 36
_PROOF: Final = object()


@dataclass(frozen=True)
class Expected:
    """What a token must say: whose it is, for whom, and for which attempt."""

    issuer: str
    audience: str
    directory_id: str
    nonce: str = field(repr=False)


@final
@dataclass(frozen=True, kw_only=True)
class VerifiedClaims:
    """Who signed in. Only `verify_id_token` makes one: to have it is to have checked.

    (directory_id, object_id) is the person. The rest is for display, or Microsoft's own: a name
    or an address is never a reason to let anybody in.
    """

    object_id: str
    directory_id: str
    name: str = field(repr=False)
    principal_name: str = field(repr=False)
    session_id: str = field(repr=False)
    logout_hint: str = field(repr=False)
    issued_at: datetime
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("claims are verified by verify_id_token and by nothing else")

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("verified claims are neither copied nor stored")


class _Claims(msgspec.Struct, frozen=True):
    """What is read of the payload; a claim of another kind than this makes the token none."""

    iss: str
    sub: str
    exp: int
    iat: int
    nbf: int | None = None
    aud: str | list[str] = ""
    azp: str | None = None
    nonce: str = ""
    tid: str = ""
    oid: str = ""
    ver: str = ""
    name: str | None = None
    preferred_username: str | None = None
    sid: str | None = None
    login_hint: str | None = None


def _tell_nobody(_check: Check, _detail: str) -> None:
    """Be told of a check that passed, and do nothing."""


def key_name(raw: str, *, passed: Passed = _tell_nobody) -> str:
    """Return the name of the key that a token says it was signed by; "" if it names none.

    Raises TokenRefusedError for what is no token or not signed as it must be, so that nobody
    reads keys for it.
    """
    return _parse(raw, passed).header.kid


def verify_id_token(
    raw: str,
    *,
    expected: Expected,
    keys: KeySet,
    now: datetime,
    passed: Passed = _tell_nobody,
) -> VerifiedClaims:
    """Return the claims of a token that passes each check, or raise TokenRefusedError.

    `passed` is told of each check that passed, in order. Nothing of the payload is read before
    the signature was verified.
    """
    token = _parse(raw, passed)
    passed(Check.SIGNATURE, check_signature(token, keys.find(token.header.kid)))
    claims = _read_claims(token)
    for check, said in _check_claims(claims, expected, now):
        passed(check, said)
    return VerifiedClaims(
        object_id=claims.oid.lower(),
        directory_id=claims.tid.lower(),
        name=_shown(claims.name),
        principal_name=_shown(claims.preferred_username),
        session_id=claims.sid or "",
        logout_hint=claims.login_hint or "",
        issued_at=datetime.fromtimestamp(claims.iat, UTC),
        proof=_PROOF,
    )


def _parse(raw: str, passed: Passed) -> UnverifiedToken:
    token = parse_token(raw)
    passed(Check.TOKEN, f"One signed JWT of {len(raw)} characters.")
    passed(Check.ALGORITHM, check_algorithm(token))
    return token


def _read_claims(token: UnverifiedToken) -> _Claims:
    try:
        return read_document(token.payload, _Claims, most=LONGEST)
    except DocumentError as error:
        raise TokenRefusedError(
            Check.TOKEN, f"The ID token's claims cannot be read: {error}."
        ) from None


def _check_claims(
    claims: _Claims, expected: Expected, now: datetime
) -> Iterator[tuple[Check, str]]:
    yield Check.ISSUER, check_issuer(claims.iss, expected.issuer)
    yield Check.AUDIENCE, check_audience(claims.aud, claims.azp, expected.audience)
    yield Check.DIRECTORY, check_directory(claims.tid, expected.directory_id)
    yield Check.VERSION, check_version(claims.ver)
    yield Check.EXPIRY, check_expiry(claims.exp, now)
    yield Check.NOT_BEFORE, check_not_before(claims.nbf, claims.iat, now)
    yield Check.NONCE, check_nonce(claims.nonce, expected.nonce)
    yield Check.OBJECT_ID, check_object_id(claims.oid)


def check_issuer(issuer: str, expected: str) -> str:
    """Refuse another issuer than the directory's own, to the letter (Core 3.1.3.7, 2)."""
    if issuer != expected:
        raise TokenRefusedError(
            Check.ISSUER, f"The ID token is issued by {_quoted(issuer)}, not by {expected}."
        )
    return f"{expected}."


def check_audience(audience: str | list[str], party: str | None, expected: str) -> str:
    """Refuse a token that is not for this application alone (Core 3.1.3.7, 3 to 5).

    Entra sends one string, never a list (id-token-claims-reference), so a list is none of its.
    """
    if isinstance(audience, list):
        raise TokenRefusedError(Check.AUDIENCE, "The ID token is for a list of applications.")
    for each in (audience, expected if party is None else party):
        if not _same_guid(each, expected):
            raise TokenRefusedError(
                Check.AUDIENCE,
                f"The ID token is for the application {_quoted(each)}, not for {expected}.",
            )
    return f"This application alone, {expected}."


def check_directory(directory_id: str, expected: str) -> str:
    """Refuse a person of another directory: an object id means something in its own alone."""
    if not _same_guid(directory_id, expected):
        raise TokenRefusedError(
            Check.DIRECTORY,
            f"The ID token is of the directory {_quoted(directory_id)}, not of {expected}.",
        )
    return f"{expected}."


def check_version(version: str) -> str:
    """Refuse another form of token than the one that these checks are for."""
    if version != VERSION:
        raise TokenRefusedError(
            Check.VERSION, f"The ID token is of version {_quoted(version)}, not {VERSION}."
        )
    return f"{VERSION}."


def check_expiry(expires: int, now: datetime) -> str:
    """Refuse a token whose time is over (RFC 7519, 4.1.4), but for a minute between clocks."""
    moment = _moment(Check.EXPIRY, expires)
    if now >= moment + LEEWAY:
        raise TokenRefusedError(
            Check.EXPIRY, f"The ID token expired at {_written(moment)}; here it is {_written(now)}."
        )
    return f"Good until {_written(moment)}."


def check_not_before(begins: int | None, issued: int, now: datetime) -> str:
    """Refuse a token from the future (RFC 7519, 4.1.5 and 4.1.6), but for a minute."""
    moments = [_moment(Check.NOT_BEFORE, each) for each in (begins, issued) if each is not None]
    latest = max(moments)
    if latest > now + LEEWAY:
        raise TokenRefusedError(
            Check.NOT_BEFORE,
            f"The ID token is good from {_written(latest)} on; here it is {_written(now)}. One of "
            "the two clocks is wrong: set this one by NTP.",
        )
    return f"Good since {_written(latest)}."


def check_nonce(nonce: str, expected: str) -> str:
    """Refuse the token of another attempt (Core 3.1.3.7, 11); an attempt without one has none."""
    if not expected or not hmac.compare_digest(nonce.encode(), expected.encode()):
        lacking = "without a nonce" if not nonce else "for another sign-in than this one"
        raise TokenRefusedError(Check.NONCE, f"The ID token was issued {lacking}.")
    return "The one of this sign-in."


def check_object_id(object_id: str) -> str:
    """Refuse a token that does not name a person (it takes the scope `profile` to have it)."""
    if not _is_guid(object_id):
        raise TokenRefusedError(
            Check.OBJECT_ID, "The ID token does not say who it is (oid): the scope profile is."
        )
    return f"{object_id.lower()}."


def _same_guid(one: str, other: str) -> bool:
    return _is_guid(one) and one.lower() == other.lower()


def _is_guid(text: str) -> bool:
    """Tell whether a text is a GUID as Microsoft writes it: other spellings are no match."""
    if len(text) != GUID_LENGTH or not text.isascii():
        return False
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _moment(check: Check, seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise TokenRefusedError(check, "The ID token names a time that there is not.") from None


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _quoted(text: str) -> str:
    """Return a short text from elsewhere in a form that can be shown to administrators."""
    plain = "".join(each if each.isprintable() else "?" for each in text[:120])
    return f"“{plain}”" if plain else "nobody"


def _shown(text: str | None) -> str:
    """Return a name for display: no control or direction characters, of a length that fits."""
    kept = (each for each in text or "" if unicodedata.category(each)[0] != "C")
    return "".join(kept)[:LONGEST_NAME].strip()
