"""A real PostgreSQL for all integration tests, a database of its own for each; one simulator."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from rollcall.environment import Environment
from rollcall.environment.values import OperatorCloud
from rollcall.wiring.machine import Machine
from tests.databases import conninfo, environment, home, server
from tests.simulator.control import Directory, Simulator
from tests.sites import CLOUD, Site, make_site

__all__ = ["conninfo", "environment", "home", "server"]

MakeSite = Callable[..., Site]


@pytest.fixture(scope="session")
def running_simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator that all integration tests share."""
    with Simulator.started(tmp_path_factory.mktemp("m365sim")) as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Iterator[Simulator]:
    """The simulator with nothing in it, and nothing set."""
    running_simulator.reset(directories=True)
    yield running_simulator
    running_simulator.reset(directories=True)


def simulated_cloud(simulator: Simulator, **values: Any) -> OperatorCloud:
    """Return the simulator as a cloud that an operator added."""
    row: dict[str, Any] = {
        "name": CLOUD,
        "login": simulator.login,
        "graph": simulator.graph,
        "portal": simulator.login,
        "issuer": "{login}/{directory_id}/v2.0",
        "ca_file": simulator.ca_file,
        "contact_delta": True,
    }
    return OperatorCloud(**{**row, **values})


@pytest.fixture
def machine(environment: Environment, conninfo: str, simulator: Simulator) -> Machine:
    """A machine with an empty database, which knows the simulator as a cloud."""
    clouds = (simulated_cloud(simulator),)
    return Machine(
        environment=msgspec.structs.replace(environment, clouds=clouds), conninfo=conninfo
    )


@pytest.fixture
def new_site(machine: Machine, simulator: Simulator) -> MakeSite:
    """Make a tenant that is connected to a directory: new_site("people:40:5", guests=True)."""

    def made(directory: Directory | str, **values: Any) -> Site:
        return make_site(machine, simulator, directory, **values)

    return made
