"""A tenant of the real PostgreSQL store, as a PBX under test."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, LiteralString, TypeVar

import msgspec
import psycopg
from psycopg.rows import TupleRow

from rollcall.core.errors import OutdatedError, SetupError
from rollcall.core.plan import PROFILE_FIELDS, Profile, UserPlan
from rollcall.core.policy import ListLine, Mode, Stage
from rollcall.core.records import SourceId, UserRecord
from rollcall.core.report import RunReport, RunState
from rollcall.integrations import import_operations, people_operations, run_operations
from rollcall.integrations.operations import Connection, NewList, change_integration
from rollcall.integrations.queries import IntegrationView, get_integration
from rollcall.integrations.recovery import INTERRUPTED
from rollcall.store.claims import begin_run, raise_fence
from rollcall.store.postgres import PostgresStore
from rollcall.store.session import Session
from rollcall.telephony import operations as telephony
from rollcall.tenants.operations import add_tenant
from tests.contract.pbx import SeenRecord, SeenSeat

T = TypeVar("T")
ACTOR = "test"
STAGES = (Stage.USERS,)
_numbers = count(1)
_records = msgspec.json.Decoder(UserRecord)

CONTENTS: tuple[LiteralString, ...] = (
    "SELECT xmin::text, * FROM telephony_extension WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM telephony_photo WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_directoryrecord WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_refusal WHERE tenant_id = %s AND until_run IS NULL",
    "SELECT xmin::text, * FROM integrations_linkdecision WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_numberassignment WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_listentry WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_reading WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM integrations_stagedpage WHERE tenant_id = %s",
    (
        "SELECT users_cursor, users_shape, users_policy, purposes_refused_at "
        "FROM integrations_integration WHERE tenant_id = %s"
    ),
    "SELECT xmin::text, * FROM phonebook_addressbook WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM phonebook_bookfolder WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM phonebook_contact WHERE tenant_id = %s",
    "SELECT xmin::text, * FROM phonebook_contactnumber WHERE tenant_id = %s",
)
"""All that a run can change; xmin tells of a row that was written with what it held already."""


class Connections:
    """One event loop and its connections to one database, for any number of tenants."""

    def __init__(self, conninfo: str) -> None:
        self.runner = asyncio.Runner()
        self.eyes = psycopg.connect(conninfo, autocommit=True)
        self.reader = self.runner.run(self._connect(conninfo))
        self.writer = self.runner.run(self._connect(conninfo))

    async def _connect(self, conninfo: str) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(conninfo, autocommit=True)

    def close(self) -> None:
        """Close everything."""
        self.runner.run(self.reader.close())
        self.runner.run(self.writer.close())
        self.runner.close()
        self.eyes.close()


@dataclass(frozen=True)
class PostgresRun:
    """A run on a PBX in PostgreSQL."""

    run_id: int
    store: PostgresStore
    fence: int
    runner: asyncio.Runner

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Do a piece of asynchronous work to its end."""
        return self.runner.run(work)

    def finish(self, report: RunReport, plan: UserPlan, *, now: datetime) -> None:
        """Keep the run's report."""
        if report.state is not RunState.APPLIED:
            self.do(self.store.note_planned(report, plan))
        run_operations.finish_run(self.run_id, fence=self.fence, report=report, plan=plan, now=now)

    def fail(self, *, now: datetime) -> None:
        """Note that the run died."""
        run_operations.fail_run(self.run_id, failure=INTERRUPTED, now=now)


