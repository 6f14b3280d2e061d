"""A scene: a database, two hosts that work on its tenants, and a twin that nothing happens to."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.integration.hosts import ledger
from tests.integration.hosts.company import SLUGS, Company
from tests.integration.hosts.hosts import Host
from tests.sites import read_tables

SECONDS = 90
TAKEOVER_SECONDS = 60
"""So soon at the latest another worker goes on with a run."""


@dataclass
class Scene:
    """What is on stage. `figures` is where it is noted how long things took."""

    company: Company
    database: str
    twin: str
    one: Host
    two: Host
    figures: list[str]
    _known: set[int] = field(default_factory=set)

    def rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query. The connection is new each time: the server may be."""
        address = self.company.server.here(self.database)
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(query.encode(), given or None)
            return cursor.fetchall() if cursor.description else []

    def await_parts(self) -> None:
        """Wait until all parts have said that they are there, and all tenants have a schedule."""
        parts = sum(len(host.processes) for host in (self.one, self.two))
        self._await(lambda: self.rows(ledger.PRESENT) == [(parts, len(SLUGS))])

    def ask(self) -> None:
        """Let it be time for every tenant's nightly run."""
        self._known = {run for (run,) in self.rows(ledger.RUNS)}
        self.rows(ledger.LET_BE_DUE)

    def await_work(self, host: Host) -> Collection[int]:
        """Wait until a host is in the middle of runs; return those that it has in hand."""
        pid = str(host.pid("worker"))
        self._await(lambda: bool(self.rows(ledger.IN_THE_MIDDLE, pid)))
        return {run for (run,) in self.rows(ledger.IN_HAND, pid)}

    def await_end(self) -> None:
        """Wait until every tenant's runs have ended, the last one applied.

        One that failed by what passes comes again by the schedule, in minutes: here at once.
        """

        def ended() -> bool:
            self.rows(ledger.BRING_RETRIES_FORWARD)
            last = self.rows(ledger.LAST_RUNS)
            fresh = [run for run, _ in last if run not in self._known]
            return len(fresh) == len(SLUGS) and {state for _, state in last} == {"applied"}

        self._await(ended)

    def note(self, what: str, runs: Collection[int], since: float) -> None:
        """Wait for the end, and note how soon others went on with `runs` and were through."""
        self.await_end()
        times = self.rows(ledger.TAKEOVERS, since, since, list(runs))
        assert {run for run, _, _ in times} == set(runs), (runs, times)
        begun, ended = max(each[1] for each in times), max(each[2] for each in times)
        assert begun < TAKEOVER_SECONDS
        self.figures.append(
            f"{what}: {len(runs)} runs, taken over within {begun:.1f} s, "
            f"their tenants applied within {ended:.1f} s"
        )

    def check(self) -> None:
        """Everybody is alive, each run had its turn alone, and all is as with the twin."""
        self.await_parts()
        for query in ledger.NEVER:
            assert self.rows(query) == [], query
        self.company.sync_quickly(self.twin)
        twin = self.company.server.here(self.twin)
        assert_same(read_tables(self.company.server.here(self.database)), read_tables(twin))
        with psycopg.connect(twin) as connection:
            assert self.rows(ledger.VERSIONS) == connection.execute(ledger.VERSIONS).fetchall()
        for host in (self.one, self.two):
            for part in host.processes:
                assert host.lives(part), (host.name, part)
                host.check_log(part)

    def _await(self, condition: Any) -> None:
        wait_until(condition, seconds=SECONDS)
