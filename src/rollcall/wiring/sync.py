"""Carry a queued run out: claim it, open source and store, run the stages, keep the report."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import structlog
import uvloop
from django.db import InterfaceError, OperationalError, connection
from psycopg import AsyncConnection

from rollcall.core.errors import StoppedError, SyncError, TransientError
from rollcall.core.plan import UserPlan
from rollcall.core.policy import Stage
from rollcall.core.ports import Clock
from rollcall.core.report import Failure, RunReport, RunState, Usage
from rollcall.integrations.queries import get_integration
from rollcall.integrations.run_operations import INTERRUPTED, fail_run, finish_run
from rollcall.integrations.runs import RunSummary, RunView, get_run, unfinished_run
from rollcall.providers.http.pace import Pace
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.source import open_source
from rollcall.store.claims import begin_run, lock_integration, raise_fence
from rollcall.store.postgres import PostgresStore
from rollcall.store.session import RunScope, Session
from rollcall.sync.context import RunContext, SyncSettings
from rollcall.sync.runner import run_stages
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.wiring.machine import Machine, new_id, utc_now
from rollcall.wiring.progress import Listener, RunProgress
from rollcall.wiring.settings import to_application, to_sync_settings
from rollcall.wiring.vault import SealedVault

T = TypeVar("T")

_log = structlog.get_logger(__name__)

CANCELLED = Failure(
    code="cancelled",
    message="Cancelled. What was committed stays, nothing is half done; the next run goes on.",
)
RARE_COLLECTIONS = (100_000, 20, 20)
QUEUE_PATIENCE = timedelta(seconds=10)
LOCK_PATIENCE = 30.0
"""Seconds that the server gets to notice that the process which held the lock is dead."""


@dataclass
class _Outcome:
    """What a run has come to so far: read when it ends, however it ends."""

    scope: RunScope | None = None
    report: RunReport = field(
        default_factory=lambda: RunReport(state=RunState.CANCELLED, failure=CANCELLED)
    )
    plan: UserPlan = field(default_factory=UserPlan)
    usage: Callable[[], Usage] = Usage

    def fail(self, error: SyncError) -> None:
        failure = Failure(code=error.code, message=str(error), help=error.help_page)
        self.report = RunReport(state=RunState.FAILED, failure=failure)


@dataclass(frozen=True)
class _Work:
    """What it takes to carry a run out."""

    machine: Machine
    run: RunSummary
    settings: SyncSettings
    application: Application
    listener: Listener | None
    clock: Clock
    pace: Pace | None


def carry_out(
    machine: Machine,
    run: RunSummary,
    *,
    listener: Listener | None = None,
    clock: Clock = utc_now,
    pace: Pace | None = None,
) -> RunView:
    """Carry a queued run out and return it as it ended.

    What goes wrong is in the run's report. KeyboardInterrupt and SystemExit are raised on once
    the run is noted as cancelled; so is what is wrong with Rollcall itself, once noted as that.
    """
    _carry_out(machine, run, listener=listener, clock=clock, pace=pace)
    return get_run(run.id)


def _carry_out(
    machine: Machine,
    run: RunSummary,
    *,
    listener: Listener | None,
    clock: Clock,
    pace: Pace | None,
) -> None:
    outcome = _Outcome()
    try:
        integration = get_integration(run.tenant_id)
        work = _Work(
            machine=machine,
            run=run,
            settings=to_sync_settings(get_tenant_by_id(run.tenant_id), integration),
            application=to_application(machine, integration, machine.key_ring()),
            listener=listener,
            clock=clock,
            pace=pace,
        )
        run_async(lambda: _work(work, outcome))
    except StoppedError:
        pass
    except SyncError as error:
        outcome.fail(error)
    except Exception as error:
        outcome.fail(_our_fault(error))
        raise
    finally:
        _keep(run, outcome, clock)


def run_async(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end on the fast event loop.

    What a run makes are values without cycles, by the hundred thousand: looking for cycles among
    them as often as Python does by default costs most of a second per 100,000 people.
    """
    gc.set_threshold(*RARE_COLLECTIONS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(make())


def living_run(machine: Machine, integration_id: int, *, clock: Clock = utc_now) -> int | None:
    """Return the id of the integration's unfinished run, if a living process works on it.

    A run whose process died is noted as interrupted, so that the next one can begin. One that was
    queued just now is given the time to begin.
    """
    run = unfinished_run(integration_id)
    if run is None:
        return None
    if run.state == "queued" and clock() - run.asked_at < QUEUE_PATIENCE:
        return run.id
    if run_async(lambda: _is_locked(machine, integration_id)):
        return run.id
    fail_run(run.id, failure=INTERRUPTED, now=clock())
    return None


async def _is_locked(machine: Machine, integration_id: int) -> bool:
    async with AsyncExitStack() as stack:
        connection = await machine.connect(stack)
        return not await lock_integration(connection, integration_id)


def _our_fault(error: Exception) -> SyncError:
    return SyncError(
        f"An error in Rollcall itself ({type(error).__name__}). Nothing is half done. Please "
        "report it with the log.",
        code="internal-error",
        help_page="errors/report-a-bug.md",
    )


def _keep(run: RunSummary, outcome: _Outcome, clock: Clock) -> None:
    """Keep the report. Where the database is gone, the next run notes that this one ended."""
    try:
        _keep_report(run, outcome, clock)
    except (OperationalError, InterfaceError) as error:
        _log.warning("run.report_not_kept", run_id=run.id, error=type(error).__name__)
        connection.close()
        raise TransientError(
            "The database does not answer. What was committed stays; run again when it is back.",
            code="database-gone",
        ) from error


def _keep_report(run: RunSummary, outcome: _Outcome, clock: Clock) -> None:
    report = msgspec.structs.replace(outcome.report, usage=outcome.usage())
    if outcome.scope is not None:
        fence = outcome.scope.fence
        finish_run(run.id, fence=fence, report=report, plan=outcome.plan, now=clock())
    elif report.failure is not None:
        fail_run(run.id, failure=report.failure, now=clock())


async def _work(work: _Work, outcome: _Outcome) -> None:
    run = work.run
    async with AsyncExitStack() as stack:
        reader = await work.machine.connect(stack)
        await _lock(reader, run.integration_id)
        scope = await raise_fence(
            reader, tenant_id=run.tenant_id, integration_id=run.integration_id, run_id=run.id
        )
        if not await begin_run(reader, scope, now=work.clock()):
            return
        outcome.scope = scope
        session = Session(reader, await work.machine.connect(stack), scope)
        vault = SealedVault(
            reader,
            work.machine.key_ring(),
            work.clock,
            tenant_id=run.tenant_id,
            integration_id=run.integration_id,
        )
        source = await stack.enter_async_context(
            open_source(
                application=work.application,
                vault=vault,
                outgoing=work.machine.outgoing(work.application.cloud),
                new_id=new_id,
                pace=work.pace,
            )
        )
        outcome.usage = source.usage
        store = PostgresStore(session)
        progress = RunProgress(session, source.usage, work.listener)
        context = RunContext(
            settings=work.settings,
            source=source,
            store=store,
            clock=work.clock,
            progress=progress,
            stages=frozenset(Stage(stage) for stage in run.stages),
            dry_run=run.dry_run,
            full=run.full,
        )
        outcome.report, outcome.plan = await progress.watch(run_stages(context))
        if outcome.report.state is not RunState.APPLIED:
            await store.note_planned(outcome.report, outcome.plan)


async def _lock(connection: AsyncConnection, integration_id: int) -> None:
    waited = 0.0
    while not await lock_integration(connection, integration_id):
        if waited >= LOCK_PATIENCE:
            raise SyncError("Another process works on this tenant's sync.", code="running")
        await asyncio.sleep(0.2)
        waited += 0.2
