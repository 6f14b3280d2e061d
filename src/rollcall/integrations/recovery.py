"""Runs whose worker died, was cut off or was paused: found, and gone on with by another run.

A worker holds the advisory lock of its integration and writes down every second that it is at it.
Without the lock it is dead, and that is known at once; with the lock but silent it is paused, or
its cable was cut: its connections are ended, and the fence keeps it from writing if it comes back.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec
from django.db import connection, transaction

from rollcall.core.report import Failure
from rollcall.integrations.models import SyncRun
from rollcall.integrations.queue import drop_job, queue_waiting
from rollcall.integrations.schedules import count_run, note_end

LOCK_CLASS = 0x526F6C6C
"""First half of the advisory lock of a run, as in `store.session`; a test compares the two."""

SILENT_AFTER = "40 seconds"
LOST_AFTER = "8 seconds"
MOST_TAKEOVERS = 3

INTERRUPTED = Failure(
    code="interrupted",
    message="The program that ran it ended before the run did. Nothing is half done; the next "
    "run goes on from there.",
)
HANDED_OVER = Failure(
    code="handed-over",
    message="Its worker was stopped. What was committed stays; another run goes on from there.",
)

_DEAD = """
    SELECT r.id FROM integrations_syncrun r
    WHERE r.state = 'running' AND (
        r.beat_at < now() - %s::interval
        OR coalesce(r.beat_at, r.started_at) < now() - %s::interval
        AND NOT EXISTS (
            SELECT FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.classid = %s::oid AND l.objid = r.integration_id::oid
        )
    )
    ORDER BY r.id
"""

_END_CONNECTIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()
"""


def connection_name(run_id: int) -> str:
    """Return what the connections of a run's worker call themselves."""
    return f"rollcall run {run_id}"


def take_over_dead(*, now: datetime) -> int:
    """Let another run go on with each run whose worker is dead or silent; return how many."""
    return sum(take_over(run_id, now=now) for run_id in _dead_runs())


def _dead_runs() -> Iterator[int]:
    with connection.cursor() as cursor:
        cursor.execute(_DEAD, [SILENT_AFTER, LOST_AFTER, LOCK_CLASS])
        yield from [run_id for (run_id,) in cursor.fetchall()]


def take_over(run_id: int, *, now: datetime) -> bool:
    """End a run as interrupted, and its worker's connections; another one goes on with it.

    A run that was taken over several times in a row is let go of, because it may be what kills
    workers; where the schedule began it, it comes again after a while.
    """
    with connection.cursor() as cursor:
        cursor.execute(_END_CONNECTIONS, [connection_name(run_id)])
    return _succeed(run_id, INTERRUPTED, state=SyncRun.State.FAILED, now=now)


def hand_over(run_id: int, *, fence: int, now: datetime) -> bool:
    """End a run because its worker has to stop; another one goes on with it, elsewhere."""
    return _succeed(run_id, HANDED_OVER, state=SyncRun.State.CANCELLED, now=now, fence=fence)


@transaction.atomic
def _succeed(
    run_id: int, failure: Failure, *, state: str, now: datetime, fence: int | None = None
) -> bool:
    rows = SyncRun.objects.all_tenants().select_for_update(of=("self",), skip_locked=True)
    row = rows.filter(pk=run_id, state=SyncRun.State.RUNNING).first()
    if row is None or fence not in {None, row.fence}:
        return False
    takeovers = row.takeovers + (state == SyncRun.State.FAILED)
    goes_on = takeovers < MOST_TAKEOVERS and not row.cancel_requested
    row.state = SyncRun.State.CANCELLED if row.cancel_requested else state
    row.finished_at = now
    row.error = msgspec.to_builtins(failure)
    row.progress = {}
    row.save(update_fields=["state", "finished_at", "error", "progress"])
    if fence is None:
        drop_job(run_id, of_dead=True)  # or its lock would keep the next run waiting
    if not goes_on:
        note_end(row, retry=True, now=now)
    else:
        count_run(row, now=now)
        queue_waiting([_successor(row, takeovers).pk])
    return goes_on


def _successor(row: SyncRun, takeovers: int) -> SyncRun:
    return SyncRun.objects.of(row.tenant_id).create(
        tenant_id=row.tenant_id,
        integration_id=row.integration_id,
        trigger=row.trigger,
        asked_by=row.asked_by,
        stages=row.stages,
        dry_run=row.dry_run,
        full=row.full,
        goes_on=row,
        since=row.since or row.started_at,
        takeovers=takeovers,
        photos_until=row.photos_until,
    )


def successor_of(run_id: int) -> int | None:
    """Return the id of the run that goes on with a run, if there is one."""
    rows = SyncRun.objects.all_tenants().filter(goes_on_id=run_id)
    return rows.values_list("pk", flat=True).first()
