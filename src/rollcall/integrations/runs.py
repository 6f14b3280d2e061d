"""Runs as others see them: one run, its changes, its refusals."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q

from rollcall.core.errors import SetupError
from rollcall.core.policy import Stage
from rollcall.integrations.models import DirectoryRecord, HeldPlan, Refusal, RunChange, SyncRun
from rollcall.integrations.queries import person_names

UNFINISHED = ("queued", "running")
CHUNK = 2000


class RefusalView(msgspec.Struct, frozen=True):
    """A record that may not come in, and why."""

    directory_object_id: str
    name: str | None
    reason: str
    detail: str


class ChangeView(msgspec.Struct, frozen=True):
    """One change of one person: the number after it, fields as [old, new], and why."""

    action: str
    directory_object_id: str
    name: str
    number: str | None
    fields: Mapping[str, tuple[str, str]]
    reason: str


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """A run as commands and the API show it."""

    id: int
    tenant: str
    trigger: str
    asked_by: str
    state: str
    dry_run: bool
    stages: tuple[str, ...]
    started_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[str, Mapping[str, int]]
    hold: str | None
    problems: tuple[Mapping[str, str], ...]
    refusals: tuple[RefusalView, ...] = ()
    changes: tuple[ChangeView, ...] = ()
    requests: int
    items: int
    throttled_seconds: float
    goes_on: int | None
    error: Mapping[str, str] | None


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to carry a run on: for wiring."""

    id: int
    tenant_id: int
    integration_id: int
    trigger: str
    state: str
    dry_run: bool
    full: bool
    stages: tuple[str, ...]
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    since: datetime | None
    photos_until: str
    worker: str
    progress: Mapping[str, Any]


def get_row(run_id: int) -> SyncRun:
    """Return the row of a run, or raise SetupError. For this app."""
    row = SyncRun.objects.all_tenants().filter(pk=run_id).select_related("tenant").first()
    if row is None:
        raise SetupError(f"There is no run {run_id}.", code="unknown-run")
    return row


def get_run(run_id: int) -> RunView:
    """Return a run with all its refusals and changes."""
    row = get_row(run_id)
    return _to_view(row, refusals=tuple(_refusals(row)), changes=tuple(_changes(row)))


def list_runs(tenant_id: int, *, limit: int) -> list[RunView]:
    """Return the newest runs of a tenant, without refusals and changes."""
    rows = SyncRun.objects.of(tenant_id).select_related("tenant").order_by("-id")
    return [_to_view(row) for row in rows[:limit]]


def last_run(tenant_id: int) -> RunView | None:
    """Return the newest run of a tenant that was no preview."""
    rows = SyncRun.objects.of(tenant_id).select_related("tenant").filter(dry_run=False)
    row = rows.order_by("-id").first()
    return _to_view(row) if row else None


def unfinished_run(integration_id: int) -> RunSummary | None:
    """Return the run of an integration that is queued or running."""
    rows = SyncRun.objects.all_tenants().filter(integration_id=integration_id, state__in=UNFINISHED)
    row = rows.first()
    return to_summary(row) if row else None


def find_summary(run_id: int) -> RunSummary | None:
    """Return what it takes to carry a run on, if there is such a run."""
    row = SyncRun.objects.all_tenants().filter(pk=run_id).first()
    return to_summary(row) if row else None


def get_summary(run_id: int) -> RunSummary:
    """Return what it takes to carry a run on."""
    return to_summary(get_row(run_id))


def to_summary(row: SyncRun) -> RunSummary:
    """Return a run's row as a value."""
    return RunSummary(
        id=row.pk,
        tenant_id=row.tenant_id,
        integration_id=row.integration_id,
        trigger=row.trigger,
        state=row.state,
        dry_run=row.dry_run,
        full=row.full,
        stages=tuple(row.stages),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        started_at=row.started_at,
        since=row.since,
        photos_until=row.photos_until,
        worker=row.worker,
        progress=row.progress,
    )


def held_digest(integration_id: int, before: int) -> set[tuple[str, bytes]]:
    """Return stage and digest of the plans that the newest held run before `before` holds."""
    states = (SyncRun.State.HELD, SyncRun.State.SUPERSEDED)
    run = (
        SyncRun.objects.all_tenants()
        .filter(integration_id=integration_id, pk__lt=before, dry_run=False)
        .exclude(state__in=(SyncRun.State.FAILED, SyncRun.State.CANCELLED))
        .order_by("-id")
        .first()
    )
    if run is None or run.state not in states:
        return set()
    return plan_digests(run)


def plan_digests(run: SyncRun) -> set[tuple[str, bytes]]:
    """Return stage and digest of the plans that a run holds."""
    plans = HeldPlan.objects.of(run.tenant_id).filter(run=run)
    return {(plan.stage, bytes(plan.digest)) for plan in plans}


def _to_view(
    row: SyncRun,
    *,
    refusals: tuple[RefusalView, ...] = (),
    changes: tuple[ChangeView, ...] = (),
) -> RunView:
    return RunView(
        id=row.pk,
        tenant=row.tenant.slug,
        trigger=row.trigger,
        asked_by=row.asked_by,
        state=row.state,
        dry_run=row.dry_run,
        stages=tuple(row.stages),
        started_at=row.started_at,
        finished_at=row.finished_at,
        counts={stage: row.counts[stage] for stage in Stage if stage in row.counts},
        hold=row.hold or None,
        problems=tuple(row.problems),
        refusals=refusals,
        changes=changes,
        requests=row.requests,
        items=row.items,
        throttled_seconds=row.throttled_seconds,
        goes_on=row.goes_on_id,
        error=row.error,
    )


def _refusals(row: SyncRun) -> Iterator[RefusalView]:
    """Yield the refusals in force when the run ended, or (a plan) that would be then."""
    in_force = Refusal.objects.of(row.tenant_id).filter(
        Q(until_run__isnull=True) | Q(until_run__gt=row.pk),
        integration_id=row.integration_id,
        since_run__lte=row.pk,
    )
    planned = {each["object_id"]: each for each in row.refused.get("opened", ())}
    replaced = {*planned, *row.refused.get("cleared", ())}
    names = dict(
        DirectoryRecord.objects.of(row.tenant_id)
        .filter(object_id__in=in_force.values("object_id"))
        .values_list("object_id", "display_name")
    )
    for refusal in in_force.order_by("reason", "object_id").iterator(CHUNK):
        if refusal.object_id not in replaced:
            name = names.get(refusal.object_id) or None
            yield RefusalView(refusal.object_id, name, refusal.reason, refusal.detail)
    missing = person_names(row.tenant_id, planned)
    for object_id, each in planned.items():
        name = each.get("name") or missing.get(object_id) or None
        yield RefusalView(object_id, name, each["reason"], each["detail"])


def _changes(row: SyncRun) -> Iterator[ChangeView]:
    changes = RunChange.objects.of(row.tenant_id).filter(run=row).order_by("position")
    columns = ("action", "object_id", "name", "number", "fields", "reason")
    for action, object_id, name, number, fields, reason in changes.values_list(*columns).iterator(
        CHUNK
    ):
        yield ChangeView(
            action=action,
            directory_object_id=object_id,
            name=name,
            number=str(number) if number is not None else None,
            fields={field: (old, new) for field, (old, new) in fields.items()},
            reason=reason,
        )
