"""The schedule: when each integration is synchronised next, and asking for what is due.

Any number of schedulers may do this at once, on any number of machines: rows that one of them has
in hand are passed over by the others.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfoNotFoundError

import msgspec
import structlog
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from rollcall.core.policy import Stage
from rollcall.core.schedule import Slot, next_attempt, next_slot
from rollcall.integrations.models import (
    DirectoryRecord,
    Integration,
    KeyPair,
    Schedule,
    SyncRun,
)
from rollcall.integrations.queries import IntegrationView, switched_on
from rollcall.integrations.queue import queue_waiting

_log = structlog.get_logger(__name__)

SCHEDULED, RETRIED = "schedule", "retry"
SCHEDULER = "rollcall"
BATCH = 500
WITHIN_SECONDS = (1, 10, 60, 600, 3600)

_ADD_TO_TALLY = """
    INSERT INTO integrations_runtally AS t
        (trigger, state, runs, seconds, requests, items, throttled_seconds, within)
    VALUES (%s, %s, 1, %s, %s, %s, %s, %s)
    ON CONFLICT (trigger, state) DO UPDATE SET
        runs = t.runs + 1,
        seconds = t.seconds + excluded.seconds,
        requests = t.requests + excluded.requests,
        items = t.items + excluded.items,
        throttled_seconds = t.throttled_seconds + excluded.throttled_seconds,
        within = ARRAY(
            SELECT a + b FROM unnest(t.within, excluded.within) WITH ORDINALITY AS u (a, b, n)
            ORDER BY n
        )
