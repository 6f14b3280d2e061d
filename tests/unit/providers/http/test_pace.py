"""Pauses: each scope is left alone for as long as it was told, and no other waits for it."""

import pytest
from tests.clocks import Naps

from rollcall.providers.http.pace import Pace, Pauses


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def pauses(naps: Naps) -> Pauses:
    return Pauses(Pace(sleep=naps.sleep, steady=naps.steady))


async def test_a_paused_scope_is_left_alone_until_its_time_is_over(
    pauses: Pauses, naps: Naps
) -> None:
    pauses.pause("a mailbox", 7)

    await pauses.wait("a mailbox")

    assert naps.slept == [7]
    assert pauses.remaining("a mailbox") == 0
    assert pauses.waited == 7


async def test_a_paused_scope_keeps_no_other_waiting(pauses: Pauses, naps: Naps) -> None:
    pauses.pause("a mailbox", 7)

    await pauses.wait("the directory")

    assert naps.slept == []
    assert pauses.remaining("the directory") == 0


async def test_the_longer_of_two_pauses_counts(pauses: Pauses, naps: Naps) -> None:
    pauses.pause("a mailbox", 7)
    pauses.pause("a mailbox", 3)

    await pauses.wait("a mailbox")

    assert naps.slept == [7]


async def test_a_pause_that_grows_while_it_is_waited_for_is_waited_for_to_its_end(
    naps: Naps,
) -> None:
    async def sleep(seconds: float) -> None:
        if not naps.slept:
            growing.pause("a mailbox", seconds + 5)
        await naps.sleep(seconds)

    growing = Pauses(Pace(sleep=sleep, steady=naps.steady))
    growing.pause("a mailbox", 2)

    await growing.wait("a mailbox")

    assert naps.slept == [2, 5]


async def test_a_scope_that_waits_for_nothing_does_not_sleep(pauses: Pauses, naps: Naps) -> None:
    pauses.pause("a mailbox", 0)

    await pauses.wait("a mailbox")

    assert naps.slept == []
