"""An administrator's office: one home with a running database, tenants of one's own, a shell.

The shell runs commands in this process, which is quick; `program` runs them as they really are.
"""

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import click
import psycopg
import structlog
from django.db import connections

from rollcall.cli.program import cli
from rollcall.wiring.machine import Machine
from tests.databases import point_django
from tests.integration.commands.program import Ended, Program
from tests.simulator.control import Directory, Simulator
from tests.sites import Site, make_site


@dataclass(frozen=True)
class Office:
    """A home whose database runs at `conninfo`, and the simulator that it knows as a cloud."""

    program: Program
    conninfo: str
    simulator: Simulator
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def new_site(self, directory: Directory | str, **values: Any) -> Site:
        """Make a tenant with a slug of its own, connected to a directory."""
        point_django(self.conninfo)
        machine = Machine(self.program.environment, self.conninfo)
        slug = f"tenant{next(self._numbers)}"
        return make_site(machine, self.simulator, directory, slug=slug, **values)

    def run(self, *words: object) -> Ended:
        """Run a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        connections.close_all()  # a new program has none
        with _at_home(self.program.home), redirect_stdout(out), redirect_stderr(err):
            code = _run([str(word) for word in words])
        point_django(self.conninfo)
        return Ended(code, out.getvalue(), err.getvalue())

    def done(self, *words: object) -> Ended:
        """Run a command that must end well."""
        ended = self.run(*words)
        assert ended.code == 0, (words, ended)
        return ended

    def asked(self, *words: object) -> Any:
        """Run a command that must end well, with --json; return what it printed."""
        return self.done(*words, "--json").json()

    def refused(self, *words: object) -> str:
        """Run a command that must fail; return its sentence."""
        ended = self.run(*words)
        assert ended.code == 1, (words, ended)
        return ended.err

    def contents(self) -> dict[str, str]:
        """Return a digest of each table, to see whether anything changed."""
        with psycopg.connect(self.conninfo) as connection:
            tables = connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            return {name: _digest(connection, name) for (name,) in tables}


def _digest(connection: "psycopg.Connection[tuple[Any, ...]]", table: str) -> str:
    text = "coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')"
    row = connection.execute(f"SELECT {text} FROM {table} t".encode()).fetchone()
    assert row is not None
    return str(row[0])


def _run(words: list[str]) -> int:
    try:
        code = cli.main(args=words, prog_name="rollcall", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return code if isinstance(code, int) else 0


@contextmanager
def _at_home(home: Path) -> Iterator[None]:
    """Be an administrator's shell for a while: its variable, and the program's log."""
    os.environ["ROLLCALL_HOME"] = str(home)
    try:
        yield
    finally:
        del os.environ["ROLLCALL_HOME"]
        logger = logging.getLogger("rollcall")
        for handler in logger.handlers[:]:
            logger.removeHandler(handler)
            handler.close()
        logger.propagate = True
        structlog.reset_defaults()
