"""A secret shows itself to nobody who does not ask for it by name."""

import pickle
import traceback

import msgspec
import pytest
from tests.clocks import FixedClock

from rollcall.credentials.assertion import Signer
from rollcall.credentials.keypair import Certificate
from rollcall.credentials.secret import Secret

SECRET = Secret(b"correct horse")


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>30}",
        str([SECRET]),
        repr({"key": SECRET}),
        "%s" % SECRET,  # noqa: UP031 - the way that log lines are put together
    ],
)
def test_a_secret_does_not_print(shown: str) -> None:
    assert "horse" not in shown


def test_a_value_that_holds_a_secret_does_not_print_it() -> None:
    moment = FixedClock()()
    certificate = Certificate("pem", "00", "00", moment, moment)

    assert "horse" not in repr(Signer(1, SECRET, certificate))


def test_a_traceback_does_not_show_a_secret() -> None:
    shown = "".join(traceback.format_exception(ValueError(SECRET)))

    assert "horse" not in shown
    assert "Secret(…)" in shown


def test_a_secret_leaves_the_process_in_no_other_way() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SECRET)
    with pytest.raises(TypeError):
        msgspec.json.encode(SECRET)
    with pytest.raises(TypeError):
        bytes(SECRET)  # type: ignore[call-overload]  # that it is refused is what is tested


def test_a_secret_is_revealed_when_asked_by_name() -> None:
    assert SECRET.reveal() == b"correct horse"


def test_secrets_are_equal_when_what_they_hold_is() -> None:
    assert Secret(b"correct horse") == SECRET
    assert len({SECRET, Secret(b"correct horse"), Secret(b"other")}) == 2
    assert SECRET != b"correct horse"
    assert not hasattr(SECRET, "__dict__")
