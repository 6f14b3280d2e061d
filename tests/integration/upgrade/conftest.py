"""A database as an old program left it, and the program of now, to which it is a named server's."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.host.binaries import find_client_programs
from tests.integration.commands.office import Office
from tests.integration.commands.program import Program
from tests.integration.host.conftest import directory
from tests.integration.upgrade.old import ENCRYPTION_KEYS, OLD_DUMP, OldDatabase
from tests.simulator.control import Simulator

__all__ = ["directory"]

ROLES = ("rollcall_web", "rollcall_system")

_numbers = count(1)


@pytest.fixture(scope="session")
def old_template(server: str) -> str:
    """The name of a database that is as the old program left it."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE old_template")
    restore_old(make_conninfo(server, dbname="old_template"))
    return "old_template"


def restore_old(conninfo: str) -> None:
    """Restore the old database, with the roles that it speaks of."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for role in ROLES:
            known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
            if known.rowcount == 0:
                connection.execute(f"CREATE ROLE {role} LOGIN".encode())
    programs = find_client_programs(None)
    subprocess.run(
        [programs.pg_restore, "--exit-on-error", "--no-owner", f"--dbname={conninfo}", OLD_DUMP],
        check=True,
    )


@pytest.fixture(scope="session")
def upgraded_template(
    server: str,
    old_template: str,
    tmp_path_factory: pytest.TempPathFactory,
    running_simulator: Simulator,
) -> str:
    """The name of a database that was brought up to date by the program of now."""
    name = "upgraded_template"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {old_template}".encode())
    old = _found_home(server, name, tmp_path_factory.mktemp("upgraded"), running_simulator)
    old.office.done("upgrade")
    connections.close_all()
    return name


@pytest.fixture
def old_database(
    server: str, old_template: str, tmp_path: Path, running_simulator: Simulator
) -> Iterator[OldDatabase]:
    """An old database of the test's own, and the program that is told to use it."""
    with _cloned(server, old_template) as name:
        yield _found_home(server, name, tmp_path, running_simulator)


@pytest.fixture
def upgraded_database(
    server: str, upgraded_template: str, tmp_path: Path, running_simulator: Simulator
) -> Iterator[OldDatabase]:
    """The same, brought up to date."""
    with _cloned(server, upgraded_template) as name:
        yield _found_home(server, name, tmp_path, running_simulator)


@contextmanager
def _cloned(server: str, template: str) -> Iterator[str]:
    name = f"clone_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        yield name
        connections.close_all()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _found_home(server: str, database: str, directory: Path, simulator: Simulator) -> OldDatabase:
    """Make a home with the old keys that is told to use a database by its URL."""
    home = directory / "home"
    (home / "keys").mkdir(parents=True)
    shutil.copy(ENCRYPTION_KEYS, home / "keys" / "encryption.json")
    (home / "keys" / "encryption.json").chmod(0o600)
    parts = conninfo_to_dict(server)
    host = quote(str(parts["host"]), safe="")
    url = f"postgresql://{parts['user']}@/{database}?host={host}&port={parts['port']}"
    (home / "rollcall.toml").write_text(f'database_url = "{url}"\n')
    return OldDatabase(Office(Program(home), url, simulator), url)
