"""A machine for each test, gone afterwards with everything that ran on it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.host.machine import Machine

from rollcall.host.postgres import stop_database


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every user can reach: pytest's own is closed to PostgreSQL's under root."""
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def machine(directory: Path) -> Iterator[Machine]:
    machine = Machine(home=directory / "home", shelter=directory / "shelter")
    yield machine
    if machine.home.is_dir():
        stop_database(machine.environment, force=True, shelter=machine.shelter)
