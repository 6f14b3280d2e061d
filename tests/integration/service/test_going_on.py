"""A run whose worker stops or dies is gone on with; what was committed is not read again."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.host.machine import wait_until
from tests.integration.nights.expectation import Expectation, check_books, check_photos
from tests.integration.nights.plant import Service
from tests.integration.service.conftest import House, MakeHouse

PEOPLE = 400
SPEC = f"people:{PEOPLE}:30:1.0,photos=1.0,name=contoso"
MIDDLING = {"directory_latency_ms": 40, "outlook_latency_ms": 250}


@contextmanager
def first_run(new_house: MakeHouse, *options: str) -> Iterator[tuple[House, Service, int]]:
    """Have the first run of a tenant with photos and contacts under way."""
    with (
        new_house(SPEC, photos=True, personal_contacts=True) as house,
        Service.started(house.plant, workers=1) as service,
    ):
        house.plant.await_schedules()
        house.plant.simulator.set(**MIDDLING)
        yield house, service, house.start_run(*options)


def progress(house: House, run_id: int, stage: str) -> int:
    steps = house.run(run_id)["progress"].get(stage, {})
    return int(steps.get("done", 0))


def await_progress(house: House, run_id: int, stage: str, done: int) -> None:
    wait_until(lambda: progress(house, run_id, stage) >= done, seconds=60)


def successor(house: House, run_id: int, seconds: float = 60) -> dict[str, Any]:
    """Wait for the run that goes on with a run; return its row."""
    query = "SELECT id FROM integrations_syncrun WHERE goes_on_id = %(id)s"
    wait_until(lambda: bool(house.plant.rows(query, id=run_id)), seconds=seconds)
    return house.run(house.plant.rows(query, id=run_id)[0]["id"])


@dataclass(frozen=True)
class Cut:
    """What was committed when a run was cut off, and the newest request then."""

    last_request: int
    pages: int
    people: frozenset[str]
    mailboxes: frozenset[str]

    @classmethod
    def of(cls, house: House, following: dict[str, Any]) -> "Cut":
        """Look at what the run that goes on must not read again."""
        people = house.plant.rows(
            "SELECT directory_object_id AS id FROM telephony_extension "
            "WHERE directory_object_id <= %(until)s",
            until=following["photos_until"],
        )
        mailboxes = house.plant.rows(
            "SELECT mailbox AS id FROM phonebook_addressbook "
            "WHERE status = 'read' AND checked_at >= %(since)s",
            since=following["since"],
        )
        return cls(
            last_request=house.plant.simulator.last_request(),
            pages=house.plant.value("SELECT count(*) FROM integrations_stagedpage"),
            people=frozenset(row["id"] for row in people),
            mailboxes=frozenset(row["id"] for row in mailboxes),
        )

    def check(self, house: House) -> None:
        """Look at what was asked of Graph since."""
        seen = house.plant.simulator.requests(since=self.last_request)
        items = [item.url for request in seen for item in request.items]
        pages = [request for request in seen if "/users/delta" in request.path]
        assert len(pages) <= -(-PEOPLE * 1.1 // 6) - self.pages + 2
        assert len([url for url in items if "/photo" in url and _who(url) in self.people]) <= 20
        assert [url for url in items if "/contacts" in url and _who(url) in self.mailboxes] == []


def _who(url: str) -> str:
    return url.split("/")[2]


def check_end(house: House, run_id: int) -> None:
    row = house.await_state(run_id, "applied", "failed", seconds=90)
    assert row["state"] == "applied", row["error"]
    expectation = Expectation(house.firm)
    expectation.let_night_pass()
    expectation.check(house.plant)
    assert check_books(house.plant, house.firm) > PEOPLE / 2
    check_photos(house.plant, house.firm)
    assert house.plant.overlaps() == []


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param("users", marks=pytest.mark.long),
        pytest.param("photos", marks=pytest.mark.long),
        "personal-contacts",
    ],
)
def test_a_worker_that_is_told_to_stop_hands_its_run_over(new_house: MakeHouse, stage: str) -> None:
    with first_run(new_house) as (house, service, run_id):
        await_progress(house, run_id, stage, 60 if stage == "users" else 180)
        (worker,) = service.pids("worker")
        began = time.monotonic()
        os.kill(worker, signal.SIGTERM)
        row = house.await_state(run_id, "cancelled")
        assert time.monotonic() - began < 5
        assert row["error"]["code"] == "handed-over"
        following = successor(house, run_id, seconds=5)
        assert following["since"] == row["started_at"]
        cut = Cut.of(house, following)
        check_end(house, following["id"])
        cut.check(house)


def test_a_worker_that_is_killed_is_replaced_within_a_minute(new_house: MakeHouse) -> None:
    with first_run(new_house) as (house, service, run_id):
        await_progress(house, run_id, "personal-contacts", 150)
        (worker,) = service.pids("worker")
        began = time.monotonic()
        os.kill(worker, signal.SIGKILL)
        following = successor(house, run_id)
        cut = Cut.of(house, following)
        house.await_state(following["id"], "running", "applied")
        assert time.monotonic() - began < 60
        assert house.run(run_id)["error"]["code"] == "interrupted"
        check_end(house, following["id"])
        cut.check(house)


@pytest.mark.long
def test_a_full_reading_that_was_interrupted_does_not_begin_again(new_house: MakeHouse) -> None:
    with first_run(new_house) as (house, service, first):
        house.await_state(first, "applied", seconds=90)
        run_id = house.start_run("--full")
        house.plant.simulator.reset()
        house.plant.simulator.set(**MIDDLING)
        await_progress(house, run_id, "personal-contacts", 110)
        os.kill(service.pids("worker")[0], signal.SIGTERM)
        following = successor(house, run_id)
        cut = Cut.of(house, following)
        check_end(house, following["id"])
        cut.check(house)


@pytest.mark.long
def test_a_run_that_loses_its_worker_again_and_again_is_let_go_of(new_house: MakeHouse) -> None:
    with first_run(new_house) as (house, service, first):
        house.plant.simulator.set(directory_latency_ms=3000)
        runs = [first]
        for _ in range(3):
            house.await_state(runs[-1], "running", seconds=60)
            os.kill(service.pids("worker")[0], signal.SIGKILL)
            house.await_state(runs[-1], "failed", seconds=60)
            query = "SELECT id FROM integrations_syncrun WHERE goes_on_id = %(id)s"
            runs += [row["id"] for row in house.plant.rows(query, id=runs[-1])]
        assert [house.run(run_id)["takeovers"] for run_id in runs] == [0, 1, 2]
        house.plant.simulator.reset()
        run = house.plant.program.asked("sync", "run", house.slug)
        assert run["state"] == "applied"
