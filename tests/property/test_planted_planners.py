"""Planners with a mistake planted in them are found out, each by the invariant that is named."""

import pytest

from tests.contract.memory_pbx import SeenMemoryPbx
from tests.fakes.store import HoldingStore
from tests.property.history import History
from tests.property.invariants import BrokenInvariantsError
from tests.property.planted import PLANTED, WrongPlanner
from tests.property.writing import live_through, write_history

HISTORIES = 150


def _broken_by(planner: type[WrongPlanner], seed: int) -> frozenset[str]:
    """Return the invariants that do not hold where a history first finds the planner out."""

    def twist(store: HoldingStore) -> HoldingStore:
        return planner(store).whole()

    pbx = SeenMemoryPbx()
    try:
        live_through(History(pbx, twist), write_history(seed))
    except BrokenInvariantsError as broken:
        return broken.names
    finally:
        pbx.close()
    return frozenset()


@pytest.mark.parametrize(
    ("planner", "invariant"), PLANTED.items(), ids=[each.__name__ for each in PLANTED]
)
def test_a_planted_planner_is_killed_by_its_invariant(
    planner: type[WrongPlanner], invariant: str
) -> None:
    assert any(invariant in _broken_by(planner, seed) for seed in range(HISTORIES))


def test_an_honest_planner_survives_what_kills_them() -> None:
    assert not any(_broken_by(WrongPlanner, seed) for seed in range(HISTORIES))
