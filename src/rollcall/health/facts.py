"""What /metrics tells of, as it stands in the database: read as the role of the whole system."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import psycopg
from psycopg.rows import dict_row

from rollcall.fleet.queries import ALIVE
from rollcall.health.database import SYSTEM_ROLE, short_transaction
from rollcall.health.statements import load_statements

STATEMENT_SECONDS = 5
FRESH = timedelta(seconds=60)
"""What a switch said of itself longer ago is not told."""

T = TypeVar("T", bound=msgspec.Struct)


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What runs that one thing began and that ended in one state add up to."""

    trigger: str
    state: str
    runs: int
    seconds: float
    requests: int
    items: int
    throttled_seconds: float
    within: tuple[int, ...]


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """Runs that wait and runs that go on."""

    queued: int
    running: int
    oldest_seconds: float


class Mails(msgspec.Struct, frozen=True, kw_only=True):
    """Mails that are not sent."""

    waiting: int
    failed: int
    oldest_seconds: float


class Processes(msgspec.Struct, frozen=True, kw_only=True):
    """The living processes of one kind."""

    kind: str
    alive: int
    slots: int
    load: int


class TenantCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many tenants are in one state."""

    state: str
    tenants: int


class IntegrationFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's integration.

    `active` is its tenant. `certificate_ends` is that of the key pair in use; until one is, of the
    newest that waits for it: a new one that nobody uploaded keeps no sync going.
    """

    slug: str
    active: bool
    paused: bool
    next_at: datetime | None
    succeeded_at: datetime | None
    people: int
    attempts: int
    run_state: str | None
    certificate_ends: datetime | None

    @property
    def awake(self) -> bool:
        """Whether the schedule runs it."""
        return self.active and not self.paused

    @property
    def failed(self) -> bool:
        """Whether its newest run failed, or those before the next one are tried again."""
        return self.run_state == "failed" or self.attempts > 0

    @property
    def held(self) -> bool:
        """Whether a plan waits for somebody's word."""
        return self.run_state == "held"


class SwitchNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number that the switch says of itself."""

    name: str
    value: int


class TrunkCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many trunks are in one state."""

    state: str
    trunks: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, at one moment by the database's clock."""

    now: datetime
    database_bytes: int | None
    tallies: tuple[Tally, ...]
    queue: Queue
    mails: Mails
    processes: tuple[Processes, ...]
    tenants: tuple[TenantCount, ...]
    integrations: tuple[IntegrationFacts, ...]
    switch: tuple[SwitchNumber, ...] = ()
    trunks: tuple[TrunkCount, ...] = ()


def read_facts(conninfo: str) -> Facts:
    """Ask the database. Raises psycopg.Error."""
    with short_transaction(conninfo, seconds=STATEMENT_SECONDS, role=SYSTEM_ROLE) as connection:
        # Else PostgreSQL sorts all runs of a tenant to find the newest: it takes the conditions for
        # rarer than they are. Along the index of tenant and id it is the first.
        connection.execute("SET LOCAL enable_sort = off")
        (size,) = _ask(connection, "size")
        (queue,) = _ask(connection, "queue")
        (mails,) = _ask(connection, "mails")
        return Facts(
            now=size["now"],
            database_bytes=size["bytes"],
            tallies=_rows(connection, "tallies", Tally),
            queue=msgspec.convert(queue, Queue),
            mails=msgspec.convert(mails, Mails),
            processes=_rows(connection, "processes", Processes, {"alive": ALIVE}),
            tenants=_rows(connection, "tenants", TenantCount),
            integrations=_rows(connection, "integrations", IntegrationFacts),
            switch=_rows(connection, "switch", SwitchNumber, {"fresh": FRESH}),
            trunks=_rows(connection, "trunks", TrunkCount),
        )


def _rows(
    connection: psycopg.Connection,
    name: str,
    kind: type[T],
    values: Mapping[str, Any] | None = None,
) -> tuple[T, ...]:
    return tuple(msgspec.convert(row, kind) for row in _ask(connection, name, values))


def _ask(
    connection: psycopg.Connection, name: str, values: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(load_statements("facts.sql")[name], values).fetchall()
