"""A real PostgreSQL for tests, as fixtures: a conftest imports those that its tests need.

`conninfo` is a database of the test's own, `shared_database` one for all tests that make their own
tenant in it. Django is connected to whichever was asked for last.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.environment import Environment, read_environment
from rollcall.host.postgres import running_database

_numbers = count(1)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Where the server of all these tests lives: open to the user that it runs as."""
    with TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        home = Path(place) / "home"
        home.mkdir()
        yield home


@pytest.fixture(scope="session")
def environment(home: Path) -> Environment:
    """The environment of the machine under test."""
    environ = {
        "ROLLCALL_HOME": str(home),
        "ROLLCALL_SWITCH": "off",
        "PATH": os.environ.get("PATH", ""),
    }
    return read_environment(environ=environ, cwd=home)


@pytest.fixture(scope="session")
def server(environment: Environment) -> Iterator[str]:
    """The address of a running server, whose database “template” has the tables."""
    with running_database(environment) as address:
        with psycopg.connect(address.conninfo, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template")
        point_django(make_conninfo(address.conninfo, dbname="template"))
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
        point_django(own)
        yield own
        connections.close_all()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def shared_server_database(server: str) -> str:
    """The address of a database that tests share, each with tenants of its own."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE shared TEMPLATE template")
    return make_conninfo(server, dbname="shared")


@pytest.fixture
def shared_database(shared_server_database: str) -> Iterator[str]:
    """The shared database; Django is connected to it."""
    point_django(shared_server_database)
    yield shared_server_database
    connections.close_all()


def point_django(conninfo: str) -> None:
    """Connect Django to a database, in all threads that did not keep theirs."""
    connections.close_all()
    connections["default"].settings_dict |= _settings(conninfo)


def keep_django_at(conninfo: str) -> None:
    """Connect this thread's Django to a database, wherever the others are pointed to later."""
    own = connections["default"]
    own.close()
    own.settings_dict = {**own.settings_dict, **_settings(conninfo)}


def _settings(conninfo: str) -> dict[str, Any]:
    parts = conninfo_to_dict(conninfo)
    return {"NAME": str(parts.pop("dbname")), "OPTIONS": parts}
