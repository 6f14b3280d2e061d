"""One switch for all tests of calls; each test has people and phones of its own."""

from collections.abc import Iterator

import pytest
from django.db import connections

from rollcall.environment import Environment
from tests.call.running import running_stage
from tests.call.stage import Stage
from tests.databases import environment, home, point_django, server

__all__ = ["environment", "home", "server"]


@pytest.fixture(scope="session")
def running(server: str, environment: Environment) -> Iterator[Stage]:
    """The switch."""
    with running_stage(server, environment) as stage:
        yield stage
        connections.close_all()


@pytest.fixture
def stage(running: Stage) -> Iterator[Stage]:
    """The switch, with no phones left of the test before."""
    point_django(running.ground.conninfo)
    yield running
    running.clear()
