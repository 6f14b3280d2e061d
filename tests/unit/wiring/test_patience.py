"""Who made somebody wait in vain is waited for by one at a time, until an answer comes."""

import pytest

from rollcall.core.errors import SetupError, TransientError
from rollcall.wiring import patience
from rollcall.wiring.patience import Patience


@pytest.fixture(autouse=True)
def all_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take any wait for a long one."""
    monkeypatch.setattr(patience, "LONG", 0.0)


def wait_in_vain(waits: Patience, whom: str) -> None:
    with pytest.raises(TransientError, match="late"), waits.waiting_for(whom):
        raise TransientError("late")


def test_many_wait_for_one_who_was_never_slow() -> None:
    waits = Patience()

    with waits.waiting_for("a"), waits.waiting_for("a"), waits.waiting_for("a"):
        pass


def test_one_waits_for_somebody_who_was_slow_and_others_are_told_at_once() -> None:
    waits = Patience()
    wait_in_vain(waits, "a")

    with waits.waiting_for("a"):
        with pytest.raises(TransientError, match="being tried"), waits.waiting_for("a"):
            pass
        with waits.waiting_for("b"):
            pass


def test_an_answer_lets_many_wait_again() -> None:
    waits = Patience()
    wait_in_vain(waits, "a")

    with waits.waiting_for("a"):
        pass
    with waits.waiting_for("a"), waits.waiting_for("a"):
        pass


def test_whoever_is_told_at_once_does_not_end_the_waiting_of_the_other() -> None:
    waits = Patience()
    wait_in_vain(waits, "a")

    with waits.waiting_for("a"):
        for _ in range(2):
            with pytest.raises(TransientError, match="being tried"), waits.waiting_for("a"):
                pass


def test_somebody_who_stays_slow_is_tried_again_by_the_next() -> None:
    waits = Patience()

    for _ in range(3):
        wait_in_vain(waits, "a")


def test_a_refusal_is_an_answer() -> None:
    waits = Patience()
    wait_in_vain(waits, "a")

    with pytest.raises(SetupError), waits.waiting_for("a"):
        raise SetupError("no")
    with waits.waiting_for("a"), waits.waiting_for("a"):
        pass


def test_what_fails_soon_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONG", 2.0)
    waits = Patience()
    wait_in_vain(waits, "a")

    with waits.waiting_for("a"), waits.waiting_for("a"):
        pass


def test_the_slow_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "MOST", 2)
    waits = Patience()
    for whom in "abc":
        wait_in_vain(waits, whom)

    with waits.waiting_for("c"), waits.waiting_for("c"):
        pass
