"""A trap in the database: whoever writes the nth row of a table waits there, inside the writing.

So a process can be killed in the middle of a transaction, at a row of the test's choice.
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
