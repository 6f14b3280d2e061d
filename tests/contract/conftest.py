"""What the contract suites run against: each port's fake, and what the fake stands for."""

from collections.abc import Iterator

import pytest

from tests.contract.desk import Desk
from tests.contract.memory_pbx import SeenMemoryPbx
from tests.contract.pbx import Pbx
from tests.contract.postgres_pbx import Connections, PostgresPbx
from tests.databases import environment, home, server, shared_database, shared_server_database

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
