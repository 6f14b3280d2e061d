"""Planners with a mistake planted in them are found out, each by the invariant that is named."""

import ast
from pathlib import Path

import pytest

from tests.contract.memory_pbx import SeenMemoryPbx
from tests.fakes.store import HoldingStore
from tests.property import oracle
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


def test_there_are_at_least_eight_planted_planners() -> None:
    assert len(PLANTED) >= 8


@pytest.mark.parametrize(
    ("planner", "invariant"), PLANTED.items(), ids=[each.__name__ for each in PLANTED]
)
def test_a_planted_planner_is_killed_by_its_invariant(
    planner: type[WrongPlanner], invariant: str, killed: list[str]
) -> None:
    seeds = (seed for seed in range(HISTORIES) if invariant in _broken_by(planner, seed))
    seed = next(seeds, None)
    assert seed is not None, f"{planner.__name__} survives"
    killed.append(f"{planner.__name__:26} killed by {invariant}, in history {seed}")


def test_an_honest_planner_survives_what_kills_them() -> None:
    assert not any(_broken_by(WrongPlanner, seed) for seed in range(HISTORIES))


def test_the_oracle_borrows_no_decision_of_the_product() -> None:
    text = Path(oracle.__file__).read_text(encoding="utf-8")
    imported = [
        f"{node.module}.{name.name}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rollcall")
        for name in node.names
    ]
    assert sorted(imported) == [
        "rollcall.core.plan.Profile",
        "rollcall.core.records.Removal",
        "rollcall.core.records.Sighting",
        "rollcall.core.records.Unreadable",
        "rollcall.core.records.UserRecord",
        "rollcall.sync.context.SyncSettings",
    ]
