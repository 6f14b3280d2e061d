"""Carry a queued run out: claim it, open source and store, run the stages, keep the report."""

import asyncio
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

from rollcall.core.errors import (
    HandOverError,
    StoppedError,
    SyncError,
    TransientError,
    passes_by_itself,
)
from rollcall.core.plan import UserPlan
from rollcall.core.policy import Stage
from rollcall.core.ports import Clock
from rollcall.core.report import Failure, RunReport, RunState, Usage
from rollcall.fleet.queries import has_service
from rollcall.integrations.queries import check_not_paused, get_integration
from rollcall.integrations.recovery import INTERRUPTED, connection_name, hand_over
from rollcall.integrations.run_operations import fail_run, finish_run
from rollcall.integrations.runs import RunSummary, RunView, get_run, unfinished_run
from rollcall.providers.http.pace import Pace
from rollcall.providers.m365.auth import Application
from rollcall.providers.m365.source import open_source
from rollcall.store.claims import begin_run, lock_integration, raise_fence
from rollcall.store.postgres import PostgresStore
from rollcall.store.session import RunScope, Session
from rollcall.sync.context import RunContext, SyncSettings
from rollcall.sync.runner import run_stages
from rollcall.tenants.queries import check_active, get_tenant_by_id
from rollcall.wiring.collecting import rare_collections
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
QUEUE_PATIENCE = timedelta(seconds=10)
LOCK_PATIENCE = 30.0
"""Seconds that the server gets to notice that the process which held the lock is dead."""


def never() -> bool:
    """Say that nobody wants the worker to stop."""
    return False


@dataclass
class _Outcome:
    """What a run has come to so far: read when it ends, however it ends."""

    scope: RunScope | None = None
    report: RunReport = field(
        default_factory=lambda: RunReport(state=RunState.CANCELLED, failure=CANCELLED)
    )
    plan: UserPlan = field(default_factory=UserPlan)
    usage: Callable[[], Usage] = Usage
    handed_over: bool = False

    def fail(self, error: SyncError) -> None:
        failure = Failure(code=error.code, message=str(error), help=error.help_page)
        self.report = RunReport(
            state=RunState.FAILED, failure=failure, retry=passes_by_itself(error)
        )


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
    stopping: Callable[[], bool]
    worker: str


def carry_out(
    machine: Machine,
    run: RunSummary,
    *,
    listener: Listener | None = None,
    clock: Clock = utc_now,
    pace: Pace | None = None,
    stopping: Callable[[], bool] = never,
    worker: str = "",
) -> RunView:
    """Carry a queued run out and return it as it ended; see `work_on`."""
    work_on(
        machine, run, listener=listener, clock=clock, pace=pace, stopping=stopping, worker=worker
    )
    return get_run(run.id)


def work_on(
    machine: Machine,
    run: RunSummary,
    *,
    listener: Listener | None = None,
    clock: Clock = utc_now,
    pace: Pace | None = None,
    stopping: Callable[[], bool] = never,
    worker: str = "",
) -> None:
    """Carry a queued run out.

    What goes wrong is in the run's report. KeyboardInterrupt and SystemExit are raised on once
    the run is noted as cancelled; so is what is wrong with Rollcall itself, once noted as that.
    Once `stopping` says so, the run is handed over to another worker.
    """
    outcome = _Outcome()
    try:
        integration = get_integration(run.tenant_id)
        tenant = get_tenant_by_id(run.tenant_id)
        check_active(tenant)
        if not run.dry_run:
            check_not_paused(integration)
        work = _Work(
            machine=machine,
            run=run,
            settings=to_sync_settings(tenant, integration),
            application=to_application(machine, integration, machine.key_ring()),
            listener=listener,
            clock=clock,
            pace=pace,
            stopping=stopping,
            worker=worker,
        )
        run_async(lambda: _work(work, outcome))
    except HandOverError:
        outcome.handed_over = True
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
    """Run a coroutine to its end on the fast event loop."""
    with (
        rare_collections(),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(make())


def living_run(machine: Machine, integration_id: int, *, clock: Clock = utc_now) -> int | None:
    """Return the id of the integration's unfinished run, if a living process works on it.

    A run whose process died is noted as interrupted, so that the next one can begin. One that was
    queued just now is given the time to begin. Where a service runs, it sees to all that.
    """
    run = unfinished_run(integration_id)
    if run is None:
        return None
    if has_service():
        return run.id
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
        if outcome.handed_over and hand_over(run.id, fence=fence, now=clock()):
            return
        finish_run(run.id, fence=fence, report=report, plan=outcome.plan, now=clock())
    elif report.failure is not None and not outcome.handed_over:
        fail_run(run.id, failure=report.failure, now=clock(), retry=report.retry)


async def _work(work: _Work, outcome: _Outcome) -> None:
    run = work.run
    async with AsyncExitStack() as stack:
        name = connection_name(run.id)
        reader = await work.machine.connect(stack, name=name)
        await _lock(reader, run.integration_id, work.stopping)
        scope = await raise_fence(
            reader, tenant_id=run.tenant_id, integration_id=run.integration_id, run_id=run.id
        )
        if not await begin_run(reader, scope, worker=work.worker, now=work.clock()):
            return
        outcome.scope = scope
        session = Session(reader, await work.machine.connect(stack, name=name), scope)
        vault = SealedVault(
            reader,
            work.machine.key_ring,
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
        gone_on = run.since is not None and not run.dry_run
        photos_until = run.photos_until if gone_on else ""
        progress = RunProgress(
            session,
            source.usage,
            work.listener,
            stopping=work.stopping,
            photos_until=photos_until,
        )
        context = RunContext(
            settings=work.settings,
            source=source,
            store=store,
            clock=work.clock,
            progress=progress,
            stages=frozenset(Stage(stage) for stage in run.stages),
            dry_run=run.dry_run,
            full=run.full,
            began_at=run.since or work.clock(),
            goes_on=gone_on,
            photos_until=photos_until,
        )
        outcome.report, outcome.plan = await progress.watch(run_stages(context))
        if outcome.report.state is not RunState.APPLIED:
            await store.note_planned(outcome.report, outcome.plan)


async def _lock(
    connection: AsyncConnection, integration_id: int, stopping: Callable[[], bool]
) -> None:
    waited = 0.0
    while not await lock_integration(connection, integration_id):
        if stopping():
            raise HandOverError("The worker of this run is to stop.")
        if waited >= LOCK_PATIENCE:
            raise SyncError("Another process works on this tenant's sync.", code="running")
        await asyncio.sleep(0.2)
        waited += 0.2
