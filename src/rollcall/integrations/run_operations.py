"""Ask for runs, end them, decide on what they hold or show.

Whoever asks from the web does so in the scope of a tenant, to which the queue is closed: jobs are
made and dropped on commit, when the scope is left. The scheduler makes good what fails then.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from django.db import IntegrityError, transaction

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.plan import UserPlan
from rollcall.core.policy import Stage
from rollcall.core.report import Failure, RunReport, RunState
from rollcall.integrations.models import HeldPlan, SyncRun
from rollcall.integrations.queries import IntegrationView, check_not_paused
from rollcall.integrations.queue import drop_job, queue_waiting, when_committed
from rollcall.integrations.runs import (
    RunSummary,
    get_row,
    held_digest,
    plan_digests,
    to_summary,
    unfinished_run,
)
from rollcall.integrations.schedules import note_end, note_success
from rollcall.integrations.sign_in_operations import follow_run


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants run. No stages means all that are switched on."""

    trigger: str
    asked_by: str
    stages: tuple[Stage, ...] = ()
    dry_run: bool = False
    full: bool = False


def request_run(integration: IntegrationView, request: RunRequest) -> tuple[RunSummary, bool]:
    """Queue a run; return it, and whether it is new: while one is unfinished, that one is it."""
    stages = _wanted_stages(integration, request.stages)
    if not request.dry_run:
        check_not_paused(integration)
    row = SyncRun(
        tenant_id=integration.tenant_id,
        integration_id=integration.id,
        trigger=request.trigger,
        asked_by=request.asked_by,
        stages=[stage.value for stage in stages],
        dry_run=request.dry_run,
        full=request.full,
    )
    try:
        with transaction.atomic():
            row.save()
            when_committed(lambda: queue_waiting([row.pk]))
    except IntegrityError:
        current = unfinished_run(integration.id)
        if current is None:
            return request_run(integration, request)
        return current, False
    return to_summary(row), True


def _wanted_stages(integration: IntegrationView, chosen: Collection[Stage]) -> list[Stage]:
    on = integration.switched_on
    off = [stage.value for stage in chosen if stage not in on]
    if off:
        raise SetupError(
            f"{', '.join(off)} is switched off for this tenant: switch it on with "
            "“rollcall m365 set”, or leave it out of --only.",
            code="stage-off",
        )
    stages = [stage for stage in Stage if stage in on and (not chosen or stage in chosen)]
    if not stages:
        raise SetupError(
            "Nothing is switched on for this tenant: “rollcall m365 set … --users on” is the "
            "first switch.",
            code="nothing-on",
        )
    return stages


@transaction.atomic
def finish_run(
    run_id: int, *, fence: int, report: RunReport, plan: UserPlan, now: datetime
) -> None:
    """Keep what a run did and how it ended; a worker that was replaced says nothing any more."""
    row = SyncRun.objects.all_tenants().select_for_update().get(pk=run_id)
    if row.fence != fence or row.state != SyncRun.State.RUNNING:
        return
    row.state = report.state.value
    row.finished_at = now
    row.counts = {
        stage.stage.value: msgspec.structs.asdict(stage.counts) for stage in report.stages
    }
    row.problems = [
        msgspec.to_builtins(problem) for stage in report.stages for problem in stage.problems
    ]
    row.hold = " ".join(stage.hold.sentence for stage in report.stages if stage.hold)
    row.error = msgspec.to_builtins(report.failure) if report.failure else None
    row.error_code = report.failure.code if report.failure else ""
    row.refused = _planned_refusals(report, plan)
    row.requests = report.usage.requests
    row.items = report.usage.items
    row.throttled_seconds = report.usage.throttled_seconds
    row.progress = {}
    row.photos_until = ""
    if report.state is RunState.HELD:
        row.announced = plan_digests(row) != held_digest(row.integration_id, row.pk)
    row.save()
    drop_job(run_id)
    note_end(row, retry=report.retry, now=now)
    if report.state is RunState.APPLIED:
        follow_run(row.tenant_id, row.counts)
    if not row.dry_run and report.state is not RunState.FAILED:
        _supersede_older(row, [stage.stage.value for stage in report.stages])


def _planned_refusals(report: RunReport, plan: UserPlan) -> dict[str, Any]:
    """Return the refusals that were only planned: by a preview, or by a held stage."""
    held = any(stage.hold and stage.stage is Stage.USERS for stage in report.stages)
    if report.state is not RunState.PLANNED and not held:
        return {}
    records = (*plan.added, *plan.remember)
    names = {record.source_id: record.display_name for record in records}
    return {
        "opened": [
            {
                "object_id": refused.source_id,
                "reason": refused.reason.value,
                "detail": refused.detail,
                "name": names.get(refused.source_id, ""),
            }
            for refused in plan.refused
        ],
        "cleared": list(plan.cleared),
    }


