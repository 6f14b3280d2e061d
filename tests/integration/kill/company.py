"""A tenant of the program whose runs take some seconds, to be killed again and again."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from rollcall.host.cluster import find_cluster
from rollcall.host.postgres import stop_database
from rollcall.host.postmaster import Postmaster, find_postmaster
from tests.integration.commands.program import Program
from tests.integration.kill.trap import Trap, await_catch
from tests.simulator.control import Directory, Simulator
from tests.sites import Tables, read_tables

SLUG = "contoso"
SPEC = "people:130:4,folders=1,photos=0.5"
"""More mailboxes than one transaction holds."""

PAGE = 20
"""People on a page: the first reading has seven pages of them."""

SLOW = {"directory_latency_ms": 120, "outlook_latency_ms": 70}
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

    def runs(self) -> list[tuple[str, str]]:
        """Return the state of each run, and the code of its error, the oldest first."""
        return self.rows(
            "SELECT state, coalesce(error->>'code', '') FROM integrations_syncrun ORDER BY id"
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query of the program's database."""
        with self.program.database() as conninfo, psycopg.connect(conninfo) as connection:
            return connection.execute(query.encode()).fetchall()

    def server(self) -> Postmaster | None:
        """Return the database server, if one is running, ready or not."""
        cluster = find_cluster(self.program.home)
        return find_postmaster(cluster.data) if cluster else None

    @contextmanager
    def caught(self, trap: Trap) -> Iterator["subprocess.Popen[str]"]:
        """Have a run that is held inside its writing, at the row of the trap, while it is open."""
        self.simulator.set(**QUICK)
        with (
            self.program.database() as conninfo,
            trap.set(conninfo) as connection,
            self.program.start("sync", "run", SLUG) as process,
        ):
            await_catch(connection)
            yield process


def copy_home(source: Path, target: Path) -> None:
    """Copy a home whose database is stopped, owners included."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
