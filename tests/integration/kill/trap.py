"""A trap in the database: whoever writes the nth row of a table waits there, inside the writing.

A trigger counts the rows and at the nth one asks for an advisory lock that the test holds, so that
the statement stops between two rows. The test sees in pg_locks that somebody waits, and can kill
the process in the middle of its transaction, at a row of its choice and without looking at a clock.
Then it lets go of the lock: what the server does with a transaction whose client is dead is its
own affair, as it would be without a trap.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tests.integration.host.machine import wait_until

KEY = 4711

SET = """
    CREATE SEQUENCE trap_rows;
    CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('public.trap_rows') = {row} THEN PERFORM pg_advisory_lock({key}); END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER trap BEFORE INSERT OR UPDATE ON {table}
        FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION trap();
"""
CLEAR = "DROP TRIGGER trap ON {table}; DROP FUNCTION trap(); DROP SEQUENCE trap_rows"
CAUGHT = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"


@dataclass(frozen=True)
class Trap:
    """Where the trap is: at the nth row of a table that meets a condition (of NEW)."""

    table: str
    row: int
    condition: str = "true"

    @property
    def name(self) -> str:
        """The trap in the name of a test."""
        return f"row {self.row} of {self.table} where {self.condition}"

    @contextmanager
    def set(self, conninfo: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        """Have the trap set; whoever is in it goes on when the block ends."""
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(self._text(SET))
            connection.execute("SELECT pg_advisory_lock(%s)", [KEY])
            try:
                yield connection
            finally:
                connection.execute("SELECT pg_advisory_unlock(%s)", [KEY])
                connection.execute(self._text(CLEAR))

    def _text(self, statement: str) -> bytes:
        return statement.format(
            table=self.table, row=self.row, condition=self.condition, key=KEY
        ).encode()


def await_catch(connection: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Wait until somebody is in the trap."""

    def caught() -> bool:
        row = connection.execute(CAUGHT, [KEY]).fetchone()
        return row is not None and row[0] == 1

    wait_until(caught, seconds=60)
