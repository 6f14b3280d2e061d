"""Debian's PostgreSQL, and a program whose database it is."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.commands.program import Program, cloud_settings
from tests.integration.server.cluster import (
    PASSWORD,
    Cluster,
    documented_statements,
    running_cluster,
)
from tests.simulator.control import Directory, Simulator
from tests.sites import ROLES

SPEC = "people:40:5,folders=1,photos=0.5"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server with what the how-to page has its superuser make, and nothing else."""
    with running_cluster() as cluster:
        statements = documented_statements()
        assert len(statements) == 6
        cluster.tell(*statements)
        yield cluster


@pytest.fixture(scope="module")
def empty_cluster() -> Iterator[Cluster]:
    """A server with nothing of ours."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def directory(running_simulator: Simulator) -> Iterator[Directory]:
    """The company that is synchronised."""
    running_simulator.reset(directories=True)
    directory = running_simulator.add_directory(SPEC)
    directory.applications[0].set_roles(*ROLES)
    yield directory
    running_simulator.reset(directories=True)


@pytest.fixture(scope="module")
def new_home(running_simulator: Simulator) -> Iterator[Callable[[str], Path]]:
    """Make a home that knows the simulator: new_home("embedded")."""
    # pytest's own directories are closed to the user that PostgreSQL runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)

    def made(name: str) -> Path:
        home = directory / name
        home.mkdir()
        (home / "rollcall.toml").write_text(cloud_settings(running_simulator))
        return home

    yield made
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def program(cluster: Cluster, new_home: Callable[[str], Path]) -> Program:
    """The program with a home of its own, and its database in the server."""
    return program_with(new_home("home"), cluster.address("rollcall", password=PASSWORD))


def program_with(home: Path, address: str) -> Program:
    """Return a program that is told where its database is."""
    return Program(home, {"ROLLCALL_DATABASE_URL": address})
