"""A tenant before its first run, a place to try that on a small disk, and what it comes to."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.db import connections

from tests.databases import point_django
from tests.integration.commands.program import Program, cloud_settings
from tests.integration.nights.plant import Plant
from tests.ports import free_port
from tests.simulator.control import Simulator
from tests.sites import Tables, read_tables

SPEC = "people:1000:20,folders=1,photos=0.1,name=contoso"
SLUG = "contoso"


@dataclass(frozen=True)
class Shop:
    """A directory with a home that holds a tenant, connected and never synchronised."""

    directory: Path
    simulator: Simulator

    @property
    def pristine(self) -> Path:
        """The home as it is before the first run. Its database is stopped."""
        return self.directory / "pristine"

    def copy(self, name: str) -> Program:
        """Return the program with a copy of the home, whose place may be a mount already."""
        home = self.directory / name
        home.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", f"{self.pristine}/.", str(home)], check=True)
        return Program(home)

    def plant(self, program: Program, conninfo: str) -> Plant:
        """Return the same as a plant, on which a service can run."""
        point_django(conninfo)
        return Plant(program, self.simulator, conninfo)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A simulator, and a tenant that has a directory there."""
    # pytest's own directories are closed to the user that PostgreSQL runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    directory.chmod(0o755)
    try:
        with Simulator.started(directory / "m365sim") as simulator:
            shop = Shop(directory, simulator)
            _found(shop)
            yield shop
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def undisturbed(shop: Shop) -> Tables:
    """What the first run comes to where there is room."""
    program = shop.copy("undisturbed")
    program.done("sync", "run", SLUG)
    with program.database() as conninfo:
        return read_tables(conninfo)


def _found(shop: Shop) -> None:
    shop.pristine.mkdir()
    listen = f'listen = "127.0.0.1:{free_port()}"\n'
    (shop.pristine / "rollcall.toml").write_text(listen + cloud_settings(shop.simulator))
    program = Program(shop.pristine)
    with program.database() as conninfo:
        program.done("doctor")
        plant = shop.plant(program, conninfo)
        plant.found_firms([SPEC], photos=True, personal_contacts=True, company_contacts=True)
        connections.close_all()
