"""A PBX under test: what people do to it by hand, what a run is given, what can be seen of it."""

from collections.abc import Coroutine, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from rollcall.core.plan import Profile, UserPlan
from rollcall.core.policy import ListLine
from rollcall.core.records import UserRecord
from rollcall.core.report import RunReport, RunState
from tests.fakes.store import HoldingStore

T = TypeVar("T")


class SeenSeat(msgspec.Struct, frozen=True):
    """A directory person's extension."""

    number: int
    state: str
    deleted: bool
    blocked_at: datetime | None
    profile: Profile


class SeenRecord(msgspec.Struct, frozen=True):
    """What is remembered of an object of the directory."""

    record: UserRecord | None
    removed: bool
    unreadable: bool


class OpenRun(Protocol):
    """A run that has begun: its store, and how it ends."""

    @property
    def run_id(self) -> int:
        """The run's id."""

    @property
    def store(self) -> HoldingStore:
        """The store that this run was given."""

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do a piece of asynchronous work to its end."""

    def finish(self, report: RunReport, plan: UserPlan, *, now: datetime) -> None:
        """Keep the run's report."""

    def fail(self, *, now: datetime) -> None:
        """Note that the run died."""


class Pbx(Protocol):
    """One tenant's PBX."""

    def open_run(
        self, *, now: datetime, dry_run: bool = False, full: bool = False
    ) -> AbstractContextManager[OpenRun]:
        """Begin a run: no earlier one can write any more."""

    def approve(self, run_id: int, *, policy: bytes, now: datetime) -> RunState:
        """Carry out what a run holds; return applied or superseded."""

    def discard(self, run_id: int) -> None:
        """Close what a run holds."""

    # by hand

    def add_local(self, number: int, profile: Profile) -> None: ...

    def change_number(self, number: int, new_number: int) -> None: ...

    def delete_extension(self, number: int, *, now: datetime) -> None: ...

    def link_person(self, object_id: str, number: int) -> None: ...

    def separate_person(self, object_id: str) -> None: ...

    def keep_number(self, line: str, number: int, object_id: str | None = None) -> None:
        """Keep a number for whom `line` means; the object id says who that is by now."""

    def set_people(self, lines: Sequence[ListLine]) -> None:
        """Set the list of people."""

    # seen

    def people_list(self) -> tuple[ListLine, ...]:
        """Return the list of people with what its lines were bound to."""

    def seats(self) -> dict[str, SeenSeat]:
        """Return the directory people's extensions by object."""

    def locals(self) -> dict[int, str]:
        """Return the mail addresses of hand-made extensions by number."""

    def refusals(self) -> dict[str, str]:
        """Return the reasons of the refusals in force by object."""

    def memory(self) -> dict[str, SeenRecord]:
        """Return what is remembered of the directory's objects."""

    def contents(self) -> str:
        """Return everything that a run can change, row versions included, as text."""

    def close(self) -> None:
        """Let go of what the PBX holds open."""
