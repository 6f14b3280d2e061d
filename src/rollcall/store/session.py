"""One run's connections to PostgreSQL: reads on one, fenced transactions on the other.

The reading connection also holds the run's advisory lock, so a run whose process died is known to
be dead at once: the server lets go of the lock when the connection ends.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString

import msgspec
import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import TupleRow

from rollcall.core.errors import FencedError, TransientError
from rollcall.store.sql import load_statements

Row = TupleRow
Parameters = Mapping[str, object]

LOCK_CLASS = 0x526F6C6C
"""First half of the advisory lock of a run (“Roll”); the second half is the integration's id."""

_RUNS = load_statements("runs.sql")


class RunScope(msgspec.Struct, frozen=True):
    """Whose rows a run may touch, and the fence that says it is still its turn."""

    tenant_id: int
    integration_id: int
    run_id: int
    fence: int


class Session:
    """Two connections and a scope. Every statement gets the scope's ids as parameters."""

    def __init__(self, reader: AsyncConnection, writer: AsyncConnection, scope: RunScope) -> None:
        self.scope = scope
        self._reader = reader
        self._writer = writer
        self._ids = {
            "tenant": scope.tenant_id,
            "integration": scope.integration_id,
            "run": scope.run_id,
            "fence": scope.fence,
        }

    def parameters(self, given: Parameters | None = None) -> dict[str, object]:
        """Return `given` with the ids of the scope."""
        return {**self._ids, **(given or {})}

    async def fetch(self, statement: LiteralString, given: Parameters | None = None) -> list[Row]:
        """Return all rows of a query."""
        with translated_errors():
            cursor = await self._reader.execute(statement, self.parameters(given))
            return await cursor.fetchall()

    async def fetch_one(self, statement: LiteralString, given: Parameters | None = None) -> Row:
        """Return the only row of a query."""
        (row,) = await self.fetch(statement, given)
        return row

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Transaction"]:
        """Open a transaction of this run; raise FencedError if it is another run's turn."""
        with translated_errors():
            async with self._writer.transaction(), self._writer.cursor() as cursor:
                await cursor.execute(_RUNS["check_fence"], self._ids)
                if await cursor.fetchone() is None:
                    raise FencedError("Another worker has taken over this run.")
                yield Transaction(self, cursor)

    async def save_progress(
        self, progress: Mapping[str, object], usage: Parameters, *, photos_until: str = ""
    ) -> bool:
        """Keep how far the run has come; return whether somebody asked to cancel it."""
        text = msgspec.json.encode(progress).decode()
        given = {"progress": text, "photos_until": photos_until, **usage}
        rows = await self.fetch(_RUNS["save_progress"], given)
        if not rows:
            raise FencedError("Another worker has taken over this run.")
        return bool(rows[0][0])


class Transaction:
    """What may be done inside a fenced transaction."""

    def __init__(self, session: Session, cursor: AsyncCursor) -> None:
        self._session = session
        self._cursor = cursor

    async def run(self, statement: LiteralString, given: Parameters | None = None) -> int:
        """Run a statement; return how many rows it touched."""
        await self._cursor.execute(statement, self._session.parameters(given))
        return self._cursor.rowcount

    async def fetch(self, statement: LiteralString, given: Parameters | None = None) -> list[Row]:
        """Run a statement; return its rows."""
        await self._cursor.execute(statement, self._session.parameters(given))
        return await self._cursor.fetchall()

    async def run_many(self, statement: LiteralString, rows: Iterable[Parameters]) -> None:
        """Run a statement for each of `rows`."""
        await self._cursor.executemany(statement, [self._session.parameters(row) for row in rows])

    async def copy(self, statement: LiteralString, rows: Iterable[Sequence[Any]]) -> None:
        """Run a COPY … FROM STDIN with `rows`."""
        async with self._cursor.copy(statement) as copy:
            for row in rows:
                await copy.write_row(row)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what PostgreSQL says of the machine into sentences."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise TransientError(
            "The disk of the database is full. Nothing is lost; make room and run again.",
            code="disk-full",
        ) from error
    except psycopg.OperationalError as error:
        raise TransientError(
            "The database does not answer. What was committed stays; run again when it is back.",
            code="database-gone",
        ) from error
