"""The way to the sign-in page and out again: addresses, and the secrets of one attempt.

OpenID Connect Core 3.1.2.1, RFC 7636 (PKCE), OpenID Connect RP-Initiated Logout.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from rollcall.oidc import base64url
from rollcall.oidc.metadata import Metadata

SCOPE: Final = "openid profile"
RANDOM_BYTES: Final = 32
LONGEST_HINT: Final = 512
SELECT_ACCOUNT: Final = "select_account"
PROMPTS: Final = frozenset({"", "login", "none", "consent", SELECT_ACCOUNT})


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ties one browser's sign-in together. `state` is not repeated for another one."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


def new_attempt(random: Callable[[int], bytes]) -> Attempt:
    """Return a new attempt; `random` gives so many unpredictable bytes."""
    state, nonce, verifier = (base64url.encode(random(RANDOM_BYTES)) for _ in range(3))
    return Attempt(state=state, nonce=nonce, verifier=verifier)


def code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())


def authorize_url(
    metadata: Metadata,
    *,
    client_id: str,
    redirect_uri: str,
    attempt: Attempt,
    login_hint: str = "",
    domain_hint: str = "",
    prompt: str = "",
) -> str:
    """Return where the browser goes to sign in.

    The answer comes by query: a form posted from another site would come without our cookie.
    `select_account` excludes a login hint at Microsoft.
    """
    if prompt not in PROMPTS:
        raise ValueError(f"there is no prompt {prompt!r}")
    hint = "" if prompt == SELECT_ACCOUNT else login_hint
    parameters = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "response_mode": "query",
        "scope": SCOPE,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": code_challenge(attempt.verifier),
        "code_challenge_method": "S256",
        **_given(login_hint=_hint(hint), domain_hint=_hint(domain_hint), prompt=prompt),
    }
    return _with_query(metadata.authorization_endpoint, parameters)


def logout_url(metadata: Metadata, *, return_to: str, logout_hint: str = "") -> str:
    """Return where the browser goes to sign out; `return_to` must be a registered redirect URI."""
    parameters = {"post_logout_redirect_uri": return_to, **_given(logout_hint=_hint(logout_hint))}
    return _with_query(metadata.end_session_endpoint, parameters)


def _hint(text: str) -> str:
    """Return a hint that can be sent; one that cannot is worth none."""
    return text if len(text) <= LONGEST_HINT and text.isprintable() else ""


def _given(**parameters: str) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if value}


def _with_query(endpoint: str, parameters: dict[str, str]) -> str:
    joint = "&" if "?" in endpoint else "?"
    return f"{endpoint}{joint}{urlencode(parameters)}"
