"""The queue: how workers hear that a run is to be carried out.

The runs are the truth, the jobs (procrastinate's, in the same database) only point at them: a job
that was lost is made anew for a run that waits, and one whose run has ended does nothing. Jobs are
never put off to a later time, because one such job would stand in the way of its tenant's others;
what is to happen later stands in the schedule.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job

from rollcall.core.schedule import is_long
from rollcall.integrations.models import Schedule, SyncRun

TASK: Final = "rollcall.carry_out"
QUICK: Final = "quick"
LONG: Final = "long"
LANES: Final = (QUICK, LONG)
"""Long runs have slots of their own: they neither delay the others nor wait for all of them."""

_log = structlog.get_logger(__name__)

INTERACTIVE = 100
NIGHTLY = 50
DEAD_AFTER = "20 seconds"
"""A worker that has not beaten for so long is dead, or as good as dead, to the queue."""

BATCH = 500

_WITHOUT_JOB = """
    NOT EXISTS (
        SELECT FROM procrastinate_jobs j
        WHERE j.queueing_lock = 'run:' || integrations_syncrun.id AND j.status IN ('todo', 'doing')
    )
"""


class Size(msgspec.Struct, frozen=True):
    """How big a tenant's runs are, as far as is known."""

    people: int = 0
    seconds: float = 0.0


def when_committed(work: Callable[[], object]) -> None:
    """Do something to the queue once the transaction is committed.

    A database that dies in between is no failure of what was committed: the scheduler makes good.
    """

    def left_to_the_scheduler() -> None:
        try:
            work()
        except (OperationalError, InterfaceError) as error:
            _log.warning("queue.left_to_the_scheduler", error=type(error).__name__)

    transaction.on_commit(left_to_the_scheduler)


def queue_waiting(run_ids: Collection[int] | None = None) -> int:
    """Make a job for each queued run (or those of `run_ids`) that has none; return how many."""
    rows = SyncRun.objects.all_tenants().filter(state=SyncRun.State.QUEUED)
    if run_ids is not None:
        rows = rows.filter(pk__in=run_ids)
    with transaction.atomic():
        waiting = list(
            rows.extra(where=[_WITHOUT_JOB])  # noqa: S610 - a literal
            .order_by("id")
            .select_for_update(skip_locked=True)[:BATCH]
        )
        sizes = _sizes([row.integration_id for row in waiting])
        jobs = [_job(row, sizes.get(row.integration_id, Size())) for row in waiting]
        return len(jobs) if _defer(jobs) else 0


def _defer(jobs: Sequence[Job]) -> bool:
    """Put jobs into the queue, all or none: none where another process was faster with one."""
    if not jobs:
        return True
    try:
        with transaction.atomic():
            app.job_manager.batch_defer_jobs(jobs=list(jobs))
    except AlreadyEnqueued:
        return False
    return True


def _job(row: SyncRun, size: Size) -> Job:
    manual = row.trigger == "manual"
    long = not manual and is_long(people=size.people, seconds=size.seconds)
    return Job(
        queue=LONG if long else QUICK,
        priority=INTERACTIVE if manual else NIGHTLY - size.people.bit_length(),
        lock=f"integration:{row.integration_id}",
        queueing_lock=f"run:{row.pk}",
        task_name=TASK,
        task_kwargs={"run_id": row.pk},
    )


def _sizes(integration_ids: Collection[int]) -> Mapping[int, Size]:
    rows = Schedule.objects.all_tenants().filter(integration_id__in=integration_ids)
    return {
        each: Size(people=people, seconds=seconds)
        for each, people, seconds in rows.values_list("integration_id", "people", "seconds")
    }


def oldest_waiting() -> datetime | None:
    """Return when the run was asked for that has waited longest for a worker."""
    rows = SyncRun.objects.all_tenants().filter(state=SyncRun.State.QUEUED)
    return rows.order_by("asked_at").values_list("asked_at", flat=True).first()


def drop_job(run_id: int, *, of_dead: bool = False) -> None:
    """Take the job of a run that nobody needs to carry out any more out of the queue.

    One that a worker has in hand is that worker's to end, unless it is `of_dead`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE queueing_lock = %s "
            "AND (status = 'todo' OR %s AND status = 'doing')",
            [f"run:{run_id}", of_dead],
        )


def drop_dead_jobs() -> int:
    """Forget the workers that died, and the jobs that they had; return how many jobs.

    What becomes of the runs is decided by the runs themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_workers "
            "WHERE last_heartbeat < now() - %s::interval - interval '1 minute'",
            [DEAD_AFTER],
        )
        cursor.execute(
            "DELETE FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.task_name = %s "
            "AND NOT EXISTS (SELECT FROM procrastinate_workers w WHERE w.id = j.worker_id "
            "AND w.last_heartbeat > now() - %s::interval)",
            [TASK, DEAD_AFTER],
        )
        return int(cursor.rowcount)
