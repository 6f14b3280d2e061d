"""States of a tenant that tests begin with: databases made once and copied for each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.databases import point_django

EMPTY = "template"
"""The database with nothing but the tables, which the integration tests' server has."""

_numbers = count(1)


@dataclass(frozen=True)
class Databases:
    """The databases of one server."""

    server: str

    @contextmanager
    def copied(self, template: str = EMPTY) -> Iterator[str]:
        """Copy a database; Django is connected to the copy until it goes."""
        name = f"faults_{next(_numbers)}"
        self._tell(f"CREATE DATABASE {name} TEMPLATE {template}")
        conninfo = make_conninfo(self.server, dbname=name)
        point_django(conninfo)
        try:
            yield conninfo
        finally:
            connections.close_all()
            self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    def keep(self, conninfo: str) -> str:
        """Copy a database as it is now, to begin with later; return the copy's name."""
        connections.close_all()
        name = f"state_{next(_numbers)}"
        self._tell(f"CREATE DATABASE {name} TEMPLATE {conninfo_to_dict(conninfo)['dbname']}")
        return name

    def _tell(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())
