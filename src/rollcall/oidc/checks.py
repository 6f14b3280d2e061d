"""The checks that a sign-in has to pass, each with its name, and how one of them says no."""

from collections.abc import Callable
from enum import StrEnum


class Check(StrEnum):
    """One check, in the order in which they are made."""

    STATE = "state"
    """The answer belongs to a sign-in that this browser began (OpenID Connect Core 3.1.2.7)."""
    ANSWER = "answer"
    """Microsoft answered with a code and not with an error (3.1.2.6)."""
    CODE = "code"
    """The code has the form of one."""
    DISCOVERY = "discovery"
    """The directory describes itself as the cloud's row says (OpenID Connect Discovery 4.3)."""
    REDEMPTION = "redemption"
    """Microsoft took the code, the code verifier and the certificate's signature (3.1.3)."""
    TOKEN = "token"  # noqa: S105 - the name of a check
    """The ID token is one signed JWT, and says nothing twice (RFC 7515, RFC 8725 2.4)."""
    ALGORITHM = "algorithm"
    """It is signed by RS256 and by nothing else (RFC 8725 3.1)."""
    SIGNATURE = "signature"
    """A key that this directory publishes made the signature (3.1.3.7, 6)."""
    ISSUER = "issuer"
    """`iss` is this directory's issuer (3.1.3.7, 2)."""
    AUDIENCE = "audience"
    """`aud` is this application alone (3.1.3.7, 3 to 5)."""
    DIRECTORY = "directory"
    """`tid` is this directory."""
    VERSION = "version"
    """`ver` is 2.0."""
    EXPIRY = "expiry"
    """`exp` has not come (3.1.3.7, 9)."""
    NOT_BEFORE = "not-before"
    """`nbf` and `iat` have come (RFC 7519 4.1.5; 3.1.3.7, 10)."""
    NONCE = "nonce"
    """`nonce` is the one of this sign-in (3.1.3.7, 11)."""
    OBJECT_ID = "object-id"
    """`oid` names one person of the directory."""


class TokenRefusedError(Exception):
    """An ID token did not pass `check`; the message is for administrators and holds no secret."""

    def __init__(self, check: Check, detail: str) -> None:
        super().__init__(detail)
        self.check = check

    @property
    def detail(self) -> str:
        """What was expected and what came."""
        return str(self)


Passed = Callable[[Check, str], object]
"""Is told of each check that passed, and by what."""
