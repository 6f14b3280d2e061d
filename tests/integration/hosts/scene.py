"""A scene: a database, two hosts that work on its tenants, and a twin that nothing happens to."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.integration.faults.outcomes import assert_same
from tests.integration.hosts import ledger
from tests.integration.hosts.company import SLUGS, Company
from tests.integration.hosts.hosts import Host
from tests.sites import read_tables

SECONDS = 90
LOOK_EVERY = 0.05
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
        self._await(lambda: "web" not in self.two.processes or self.two.ready())

    def ask(self) -> None:
        """Let it be time for every tenant's nightly run."""
        self._known = {run for (run,) in self.rows(ledger.RUNS)}
        self.rows(ledger.LET_BE_DUE)

    def await_work(self, host: Host) -> Collection[int]:
        """Wait until a host is in the middle of runs; return those that it has in hand."""
        pid = str(host.pid("worker"))
        self._await(lambda: bool(self.rows(ledger.IN_THE_MIDDLE, pid)))
        return {run for (run,) in self.rows(ledger.IN_HAND, pid)}

    def await_work_everywhere(self) -> Collection[int]:
        """Wait until both hosts are in the middle of runs; return all that are in hand."""
        return {*self.await_work(self.one), *self.await_work(self.two)}

    def await_return(self, *hosts: Host) -> None:
        """Let days pass, and check each, until each of these hosts has taken a run of the same one.

        A worker that was away asks for the queue anew every few seconds, and the other one may be
        through with a whole day by then.
        """
        expected = {str(host.pid("worker")) for host in hosts}
        give_up_at = time.monotonic() + SECONDS
        taken: set[str] = set()
        while not expected <= taken:
            assert time.monotonic() < give_up_at, self._describe()
            self.company.let_a_day_pass()
            self.ask()
            self.await_end()
            self.check()
            taken = {pid for (pid,) in self.rows(ledger.WORKERS, max(self._known, default=0))}

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
        times = self.rows(ledger.RECOVERIES, since, since, list(runs))
        assert {run for run, _, _ in times} == set(runs), (runs, times)
        begun = [begun for _, begun, _ in times if begun is not None]
        assert not begun or max(begun) < TAKEOVER_SECONDS
        gone_on = f"{len(begun)} taken over, the last after {max(begun):.1f} s" if begun else "kept"
        ended = max(ended for _, _, ended in times)
        self.figures.append(f"{what}: {len(runs)} runs, {gone_on}; applied after {ended:.1f} s")

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

    def _await(self, condition: Callable[[], bool]) -> None:
        give_up_at = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < give_up_at, self._describe()
            time.sleep(LOOK_EVERY)

    def _describe(self) -> str:
        """Return what there is to see, for whoever reads why a scene failed."""
        lines = [str(row) for query in ledger.LOOKS for row in self.rows(query)]
        for host in (self.one, self.two):
            lines += [f"{host.name} {part}: {host.last_said(part)}" for part in host.processes]
        return "\n".join(["waited in vain", *lines])
