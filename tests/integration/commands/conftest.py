"""One office for all tests of commands; its directories are of each test alone."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from tests.integration.commands.office import Office
from tests.integration.commands.program import Program, cloud_settings
from tests.simulator.control import Simulator


@pytest.fixture(scope="session")
def open_office(running_simulator: Simulator) -> Iterator[Office]:
    """A home, its database running."""
    # pytest's own directories are closed to the user that PostgreSQL runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)
    home = directory / "home"
    home.mkdir()
    (home / "rollcall.toml").write_text(cloud_settings(running_simulator))
    program = Program(home)
    try:
        with program.database() as conninfo:
            program.done("tenant", "list")
            yield Office(program, conninfo, running_simulator)
            connections.close_all()
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def office(open_office: Office, simulator: Simulator) -> Iterator[Office]:
    """The office, with nothing in the simulator."""
    assert open_office.simulator is simulator
    yield open_office
    connections.close_all()
