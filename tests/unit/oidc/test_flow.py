"""The way to the sign-in page and back: what an address holds, and what an attempt hides."""

import base64
import hashlib
import itertools
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from rollcall.oidc.flow import Attempt, authorize_url, code_challenge, logout_url, new_attempt
from rollcall.oidc.metadata import Metadata
from tests.unit.oidc.samples import CLIENT, ISSUER

METADATA = Metadata(
    issuer=ISSUER,
    authorization_endpoint="https://login.example/authorize",
    token_endpoint="https://login.example/token",
    jwks_uri="https://login.example/keys",
    end_session_endpoint="https://login.example/logout",
)
RETURN = "https://pbx.example:8443/ms365/callback"
ATTEMPT = Attempt(state="the-state", nonce="the-nonce", verifier="the-verifier")


def query(url: str) -> dict[str, str]:
    return {
        name: each[0] for name, each in parse_qs(urlsplit(url).query, strict_parsing=True).items()
    }


def test_the_address_asks_for_a_code_with_all_that_binds_it() -> None:
    url = authorize_url(METADATA, client_id=CLIENT, redirect_uri=RETURN, attempt=ATTEMPT)

    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"the-verifier").digest())
    assert url.startswith("https://login.example/authorize?")
    assert query(url) == {
        "client_id": CLIENT,
        "response_type": "code",
        "redirect_uri": RETURN,
        "response_mode": "query",
        "scope": "openid profile",
        "state": "the-state",
        "nonce": "the-nonce",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert "the-verifier" not in url


def test_the_challenge_is_that_of_the_rfc() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

    assert code_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def hinted(**values: str) -> dict[str, str]:
    return query(
        authorize_url(METADATA, client_id=CLIENT, redirect_uri=RETURN, attempt=ATTEMPT, **values)
    )


def test_hints_are_sent_where_they_are_given() -> None:
    sent = hinted(login_hint="ä+b@contoso.com", domain_hint="contoso.com", prompt="login")

    assert (sent["login_hint"], sent["domain_hint"], sent["prompt"]) == (
        "ä+b@contoso.com",
        "contoso.com",
        "login",
    )


def test_a_choice_of_accounts_comes_without_a_login_hint() -> None:
    sent = hinted(login_hint="a@contoso.com", prompt="select_account")

    assert "login_hint" not in sent
    assert sent["prompt"] == "select_account"


@pytest.mark.parametrize("hint", ["x" * 513, "a\nb", "a\u202eb", "a\x00b"])
def test_a_hint_that_cannot_be_one_is_not_sent(hint: str) -> None:
    assert "login_hint" not in hinted(login_hint=hint)


def test_a_hint_cannot_add_a_parameter() -> None:
    assert hinted(login_hint="a&state=evil#x")["state"] == "the-state"


def test_a_prompt_that_there_is_not_is_our_mistake() -> None:
    with pytest.raises(ValueError, match="evil"):
        hinted(prompt="evil")


def test_an_endpoint_that_has_a_query_keeps_it() -> None:
    metadata = Metadata(
        ISSUER, "https://login.example/a?p=1", "", "", "https://login.example/b?q=2"
    )

    sent = query(authorize_url(metadata, client_id=CLIENT, redirect_uri=RETURN, attempt=ATTEMPT))
    assert (sent["p"], sent["client_id"]) == ("1", CLIENT)
    assert query(logout_url(metadata, return_to=RETURN))["q"] == "2"


def test_the_way_out_names_where_to_return_and_who_it_is_if_known() -> None:
    assert query(logout_url(METADATA, return_to=RETURN)) == {"post_logout_redirect_uri": RETURN}
    assert query(logout_url(METADATA, return_to=RETURN, logout_hint="opaque")) == {
        "post_logout_redirect_uri": RETURN,
        "logout_hint": "opaque",
    }


def test_an_attempt_is_made_of_three_unpredictable_parts() -> None:
    attempt = new_attempt(secrets.token_bytes)
    parts = {attempt.state, attempt.nonce, attempt.verifier}

    assert len(parts) == 3
    assert all(
        len(part) == 43 and part.replace("-", "").replace("_", "").isalnum() for part in parts
    )
    assert new_attempt(secrets.token_bytes) != attempt


def test_an_attempt_is_made_of_the_chance_it_is_given() -> None:
    numbers = itertools.count()

    attempt = new_attempt(lambda size: bytes([next(numbers)]) * size)
    assert attempt.nonce == base64.urlsafe_b64encode(b"\x01" * 32).decode().rstrip("=")


def test_an_attempt_does_not_print_its_secrets() -> None:
    shown = repr(ATTEMPT)

    assert all(part not in shown for part in ("the-state", "the-nonce", "the-verifier"))
