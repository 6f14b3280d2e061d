"""The company of the matrix, read once without any fault: what every row is compared with."""

from collections.abc import Iterator

import pytest

from rollcall.environment import Environment
from tests.integration.faults.states import Databases
from tests.integration.faults.twin import Twin, raise_twin
from tests.simulator.control import Simulator


@pytest.fixture(scope="session")
def databases(server: str) -> Databases:
    """The databases of the tests' server."""
    return Databases(server)


@pytest.fixture(scope="session")
def grown_twin(
    databases: Databases, environment: Environment, running_simulator: Simulator
) -> Iterator[Twin]:
    """The twin, whose readings no fault ever struck."""
    running_simulator.reset(directories=True)
    yield raise_twin(databases, environment, running_simulator)
    running_simulator.reset(directories=True)


@pytest.fixture
def twin(grown_twin: Twin, simulator: Simulator) -> Twin:
    """The twin, with the simulator emptied for a row."""
    assert grown_twin.simulator is simulator
    return grown_twin
