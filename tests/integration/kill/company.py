"""A tenant of the program whose runs take some seconds, to be killed again and again."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import make_conninfo

from rollcall.host.cluster import find_cluster
from rollcall.host.postgres import stop_database
from rollcall.host.postmaster import Postmaster, find_postmaster
from tests.integration.commands.program import Program
from tests.simulator.control import Directory, Simulator
from tests.sites import Tables, read_tables

SLUG = "contoso"
SPEC = "people:60:8,folders=1,photos=0.7"
PAGE = 10
"""People on a page: the first reading has seven pages of them."""

SLOW = {"directory_latency_ms": 150, "outlook_latency_ms": 120}
QUICK = {"directory_latency_ms": 0, "outlook_latency_ms": 0}
PAGES = {"users_page_size": PAGE, "users_page_size_follows_prefer": False}


@dataclass(frozen=True)
class Company:
    """The program, its tenant before the first run (`pristine`), and the directory."""

    program: Program
    simulator: Simulator
    directory: Directory
    pristine: Path

    def begin_anew(self) -> None:
        """Put the home back to what it was before the first run, and make Microsoft slow."""
        stop_database(self.program.environment, force=True)
        shutil.rmtree(self.program.home)
        copy_home(self.pristine, self.program.home)
        self.simulator.set(**SLOW, **PAGES)

    def run_quickly(self, *options: str) -> dict[str, Any]:
        """Run a sync without any delay; it must end applied."""
        self.simulator.set(**QUICK)
        run: dict[str, Any] = self.program.asked("sync", "run", SLUG, *options)
        assert run["state"] == "applied", run
        return run

    def tables(self) -> Tables:
        """Return the contents of all product tables."""
        with self.program.database() as conninfo:
            return read_tables(conninfo)

    def server(self) -> Postmaster | None:
        """Return the database server, if one is running and ready."""
        cluster = find_cluster(self.program.home)
        found = find_postmaster(cluster.data) if cluster else None
        return found if found and found.is_ready else None

    def address(self) -> str:
        """Return the address of the database that is running just now."""
        found = self.server()
        assert found is not None
        return make_conninfo(host=str(found.socket_directory), user="rollcall", dbname="rollcall")


def copy_home(source: Path, target: Path) -> None:
    """Copy a home whose database is stopped, owners included."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
