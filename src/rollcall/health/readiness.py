"""Whether this machine can do its work: /readyz. The database is asked at most twice a second."""

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Final

import msgspec
import psycopg
from django.db.migrations.loader import MigrationLoader

from rollcall.fleet.queries import ALIVE
from rollcall.health.database import short_transaction
from rollcall.health.statements import load_statements

STATEMENT_SECONDS: Final = 2
FRESH_SECONDS: Final = 0.5
RECENT_SECONDS: Final = 15.0
WORK: Final = ("scheduler", "worker")


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at. Where `needed`, it decides whether all is ready."""

    ok: bool
    needed: bool
    message: str


class Readiness(msgspec.Struct, frozen=True):
    """What /readyz says."""

    ready: bool
    checks: dict[str, Check]


def read_readiness(conninfo: str) -> Readiness:
    """Ask the database how it is."""
    try:
        with short_transaction(conninfo, seconds=STATEMENT_SECONDS) as connection:
            rows = connection.execute(load_statements("facts.sql")["migrations"]).fetchall()
            missing = known_migrations() - {(app, name) for app, name in rows}
            if missing:
                return judge(missing=len(missing), alive=None)
            found = connection.execute(
                load_statements("facts.sql")["processes"], {"alive": ALIVE}
            ).fetchall()
    except psycopg.Error:
        return judge(missing=None, alive=None)
    return judge(missing=0, alive={kind: alive for kind, alive, *_ in found})


def judge(*, missing: int | None, alive: dict[str, int] | None) -> Readiness:
    """Return what follows from the number of missing migrations and of living processes.

    None means that the database did not say.
    """
    checks = {"database": _database(missing), "tables": _tables(missing)}
    checks.update({kind: _alive(alive, kind) for kind in WORK})
    return Readiness(all(check.ok for check in checks.values() if check.needed), checks)


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations that this program needs."""
    return frozenset(MigrationLoader(None).disk_migrations)


class RecentReadiness:
    """The answer, kept for a moment; one thread asks the database, and others need not wait."""

    def __init__(self, *, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._asking = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def read(self, ask: Callable[[], Readiness]) -> Readiness:
        """Return what is known, or ask."""
        if fresh := self._known(FRESH_SECONDS):
            return fresh
        recent = self._known(RECENT_SECONDS)
        if not self._asking.acquire(blocking=recent is None):
            return recent or ask()  # never the second: without a recent answer we have the lock
        try:
            answer = self._known(FRESH_SECONDS) or ask()
            self._last = (self._steady(), answer)
            return answer
        finally:
            self._asking.release()

    def _known(self, seconds: float) -> Readiness | None:
        if self._last is None or self._steady() - self._last[0] >= seconds:
            return None
        return self._last[1]


def _database(missing: int | None) -> Check:
    answers = missing is not None
    return Check(answers, True, "It answers." if answers else "It does not answer.")


def _tables(missing: int | None) -> Check:
    if missing is None:
        return Check(False, True, "Not known: the database does not answer.")
    if missing:
        return Check(False, True, f"{missing} migrations are missing.")
    return Check(True, True, "They are up to date.")


def _alive(alive: dict[str, int] | None, kind: str) -> Check:
    if alive is None:
        return Check(False, False, "Not known.")
    count = alive.get(kind, 0)
    return Check(count > 0, False, f"{count} alive." if count else "None is alive.")