def _supersede_older(row: SyncRun, stages: Collection[str]) -> None:
    held = SyncRun.objects.of(row.tenant_id).filter(
        integration_id=row.integration_id, state=SyncRun.State.HELD, pk__lt=row.pk
    )
    plans = HeldPlan.objects.of(row.tenant_id).filter(run__in=held)
    again = {plan.run_id for plan in plans if plan.stage in stages}
    held.filter(pk__in=again).update(state=SyncRun.State.SUPERSEDED)


@transaction.atomic
def fail_run(run_id: int, *, failure: Failure, now: datetime, retry: bool = False) -> None:
    """End an unfinished run as failed: its process died, or it could not begin."""
    rows = SyncRun.objects.all_tenants().select_for_update()
    row = rows.filter(pk=run_id, state__in=(SyncRun.State.QUEUED, SyncRun.State.RUNNING)).first()
    if row is None:
        return
    row.state = SyncRun.State.FAILED
    row.finished_at = now
    row.error = msgspec.to_builtins(failure)
    row.error_code = failure.code
    row.progress = {}
    row.save(update_fields=["state", "finished_at", "error", "error_code", "progress"])
    drop_job(run_id)
    note_end(row, retry=retry, now=now)


def cancel_run(run_id: int, *, actor: str, now: datetime) -> str:
    """Ask a running run to end, or end a queued one; return the state that follows."""
    row = get_row(run_id)
    rows = SyncRun.objects.of(row.tenant_id).filter(pk=run_id)
    waiting = rows.filter(state=SyncRun.State.QUEUED)
    if waiting.update(state=SyncRun.State.CANCELLED, finished_at=now):
        when_committed(lambda: drop_job(run_id))
        state = SyncRun.State.CANCELLED
    elif rows.filter(state=SyncRun.State.RUNNING).update(cancel_requested=True):
        state = SyncRun.State.RUNNING
    else:
        raise SetupError(f"Run {run_id} is {row.state}: there is nothing to cancel.", code="ended")
    note(actor=actor, action="run.cancelled", subject=str(run_id), tenant_id=row.tenant_id)
    return state.value


@transaction.atomic
def discard_run(run_id: int, *, actor: str) -> None:
    """Close what a run holds or shows: nothing of it is done, no cursor moves."""
    row = _get_waiting_row(run_id)
    row.state = SyncRun.State.DISCARDED
    row.save(update_fields=["state"])
    HeldPlan.objects.of(row.tenant_id).filter(run=row).delete()
    note(actor=actor, action="run.discarded", subject=str(run_id), tenant_id=row.tenant_id)


def _get_waiting_row(run_id: int) -> SyncRun:
    """Return the row of a run whose plan waits for a person's word, or raise SetupError."""
    row = get_row(run_id)
    if row.state != SyncRun.State.HELD and not _is_kept_preview(row):
        why = {
            SyncRun.State.PLANNED: "a newer run or preview has taken its place",
            SyncRun.State.SUPERSEDED: "a newer run has planned anew since",
            SyncRun.State.DISCARDED: "it was discarded",
            SyncRun.State.APPLIED: "everything of it is applied",
        }.get(SyncRun.State(row.state), f"it is {row.state}")
        raise SetupError(f"Run {run_id} holds nothing to decide on: {why}.", code="not-held")
    return row


def _is_kept_preview(row: SyncRun) -> bool:
    kept = HeldPlan.objects.of(row.tenant_id).filter(run_id=row.pk)
    return row.dry_run and row.state == SyncRun.State.PLANNED and kept.exists()


@transaction.atomic
def settle_run(run_id: int, *, state: RunState, actor: str, now: datetime) -> None:
    """Note that what a run held or showed was applied, or turned out to be out of date.

    The run ended when it was held; when it was decided on stands in the audit log. A preview that
    was applied is one no more, and did nothing but what was applied: the people.
    """
    row = get_row(run_id)
    row.state = state.value
    row.hold = ""
    if state is RunState.APPLIED:
        row.refused = {}
        if row.dry_run:
            row.counts = {Stage.USERS.value: row.counts.get(Stage.USERS.value, {})}
        row.dry_run = False
        note_success(row, now=now)
        follow_run(row.tenant_id, row.counts)
    elif row.dry_run:
        HeldPlan.objects.of(row.tenant_id).filter(run_id=run_id).delete()
    row.save(update_fields=["state", "hold", "refused", "counts", "dry_run"])
    verb = "approved" if state is RunState.APPLIED else "superseded"
    note(actor=actor, action=f"run.{verb}", subject=str(run_id), tenant_id=row.tenant_id)


class WaitingPlan(msgspec.Struct, frozen=True):
    """Whose plan waits for a person's word; `preview` showed it, with the other `stages`."""

    tenant_id: int
    integration_id: int
    preview: bool
    stages: tuple[Stage, ...]


def get_waiting_plan(run_id: int) -> WaitingPlan:
    """Return whose plan a run holds or shows, or raise SetupError if there is none."""
    row = _get_waiting_row(run_id)
    stages = tuple(stage for stage in Stage if stage in row.stages)
    return WaitingPlan(row.tenant_id, row.integration_id, row.dry_run, stages)
