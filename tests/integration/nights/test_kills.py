"""kill -9 of random processes during whole nights: each night ends as the naive planner says.

The seed names the kills; a failing night is repeated with it. Directories change between the
nights, so there is something to do in each.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.integration.nights.expectation import Expectation, check_books, check_photos
from tests.integration.nights.kills import carry_out_kills, draw_kills
from tests.integration.nights.plant import Plant, Service, plant
from tests.simulator.control import Simulator

FIRMS = 12
SPEC = "people:40:4:0.4,photos=0.4,name=firm{number}"
SLOW = {"directory_latency_ms": 60, "outlook_latency_ms": 40}
KILLS = 4
"""Kills a night."""

MORNING_SECONDS = 150.0

A_DAY = {"joins": 2, "leaves": 1, "renames": 2, "disables": 1, "phone_changes": 3}
CHANGES = {**A_DAY, "photo_changes": 2, "contact_changes": 3}

NOTHING_TWICE = {
    "extensions of one person": "SELECT 1 FROM telephony_extension WHERE directory_object_id <> '' "
    "AND deleted_at IS NULL GROUP BY tenant_id, directory_object_id HAVING count(*) > 1",
    "books of one mailbox": "SELECT 1 FROM phonebook_addressbook "
    "GROUP BY tenant_id, scope, mailbox HAVING count(*) > 1",
    "contacts": "SELECT 1 FROM phonebook_contact GROUP BY tenant_id, book_id, "
    "directory_contact_id HAVING count(*) > 1",
    "jobs of one run": "SELECT 1 FROM procrastinate_jobs GROUP BY args HAVING count(*) > 1",
    "runs that go on with one run": "SELECT 1 FROM integrations_syncrun "
    "WHERE goes_on_id IS NOT NULL GROUP BY goes_on_id HAVING count(*) > 1",
}


@contextmanager
def provider(**settings: object) -> Iterator[Plant]:
    """Have a machine with the firms."""
    with (
        TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place,
        Simulator.started(Path(place) / "m365sim") as simulator,
    ):
        Path(place).chmod(0o755)
        simulator.set(**SLOW)
        with plant(Path(place) / "home", simulator, **settings) as made:
            specs = (SPEC.format(number=number) for number in range(FIRMS))
            made.found_firms(specs, photos=True, personal_contacts=True)
            yield made


@pytest.mark.parametrize(
    ("seed", "nights"),
    [
        pytest.param("short", 3, id="12 kills"),
        pytest.param("long", 25, id="100 kills", marks=pytest.mark.long),
    ],
)
def test_whatever_is_killed_each_night_ends_as_the_naive_planner_says(
    seed: str, nights: int, record_property: Callable[[str, object], None]
) -> None:
    told: list[str] = []
    with provider() as made, Service.started(made) as service:
        expectations = [Expectation(firm) for firm in made.firms]
        made.await_schedules()
        seconds = _quiet_night(made, expectations)
        for number in range(nights):
            _let_a_day_pass(made, f"{seed} {number}")
            kills = draw_kills(f"{seed} {number}", KILLS, within=seconds)
            night, began = made.begin_night(), time.monotonic()
            killed = list(carry_out_kills(kills, made, service))
            made.await_morning(night, seconds=MORNING_SECONDS)
            told.append(f"night {number}: {time.monotonic() - began:.0f} s; {'; '.join(killed)}")
            _check(made, expectations, "\n".join(told))
        _let_doubts_pass(made)
        for firm in made.firms:
            assert check_books(made, firm) > 5
            check_photos(made, firm)
    record_property("nights", "\n".join(told))
    print("\n".join(told))  # noqa: T201 - shown when asked for (-rP), or when it fails


def _quiet_night(made: Plant, expectations: list[Expectation]) -> float:
    """Let the first night pass undisturbed; return how long it took."""
    began = time.monotonic()
    made.await_morning(made.begin_night(), seconds=MORNING_SECONDS)
    seconds = time.monotonic() - began
    _check(made, expectations, "the quiet night")
    return seconds


def _let_a_day_pass(made: Plant, seed: str) -> None:
    dice = random.Random(seed)
    for firm in made.firms:
        firm.directory.evolve(seed=f"{seed} {dice.random()}", **CHANGES)


def _let_doubts_pass(made: Plant) -> None:
    """Read books that suddenly were (nearly) empty again, when they have been so for an hour."""
    for _ in range(3):
        made.rows(
            "UPDATE phonebook_addressbook SET doubted_at = doubted_at - interval '2 hours' "
            "RETURNING id"
        )
        made.await_morning(made.begin_night(), seconds=MORNING_SECONDS)


def _check(made: Plant, expectations: list[Expectation], told: str) -> None:
    for expectation in expectations:
        expectation.let_night_pass()
        expectation.check(made)
    assert made.overlaps() == [], told
    for what, query in NOTHING_TWICE.items():
        assert made.rows(query) == [], f"{what} twice; {told}"
