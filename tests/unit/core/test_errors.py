"""Errors carry a stable code, a sentence, and a page."""

import pytest

from rollcall.core.errors import (
    CancelRequestedError,
    ContractError,
    FencedError,
    OutdatedError,
    SetupError,
    StoppedError,
    SyncError,
    TransientError,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (SyncError, "failed"),
        (TransientError, "try-later"),
        (SetupError, "setup"),
        (ContractError, "unexpected-answer"),
        (OutdatedError, "outdated"),
    ],
)
def test_each_kind_has_a_code_unless_it_is_given_one(kind: type[SyncError], code: str) -> None:
    assert kind("What is wrong.").code == code
    given = kind("What is wrong.", code="special", help_page="page.md")
    assert (str(given), given.code, given.help_page) == ("What is wrong.", "special", "page.md")


def test_being_stopped_is_no_failure_of_a_stage() -> None:
    assert not issubclass(StoppedError, SyncError)
    assert issubclass(FencedError, StoppedError)
    assert issubclass(CancelRequestedError, StoppedError)
