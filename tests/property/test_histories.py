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

HISTORIES = 300
IN_POSTGRESQL = 30
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


def test_after_any_history_the_pbx_is_as_the_oracle_says(counted: Counter[str]) -> None:
    for seed in range(HISTORIES):
        history = _check(SeenMemoryPbx, seed)
        assert history.runs >= RUNS
        counted.update(history.events)

    assert [kind for kind in (*EVENTS, *OUTCOMES) if not counted[kind]] == []


def test_it_is_so_in_postgresql_too(connections: Connections, counted: Counter[str]) -> None:
    for seed in range(HISTORIES, HISTORIES + IN_POSTGRESQL):
        history = _check(lambda: PostgresPbx(connections), seed)
        assert history.runs >= RUNS
        counted.update(history.events)
