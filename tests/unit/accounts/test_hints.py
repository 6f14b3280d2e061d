"""The hint for Microsoft's sign-out: opened by the session's token alone."""

import pytest

from rollcall.accounts.hints import LONGEST, open_hint, seal_hint
from rollcall.accounts.microsoft import session_digest, unfindable_key
from rollcall.accounts.operations import email_key

HINT = "O.CiRhYmM"


def test_a_hint_is_opened_by_the_token_it_was_sealed_with() -> None:
    kept = seal_hint("token", HINT)

    assert kept is not None
    assert HINT.encode() not in kept
    assert open_hint("token", kept) == HINT
    assert open_hint("another", kept) == ""
    assert seal_hint("token", HINT) != kept, "no two are alike"


@pytest.mark.parametrize("change", [b"", b"short", b"\0" * 40])
def test_what_was_tampered_with_is_no_hint(change: bytes) -> None:
    assert open_hint("token", change) == ""


def test_no_hint_and_an_endless_one_are_not_kept() -> None:
    assert seal_hint("token", "") is None
    assert seal_hint("token", "x" * (LONGEST + 1)) is None


@pytest.mark.parametrize(
    "typed", ["anna@contoso.com#Microsoft-7", " ANNA@contoso.com#MICROSOFT-7", "anna@contoso.com"]
)
def test_nothing_that_is_typed_is_the_key_of_an_account_of_microsofts(typed: str) -> None:
    assert email_key(typed) != unfindable_key("Anna@contoso.com", 7)


def test_the_same_session_of_microsofts_is_another_one_in_another_tenant() -> None:
    assert session_digest(1, "sid") != session_digest(2, "sid")
    assert session_digest(1, "1/sid") != session_digest(11, "sid")
