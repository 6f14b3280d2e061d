"""Homes whose database nobody holds between two commands, so that a backup can be restored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections

from tests.databases import point_django
from tests.integration.commands.office import Office
from tests.integration.commands.program import Ended, Program
from tests.simulator.control import Simulator
from tests.sites import Site, Tables, read_tables

SERVER = "postgres"


@dataclass(frozen=True)
class Home:
    """A home with a database of its own, which runs as long as a command does."""

    program: Program
    simulator: Simulator

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.program.home

    @property
    def key_file(self) -> Path:
        """Where its keys are."""
        return self.program.environment.encryption_key_file

    def run(self, *words: object) -> Ended:
        """Run a command in this process."""
        ended = Office(self.program, f"dbname={SERVER}", self.simulator).run(*words)
        connections.close_all()
        return ended

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

    @contextmanager
    def database(self) -> Iterator[str]:
        """Have the database, with Django connected to it."""
        with self.program.database() as conninfo:
            point_django(conninfo)
            yield conninfo
            connections.close_all()

    def tables(self) -> Tables:
        """Return the contents of all product tables."""
        with self.program.database() as conninfo:
            return read_tables(conninfo)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self.program.database() as conninfo:
            return rows(conninfo, query)


@dataclass(frozen=True)
class Company:
    """A synchronised company, a backup of it, and its tables at that moment."""

    office: Office
    site: Site
    backup: Path
    tables: Tables

    @property
    def slug(self) -> str:
        """The tenant's short name."""
        return self.site.slug

    @property
    def key_file(self) -> Path:
        """Where its keys are."""
        return self.office.program.environment.encryption_key_file


def rows(conninfo: str, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute(query.encode()).fetchall()


def tell(conninfo: str, *statements: str) -> None:
    """Execute statements."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
