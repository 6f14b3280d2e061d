"""A service with one worker, and one tenant whose runs can be made slow."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.integration.host.machine import wait_until
from tests.integration.nights.plant import Firm, Plant, Service, plant
from tests.simulator.control import Simulator

SLOW = {"directory_latency_ms": 250, "outlook_latency_ms": 150}
QUICK = {"directory_latency_ms": 0, "outlook_latency_ms": 0}
PAGES = {"users_page_size": 6, "users_page_size_follows_prefer": False}


@dataclass(frozen=True)
class House:
    """A machine with one tenant, whose service is started when it is wanted."""

    plant: Plant
    firm: Firm

    @property
    def slug(self) -> str:
        """The tenant."""
        return self.firm.slug

    def run(self, run_id: int) -> dict[str, Any]:
        """Return a run's row."""
        (row,) = self.plant.rows("SELECT * FROM integrations_syncrun WHERE id = %(id)s", id=run_id)
        return row

    def newest(self) -> dict[str, Any]:
        """Return the newest run's row."""
        return self.plant.rows("SELECT * FROM integrations_syncrun ORDER BY id DESC LIMIT 1")[0]

    def await_state(self, run_id: int, *states: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until a run is in one of these states; return its row."""
        wait_until(lambda: self.run(run_id)["state"] in states, seconds=seconds)
        return self.run(run_id)

    def start_run(self, *options: str) -> int:
        """Leave a run to the service; return its id."""
        run: dict[str, Any] = self.plant.program.asked(
            "sync", "run", self.slug, "--no-wait", *options
        )
        return int(run["id"])


MakeHouse = Callable[..., AbstractContextManager[House]]


@contextmanager
def _house(spec: str, **values: Any) -> Iterator[House]:
    with (
        TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place,
        Simulator.started(Path(place) / "m365sim") as simulator,
    ):
        Path(place).chmod(0o755)
        simulator.set(**PAGES)
        with plant(Path(place) / "home", simulator) as made:
            made.found_firms([spec], **values)
            yield House(made, made.firms[0])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """A tenant of 120 people, and a service with one worker that runs."""
    with _house("people:120:0,name=contoso") as made, Service.started(made.plant, workers=1):
        made.plant.await_schedules()
        yield made


@pytest.fixture
def quick(house: House) -> House:
    """The tenant, with Microsoft quick."""
    house.plant.simulator.set(**QUICK)
    return house


@pytest.fixture
def slow(house: House) -> House:
    """The tenant, with Microsoft slow."""
    house.plant.simulator.set(**SLOW)
    return house


@pytest.fixture
def new_house() -> MakeHouse:
    """Make a tenant of its own, without a service."""
    return _house
