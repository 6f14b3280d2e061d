"""What is read of an access token for hints; nothing that a token holds may stop a run."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollcall.providers.m365.claims import read_claims
from rollcall.providers.m365.wire import AccessClaims


def token(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"header.{part}.signature"


def test_the_claims_of_a_token_are_shown() -> None:
    claims = {"tid": "t", "appid": "a", "oid": "o", "roles": ["User.Read.All"], "aud": "graph"}

    assert read_claims(token(claims)) == AccessClaims(
        tid="t", appid="a", oid="o", roles=["User.Read.All"]
    )


@pytest.mark.parametrize(
    "text", ["", "opaque", "a.b", "a.b.c.d", "a.§.c", "a..c", token([]), token({"roles": "all"})]
)
def test_what_is_no_token_that_can_be_read_has_no_claims(text: str) -> None:
    assert read_claims(text) == AccessClaims()


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    assert isinstance(read_claims(f"a.{text}.c"), AccessClaims)
