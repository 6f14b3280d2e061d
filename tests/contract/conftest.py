"""What the contract suites run against: each port's fake, and what the fake stands for."""

from collections.abc import Iterator

import pytest

from rollcall.credentials.keypair import NewKeyPair
from tests.contract.company import Company
from tests.contract.desk import Desk
from tests.contract.m365_company import M365Company, make_keys
from tests.contract.memory_company import MemoryCompany
from tests.contract.memory_pbx import SeenMemoryPbx
from tests.contract.pbx import Pbx
from tests.contract.postgres_pbx import Connections, PostgresPbx
from tests.databases import environment, home, server, shared_database, shared_server_database
from tests.simulator.control import Simulator

__all__ = ["environment", "home", "server", "shared_database", "shared_server_database"]


@pytest.fixture
def connections(shared_database: str) -> Iterator[Connections]:
    """Connections to the shared database."""
    opened = Connections(shared_database)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "postgresql"])
def pbx(request: pytest.FixtureRequest) -> Iterator[Pbx]:
    """A tenant's PBX, once in memory and once in PostgreSQL."""
    made: Pbx
    if request.param == "memory":
        made = SeenMemoryPbx()
    else:
        made = PostgresPbx(request.getfixturevalue("connections"))
    yield made
    made.close()


@pytest.fixture
def desk(pbx: Pbx) -> Desk:
    """The PBX, with a clock and shorter words."""
    return Desk(pbx)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The simulator that all sources share."""
    with Simulator.started(tmp_path_factory.mktemp("m365sim")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def keys() -> NewKeyPair:
    """The key pair that all simulated companies know."""
    return make_keys()


@pytest.fixture(params=["memory", "m365"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    """A company, once in memory and once in a simulated Microsoft 365."""
    if request.param == "memory":
        yield MemoryCompany()
        return
    simulator: Simulator = request.getfixturevalue("simulator")
    yield M365Company(simulator, request.getfixturevalue("keys"))
    simulator.reset(directories=True)