class PostgresPbx:
    """One tenant in PostgreSQL."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        slug = f"tenant-{next(_numbers)}"
        tenant = add_tenant(
            slug=slug,
            name=slug,
            sip_domain=f"{slug}.example",
            time_zone="Europe/Berlin",
            country="DE",
        )
        self.tenant_id = tenant.id
        self.integration_id = self._integration().id

    def _integration(self, lists: dict[str, NewList] | None = None) -> IntegrationView:
        return change_integration(
            self.tenant_id, actor=ACTOR, connection=Connection(), values={}, lists=lists or {}
        )

    # runs

    @contextmanager
    def open_run(
        self, *, now: datetime, dry_run: bool = False, full: bool = False
    ) -> Iterator[PostgresRun]:
        """Begin a run; one that is not finished in the block has failed at its end."""
        request = run_operations.RunRequest(
            trigger="manual", asked_by=ACTOR, stages=STAGES, dry_run=dry_run, full=full
        )
        summary, _ = run_operations.request_run(get_integration(self.tenant_id), request)
        run = self.runner.run(self._begin(summary.id, now))
        try:
            yield run
        finally:
            run.fail(now=now)

    @property
    def runner(self) -> asyncio.Runner:
        """The event loop."""
        return self._connections.runner

    async def _begin(self, run_id: int, now: datetime) -> PostgresRun:
        session = await self._open_session(run_id)
        assert await begin_run(self._connections.reader, session.scope, worker="test", now=now)
        return PostgresRun(run_id, PostgresStore(session), session.scope.fence, self.runner)

    async def _open_session(self, run_id: int) -> Session:
        scope = await raise_fence(
            self._connections.reader,
            tenant_id=self.tenant_id,
            integration_id=self.integration_id,
            run_id=run_id,
        )
        return Session(self._connections.reader, self._connections.writer, scope)

    def approve(self, run_id: int, *, policy: bytes, now: datetime) -> RunState:
        """Carry out what a run holds."""
        try:
            run_operations.get_waiting_plan(run_id)
        except SetupError:
            return RunState.SUPERSEDED

        async def apply() -> None:
            store = PostgresStore(await self._open_session(run_id))
            await store.apply_held(policy=policy, now=now)

        state = RunState.APPLIED
        try:
            self.runner.run(apply())
        except OutdatedError:
            state = RunState.SUPERSEDED
        run_operations.settle_run(run_id, state=state, actor=ACTOR, now=now)
        return state

    def discard(self, run_id: int) -> None:
        """Close what a run holds."""
        run_operations.discard_run(run_id, actor=ACTOR)

    # by hand

    def add_local(self, number: int, profile: Profile) -> None:
        """Add a hand-made extension."""
        fields = {name: value for name, value in msgspec.structs.asdict(profile).items() if value}
        telephony.add_extension(self.tenant_id, number=number, fields=fields)

    def change_number(self, number: int, new_number: int) -> None:
        """Give an extension another number."""
        telephony.edit_extension(self.tenant_id, number, new_number=new_number, fields={})

    def delete_extension(self, number: int, *, now: datetime) -> None:
        """Delete an extension."""
        people_operations.delete_extension(self.tenant_id, number, actor=ACTOR, now=now)

    def link_person(self, object_id: str, number: int) -> None:
        """Let the next run link the hand-made extension `number` to a person."""
        people_operations.link_person(
            self.tenant_id, self.integration_id, number=number, person=object_id, actor=ACTOR
        )

    def separate_person(self, object_id: str) -> None:
        """Let a person have an extension of their own."""
        people_operations.separate_person(
            self.tenant_id, self.integration_id, person=object_id, actor=ACTOR
        )

    def keep_number(self, line: str, number: int, object_id: str | None = None) -> None:
        """Keep a number for whom `line` means."""
        import_operations.import_numbers(
            self.tenant_id, self.integration_id, lines=[f"{line},{number}"], actor=ACTOR
        )

    def set_people(self, lines: Sequence[ListLine]) -> None:
        """Set the list of people."""
        texts = tuple(each.line for each in lines)
        mode = Mode.ONLY if texts else Mode.ALL
        self._integration({"people": NewList(mode=mode, lines=())} if not texts else {})
        self._integration({"people": NewList(mode=mode, lines=texts)})
        for each in lines:
            self._tell(
                "UPDATE integrations_listentry SET object_id = %s "
                "WHERE tenant_id = %s AND line = %s",
                each.source_id,
                self.tenant_id,
                each.line,
            )

    # seen

    def _tell(self, statement: LiteralString, *values: object) -> None:
        self._connections.eyes.execute(statement, values)

    def _rows(self, query: LiteralString) -> list[TupleRow]:
        return self._connections.eyes.execute(query, (self.tenant_id,)).fetchall()

    def people_list(self) -> tuple[ListLine, ...]:
        """Return the list of people."""
        rows = self._rows(
            "SELECT line, object_id FROM integrations_listentry "
            "WHERE tenant_id = %s AND subject = 'people' ORDER BY position"
        )
        return tuple(ListLine(line, SourceId(each) if each else None) for line, each in rows)

    def seats(self) -> dict[str, SeenSeat]:
        """Return the directory people's extensions by object."""
        rows = self._rows(
            "SELECT directory_object_id, number, state, deleted_at IS NOT NULL, "
            "CASE WHEN state <> 'active' THEN blocked_at END, principal_name, first_name, "
            "last_name, display_name, email, mobile_phone, business_phone, job_title, department, "
            "office, company FROM telephony_extension "
            "WHERE tenant_id = %s AND source = 'microsoft365'"
        )
        return {
            source_id: SeenSeat(
                number=number,
                state=state,
                deleted=deleted,
                blocked_at=blocked_at,
                profile=Profile(**dict(zip(PROFILE_FIELDS, fields, strict=True))),
            )
            for source_id, number, state, deleted, blocked_at, *fields in rows
        }

    def locals(self) -> dict[int, str]:
        """Return the mail addresses of hand-made extensions by number."""
        return dict(
            self._rows(
                "SELECT number, email FROM telephony_extension "
                "WHERE tenant_id = %s AND source = 'local'"
            )
        )

    def refusals(self) -> dict[str, str]:
        """Return the refusals in force."""
        return dict(
            self._rows(
                "SELECT object_id, reason FROM integrations_refusal "
                "WHERE tenant_id = %s AND until_run IS NULL"
            )
        )

    def memory(self) -> dict[str, SeenRecord]:
        """Return what is remembered of the directory's objects."""
        rows = self._rows(
            "SELECT object_id, CASE WHEN fingerprint <> '' THEN record END, removed <> '', "
            "unreadable <> '' FROM integrations_directoryrecord WHERE tenant_id = %s"
        )
        return {
            source_id: SeenRecord(
                record=_records.decode(encoded) if encoded else None,
                removed=removed,
                unreadable=unreadable,
            )
            for source_id, encoded, removed, unreadable in rows
        }

    def contents(self) -> str:
        """Return everything that a run can change, as text."""
        return "\n".join(
            row for query in CONTENTS for row in sorted(str(each) for each in self._rows(query))
        )

    def close(self) -> None:
        """Nothing is open but what tenants share."""