"""


class ScheduleView(msgspec.Struct, frozen=True):
    """When an integration is synchronised next. `attempts` failed in a row since the last slot."""

    next_at: datetime
    slot_at: datetime
    attempts: int
    succeeded_at: datetime | None


def find_schedule(integration_id: int) -> ScheduleView | None:
    """Return the schedule of an integration; None until a scheduler has seen it."""
    row = Schedule.objects.all_tenants().filter(pk=integration_id).first()
    if row is None:
        return None
    return ScheduleView(row.next_at, row.slot_at, row.attempts, row.succeeded_at)


def next_run_at(integration: IntegrationView) -> datetime | None:
    """Return when an integration is synchronised next; None while it is paused, or unscheduled."""
    schedule = None if integration.paused else find_schedule(integration.id)
    return schedule.next_at if schedule else None


def overdue(*, by: timedelta, now: datetime) -> int:
    """Count the integrations whose time has passed `by` so long without a run being asked for."""
    return Schedule.objects.all_tenants().filter(next_at__lt=now - by).count()


def reckon_schedules(*, now: datetime) -> int:
    """Bring the schedules up to the settings: sync time and zone; return how many were not."""
    return _begin_schedules(now) + _mend_schedules(now)


def _begin_schedules(now: datetime) -> int:
    known = Schedule.objects.all_tenants().filter(pk=OuterRef("pk"))
    fresh = Integration.objects.all_tenants().filter(~Exists(known)).select_related("tenant")
    rows = [_schedule(each, now) for each in fresh[:BATCH]]
    Schedule.objects.all_tenants().bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _schedule(integration: Integration, now: datetime) -> Schedule:
    at, zone = integration.sync_time, integration.tenant.time_zone
    slot = _slot(at, zone, now, integration.pk)
    return Schedule(
        integration=integration,
        tenant_id=integration.tenant_id,
        time=at,
        zone=zone,
        slot_at=slot.slot_at,
        next_at=slot.next_at,
    )


def _slot(at: time, zone: str, now: datetime, key: int) -> Slot:
    """Return the next slot; a zone that this machine does not know counts as UTC.

    One tenant with such a zone must not keep the others from being synchronised.
    """
    try:
        return next_slot(at=at, zone=zone, after=now, key=key)
    except (ZoneInfoNotFoundError, ValueError):
        _log.warning("schedule.unknown_zone", integration_id=key)
        return next_slot(at=at, zone="UTC", after=now, key=key)


@transaction.atomic
def _mend_schedules(now: datetime) -> int:
    changed = ~Q(time=F("integration__sync_time")) | ~Q(zone=F("tenant__time_zone"))
    rows = Schedule.objects.all_tenants().filter(changed).select_related("integration", "tenant")
    stale = list(rows.select_for_update(of=("self",), skip_locked=True)[:BATCH])
    for row in stale:
        row.time, row.zone = row.integration.sync_time, row.tenant.time_zone
        _move(row, _slot(row.time, row.zone, now, row.pk))
        row.attempts = 0
    _save(stale)
    return len(stale)


def request_due(*, now: datetime) -> int:
    """Queue a run for each integration whose time has come; return how many.

    However long nothing ran, it is one run each: the slots between are not made up for.
    """
    with transaction.atomic():
        rows = Schedule.objects.all_tenants().filter(next_at__lte=now).order_by("next_at")
        due = list(
            rows.select_related("integration", "tenant").select_for_update(
                of=("self",), skip_locked=True
            )[:BATCH]
        )
        runs = [run for row in due if (run := _due_run(row, now))]
        able = _with_keys([run.integration_id for run in runs])
        for row in due:
            if row.slot_at <= now:
                row.attempts = 0
            _move(row, _slot(row.time, row.zone, now, row.pk))
        _save(due)
        wanted = [run for run in runs if run.integration_id in able]
        SyncRun.objects.all_tenants().bulk_create(wanted, ignore_conflicts=True)
    if wanted:
        queue_waiting()
    return len(wanted)


def _due_run(row: Schedule, now: datetime) -> SyncRun | None:
    """Return the run that is due, or None where nothing may or can run."""
    integration = row.integration
    stages = [stage.value for stage in Stage if stage in switched_on(integration)]
    connected = integration.application_id and integration.directory_id
    if row.tenant.state != "active" or integration.paused or not connected or not stages:
        return None
    return SyncRun(
        tenant_id=row.tenant_id,
        integration=integration,
        trigger=SCHEDULED if row.slot_at <= now else RETRIED,
        asked_by=SCHEDULER,
        stages=stages,
    )


def _with_keys(integration_ids: Collection[int]) -> set[int]:
    rows = KeyPair.objects.all_tenants().filter(integration_id__in=integration_ids)
    usable = rows.exclude(state=KeyPair.State.RETIRED)
    return set(usable.values_list("integration_id", flat=True))


def _move(row: Schedule, slot: Slot) -> None:
    row.slot_at, row.next_at = slot.slot_at, slot.next_at


def _save(rows: Collection[Schedule]) -> None:
    Schedule.objects.all_tenants().bulk_update(
        rows, ["time", "zone", "slot_at", "next_at", "attempts"], batch_size=BATCH
    )


def note_end(run: SyncRun, *, retry: bool, now: datetime) -> None:
    """Let the schedule and the tally know how a run ended. Inside the run's transaction.

    With `retry` it failed by what passes by itself: a run that the schedule began comes again.
    """
    count_run(run, now=now)
    if run.dry_run:
        return
    rows = Schedule.objects.of(run.tenant_id).select_for_update()
    row = rows.filter(pk=run.integration_id).first()
    if row is None:
        return
    if run.state == SyncRun.State.FAILED:
        if retry and run.trigger in {SCHEDULED, RETRIED}:
            _retry(row, now)
    elif run.state in {SyncRun.State.APPLIED, SyncRun.State.HELD}:
        row.attempts = 0
        row.people = DirectoryRecord.objects.of(run.tenant_id).filter(removed="").count()
        row.seconds = (now - run.started_at).total_seconds() if run.started_at else 0.0
        if run.state == SyncRun.State.APPLIED:
            row.succeeded_at = now
    row.save()


def note_success(run: SyncRun, *, now: datetime) -> None:
    """Let the schedule know that what a run held, or showed, was applied on a person's word."""
    rows = Schedule.objects.of(run.tenant_id).filter(pk=run.integration_id)
    rows.update(succeeded_at=now, attempts=0)


def _retry(row: Schedule, now: datetime) -> None:
    row.attempts += 1
    attempt_at = next_attempt(
        failures=row.attempts, now=now, slot_at=row.slot_at, key=row.integration_id
    )
    if attempt_at is None:
        _move(row, _slot(row.time, row.zone, now, row.integration_id))
        row.attempts = 0
    else:
        row.next_at = attempt_at


def count_run(run: SyncRun, *, now: datetime) -> None:
    """Add a run that has ended to the tally."""
    seconds = max(0.0, (now - run.started_at).total_seconds()) if run.started_at else 0.0
    within = [int(seconds <= bound) for bound in WITHIN_SECONDS]
    usage = [seconds, run.requests, run.items, run.throttled_seconds]
    with connection.cursor() as cursor:
        cursor.execute(_ADD_TO_TALLY, [run.trigger, run.state, *usage, within])
