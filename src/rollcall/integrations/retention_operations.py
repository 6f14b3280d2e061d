"""Delete what is older than it need be: old runs, and what nobody looks at any more.

In batches, each a transaction of its own, so that nobody waits for it long.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from rollcall.access.operations import delete_ended_tokens
from rollcall.accounts.retention import forget_sign_ins
from rollcall.accounts.session_life import STANDARD, SessionLife
from rollcall.audit.operations import delete_old_entries
from rollcall.calling.calls import forget_calls
from rollcall.calling.lines import forget_lines
from rollcall.fleet.retention import forget_dead_processes
from rollcall.integrations.models import Integration, Reading, StagedPage, SyncRun
from rollcall.integrations.runs import UNFINISHED

LOCK: Final = 0x526F6C6C54696479
"""Advisory lock (“RollTidy”): one machine at a time cleans up."""

BATCH: Final = 1000
MOST_BATCHES: Final = 1000
"""So much a call does at most of each kind; the next one goes on."""

NEWEST_RUNS: Final = 20
READING_LASTS: Final = timedelta(days=7)
TOKENS_STAY: Final = timedelta(days=90)
"""So long a token that has ended stays in the list of tokens."""

_OLD_RUNS = """
    SELECT r.id FROM integrations_syncrun r
    WHERE r.finished_at < %(before)s AND r.state NOT IN ('held', 'queued', 'running')
        AND %(newest)s <= (
            SELECT count(*) FROM (
                SELECT FROM integrations_syncrun n
                WHERE n.tenant_id = r.tenant_id AND n.integration_id = r.integration_id
                    AND n.id > r.id
                LIMIT %(newest)s
            ) AS newer
        )
        AND r.id <> coalesce((
            SELECT s.id FROM integrations_syncrun s
            WHERE s.tenant_id = r.tenant_id AND s.integration_id = r.integration_id
                AND s.state = 'applied'
            ORDER BY s.id DESC LIMIT 1
        ), 0)
    ORDER BY r.id LIMIT %(limit)s
"""
_DELETE_CHANGES = """
    DELETE FROM integrations_runchange WHERE (run_id, position) IN (
        SELECT run_id, position FROM integrations_runchange
        WHERE run_id = ANY(%(runs)s) LIMIT %(limit)s
    )
"""
_DELETE_RUNS = "DELETE FROM integrations_syncrun WHERE id = ANY(%(runs)s)"
_DELETE_REFUSALS = """
    DELETE FROM integrations_refusal WHERE id IN (
        SELECT f.id FROM integrations_refusal f
        WHERE f.until_run IS NOT NULL AND NOT EXISTS (
            SELECT FROM integrations_syncrun r
            WHERE r.tenant_id = f.tenant_id AND r.integration_id = f.integration_id
                AND r.id BETWEEN f.since_run AND f.until_run
        )
        LIMIT %(limit)s
    )
"""


def clean_up(
    *,
    now: datetime,
    keep_runs_days: int,
    keep_audit_days: int,
    keep_calls_days: int,
    life: SessionLife = STANDARD,
) -> dict[str, int]:
    """Delete what has had its time; return how much of each kind.

    While another machine is at it, nothing is done.
    """
    with _alone() as alone:
        if not alone:
            return {}
        return {
            "runs": delete_old_runs(before=now - timedelta(days=keep_runs_days)),
            "refusals": delete_closed_refusals(),
            "pages": delete_abandoned_readings(before=now - READING_LASTS),
            "audit_entries": _in_batches(
                lambda: delete_old_entries(
                    before=now - timedelta(days=keep_audit_days), limit=BATCH
                )
            ),
            "calls": _in_batches(
                lambda: forget_calls(before=now - timedelta(days=keep_calls_days), limit=BATCH)
            ),
            "lines": forget_lines(now=now),
            "processes": forget_dead_processes(),
            "sign_ins": forget_sign_ins(now=now, life=life),
            "tokens": delete_ended_tokens(before=now - TOKENS_STAY, limit=BATCH),
        }


def delete_old_runs(*, before: datetime) -> int:
    """Delete the runs that ended before then, each with its report; return how many.

    The newest of each integration stay, so does the newest that succeeded, and what is held.
    """
    return _in_batches(lambda: _delete_some_runs(before))


def _delete_some_runs(before: datetime) -> int:
    with connection.cursor() as cursor:
        given: dict[str, Any] = {"before": before, "newest": NEWEST_RUNS, "limit": BATCH}
        cursor.execute(_OLD_RUNS, given)
        runs = [run_id for (run_id,) in cursor.fetchall()]
    if runs:
        _in_batches(lambda: _execute(_DELETE_CHANGES, {"runs": runs, "limit": BATCH}))
        _execute(_DELETE_RUNS, {"runs": runs})
    return len(runs)


def delete_closed_refusals() -> int:
    """Delete the refusals that no run which is left can show; return how many."""
    return _in_batches(lambda: _execute(_DELETE_REFUSALS, {"limit": BATCH}))


def delete_abandoned_readings(*, before: datetime) -> int:
    """Delete readings that were begun before then and never ended; return how many pages.

    The next run reads from the last cursor.
    """
    unfinished = SyncRun.objects.all_tenants().filter(
        integration_id=OuterRef("integration_id"), state__in=UNFINISHED
    )
    old = Reading.objects.all_tenants().filter(~Exists(unfinished), started_at__lt=before)
    return sum(_delete_reading(each, before) for each in list(old.values_list("pk", flat=True)))


@transaction.atomic
def _delete_reading(integration_id: int, before: datetime) -> int:
    """Delete a reading while no run can begin: that takes the row of its integration first."""
    integrations = Integration.objects.all_tenants().filter(pk=integration_id)
    if integrations.select_for_update(skip_locked=True).first() is None:
        return 0
    runs = SyncRun.objects.all_tenants().filter(integration_id=integration_id)
    if runs.filter(state__in=UNFINISHED).exists():
        return 0
    readings = Reading.objects.all_tenants().filter(pk=integration_id, started_at__lt=before)
    if not readings.exists():
        return 0
    pages, _ = StagedPage.objects.all_tenants().filter(integration_id=integration_id).delete()
    readings.delete()
    return pages


def _in_batches(delete: Callable[[], int]) -> int:
    """Delete batch by batch until nothing is left, or it is enough for one call."""
    total = 0
    for _ in range(MOST_BATCHES):
        count = delete()
        total += count
        if count < BATCH:
            break
    return total


def _execute(statement: str, given: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
