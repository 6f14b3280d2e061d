"""A real PostgreSQL for all integration tests, a database of its own for each; one simulator."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.environment import Environment, read_environment
from rollcall.environment.values import OperatorCloud
from rollcall.host.postgres import running_database
from rollcall.wiring.machine import Machine
from tests.simulator.control import Directory, Simulator
from tests.sites import CLOUD, Site, make_site

MakeSite = Callable[..., Site]
_numbers = count(1)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server of all integration tests lives."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def environment(home: Path) -> Environment:
    """The environment of the machine under test."""
    environ = {"ROLLCALL_HOME": str(home), "PATH": os.environ.get("PATH", "")}
    return read_environment(environ=environ, cwd=home)


@pytest.fixture(scope="session")
def server(environment: Environment) -> Iterator[str]:
    """The address of a running server, whose database “template” has the tables."""
    with running_database(environment) as address:
        with psycopg.connect(address.conninfo, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template")
        template = make_conninfo(address.conninfo, dbname="template")
        _point_django(template)
        call_command("migrate", verbosity=0)
        connections.close_all()
        yield address.conninfo


@pytest.fixture
def conninfo(server: str) -> Iterator[str]:
    """The address of a database of the test's own; Django is connected to it."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
        own = make_conninfo(server, dbname=name)
        _point_django(own)
        yield own
        connections.close_all()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _point_django(conninfo: str) -> None:
    connections.close_all()
    parts = conninfo_to_dict(conninfo)
    settings = connections["default"].settings_dict
    settings["NAME"] = str(parts.pop("dbname"))
    settings["OPTIONS"] = parts


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
