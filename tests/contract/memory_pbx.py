"""The PBX in memory, as a PBX under test."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

from rollcall.core.errors import OutdatedError
from rollcall.core.plan import ExtensionState, UserPlan
from rollcall.core.policy import ListLine
from rollcall.core.report import RunReport, RunState
from tests.contract.pbx import SeenRecord, SeenSeat
from tests.fakes.store import MemoryPbx, MemoryStore

T = TypeVar("T")
PASSING = {"fence", "last_id", "changes", "held", "superseded"}
"""What a run may leave behind though it changes nothing."""


@dataclass(frozen=True)
class MemoryRun:
    """A run on the PBX in memory."""

    run_id: int
    store: MemoryStore
    runner: asyncio.Runner

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do a piece of asynchronous work to its end."""
        return self.runner.run(work)

    def finish(self, report: RunReport, plan: UserPlan, *, now: datetime) -> None:
        """There is no row to keep the report in."""

    def fail(self, *, now: datetime) -> None:
        """There is no row to note it in."""


class SeenMemoryPbx(MemoryPbx):
    """A PBX in memory that can be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self._last_run = 0

    @contextmanager
    def open_run(
        self, *, now: datetime, dry_run: bool = False, full: bool = False
    ) -> Iterator[MemoryRun]:
        """Begin a run."""
        self._last_run += 1
        yield MemoryRun(self._last_run, self.open_store(self._last_run), self.runner)

    def approve(self, run_id: int, *, policy: bytes, now: datetime) -> RunState:
        """Carry out what a run holds."""
        if run_id in self.rows.superseded:
            return RunState.SUPERSEDED
        store = self.open_store(run_id)
        try:
            self.runner.run(store.apply_held(policy=policy, now=now))
        except OutdatedError:
            return RunState.SUPERSEDED
        return RunState.APPLIED

    def discard(self, run_id: int) -> None:
        """Close what a run holds."""
        self.rows.held.pop(run_id, None)

    def set_people(self, lines: Sequence[ListLine]) -> None:
        """Set the list of people."""
        self.rows.lists = {("people", each.line): each.source_id for each in lines}

    def people_list(self) -> tuple[ListLine, ...]:
        """Return the list of people."""
        return tuple(
            ListLine(line=line, source_id=source_id)
            for (subject, line), source_id in self.rows.lists.items()
            if subject == "people"
        )

    def seats(self) -> dict[str, SeenSeat]:
        """Return the directory people's extensions by object."""
        return {
            row.object_id: SeenSeat(
                number=row.number,
                state=row.state.value,
                deleted=row.deleted_at is not None,
                blocked_at=row.blocked_at if row.state is not ExtensionState.ACTIVE else None,
                profile=row.profile,
            )
            for row in self.rows.extensions.values()
            if row.object_id is not None
        }

    def locals(self) -> dict[int, str]:
        """Return the mail addresses of hand-made extensions by number."""
        return {
            row.number: row.profile.email
            for row in self.rows.extensions.values()
            if row.object_id is None
        }

    def refusals(self) -> dict[str, str]:
        """Return the refusals in force."""
        return {source_id: row.reason.value for source_id, row in self.rows.refusals.items()}

    def memory(self) -> dict[str, SeenRecord]:
        """Return what is remembered of the directory's objects."""
        return {
            source_id: SeenRecord(row.record, bool(row.removed), bool(row.unreadable))
            for source_id, row in self.rows.records.items()
        }

    def contents(self) -> str:
        """Return everything that a run can change, as text."""
        names = [each.name for each in fields(self.rows) if each.name not in PASSING]
        return "\n".join(f"{name}: {getattr(self.rows, name)!r}" for name in names)

    def close(self) -> None:
        """Close the event loop."""
        self.runner.close()
