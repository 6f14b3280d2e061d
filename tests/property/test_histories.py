"""After any history the PBX is as the oracle says, and a run after a settled run writes nothing.

A history is some events, a run, some events, a run, …; the invariants are in `invariants`, the
oracle is in `oracle`, and what was counted is printed at the end.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from tests.contract.memory_pbx import SeenMemoryPbx
from tests.contract.pbx import Pbx
from tests.contract.postgres_pbx import Connections, PostgresPbx
from tests.property.events import EVENTS
from tests.property.history import History
from tests.property.invariants import BrokenInvariantsError
from tests.property.writing import RUNS, Step, live_through, shorten, write_history

IN_MEMORY = range(1_000)
IN_POSTGRESQL = range(1_000, 1_040)
MANY_IN_MEMORY = range(2_000, 6_000)
MANY_IN_POSTGRESQL = range(6_000, 6_200)
"""The seeds of the histories; each has RUNS runs or more."""

OUTCOMES = (
    *(f"change: {each}" for each in ("create", "link", "change", "block", "release", "return")),
    *(f"refused: {each}" for each in ("guest", "disabled", "not-selected", "no-name")),
    *(f"refused: {each}" for each in ("range-full", "link-pending", "unreadable")),
    *(f"run ended: {each}" for each in ("failed", "killed", "empty-directory", "list-unresolved")),
    "a plan is held",
    "approved",
    "approved, but out of date",
)
"""What must have come of the histories, besides the events themselves."""


def _live(new_pbx: Callable[[], Pbx], steps: Sequence[Step]) -> History:
    pbx = new_pbx()
    history = History(pbx)
    try:
        live_through(history, steps)
    finally:
        pbx.close()
    return history


def _check(new_pbx: Callable[[], Pbx], seed: int) -> History:
    """Live through one history; tell the shortest story of what goes wrong."""
    try:
        return _live(new_pbx, write_history(seed))
    except BrokenInvariantsError:
        steps, story = shorten(write_history(seed), lambda steps: _live(new_pbx, steps))
    happened = "\n".join(f"  {step.kind}" for step in steps)
    pytest.fail(f"history {seed}:\n{happened}\n{story}", pytrace=False)


def _check_all(new_pbx: Callable[[], Pbx], seeds: range, counted: Counter[str]) -> None:
    for seed in seeds:
        history = _check(new_pbx, seed)
        assert history.runs >= RUNS
        counted.update(history.events)
        counted.update({"= histories": 1, "= runs": history.runs})


def _missing(counted: Counter[str]) -> list[str]:
    """Return the kinds of events, and of outcomes, that never happened."""
    return [kind for kind in (*EVENTS, *OUTCOMES) if not counted[kind]]


def test_after_any_history_the_pbx_is_as_the_oracle_says(counted: Counter[str]) -> None:
    _check_all(SeenMemoryPbx, IN_MEMORY, counted)
    assert counted["= histories"] >= 300
    assert _missing(counted) == []


def test_it_is_so_in_postgresql_too(connections: Connections, counted: Counter[str]) -> None:
    _check_all(lambda: PostgresPbx(connections), IN_POSTGRESQL, counted)
    assert counted["= histories"] >= 30


@pytest.mark.long
def test_it_is_so_after_many_more_histories(counted: Counter[str]) -> None:
    _check_all(SeenMemoryPbx, MANY_IN_MEMORY, counted)
    assert _missing(counted) == []


@pytest.mark.long
def test_it_is_so_after_many_more_in_postgresql(
    connections: Connections, counted: Counter[str]
) -> None:
    _check_all(lambda: PostgresPbx(connections), MANY_IN_POSTGRESQL, counted)
    assert _missing(counted) == []
