"""A company that was synchronised in one home, and other homes to bring its backup back into."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from rollcall.host.postgres import stop_database
from tests.integration.backup.homes import Company, Home
from tests.integration.commands.office import Office
from tests.integration.commands.program import Program, cloud_settings
from tests.simulator.control import Simulator
from tests.sites import read_tables

SPEC = "people:40:5,folders=1,photos=0.5,shared=1"


@pytest.fixture(scope="package")
def place() -> Iterator[Path]:
    """A directory that every user can reach: pytest's own is closed to PostgreSQL's under root."""
    place = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    place.chmod(0o755)
    yield place
    connections.close_all()
    shutil.rmtree(place)


@pytest.fixture(scope="package")
def new_home(place: Path, running_simulator: Simulator) -> Iterator[Callable[[str], Home]]:
    """Make a home that knows the simulator and has no database yet: new_home("b")."""
    homes: list[Home] = []

    def made(name: str, **variables: str) -> Home:
        path = place / name
        path.mkdir()
        (path / "rollcall.toml").write_text(cloud_settings(running_simulator))
        homes.append(Home(Program(path, variables), running_simulator))
        return homes[-1]

    yield made
    for home in homes:
        stop_database(home.program.environment, force=True)


@pytest.fixture(scope="package")
def other(new_home: Callable[[str], Home], company: Company) -> Home:
    """Another home, into which the company was brought back once."""
    home = new_home("other")
    home.done("restore", company.backup, "--keys", company.key_file)
    return home


@pytest.fixture(scope="package")
def company(place: Path, running_simulator: Simulator) -> Iterator[Company]:
    """A company after its first sync, and a backup of it; its database goes on running."""
    running_simulator.reset(directories=True)
    path = place / "company"
    path.mkdir()
    (path / "rollcall.toml").write_text(cloud_settings(running_simulator))
    program = Program(path)
    with program.database() as conninfo:
        office = Office(program, conninfo, running_simulator)
        office.done("tenant", "list")
        site = office.new_site(SPEC, personal_contacts=True, company_contacts=True)
        run: dict[str, Any] = office.asked("sync", "run", site.slug)
        assert run["state"] == "applied", run
        file = place / "company.backup"
        office.done("backup", file)
        yield Company(office, site, file, read_tables(conninfo))
        connections.close_all()
    running_simulator.reset(directories=True)
