"""How an integration is, at a glance: connected or not, last and next run, what waits for a person.

A handful of queries whatever the tenant's size; lists of people and reports are not read.
"""

from collections.abc import Mapping
from datetime import datetime, time

import msgspec
from django.db.models import Q

from rollcall.core.findings import Finding, Light
from rollcall.core.policy import Stage
from rollcall.integrations.models import Integration, KeyPair, Schedule, SetupCheck, SyncRun
from rollcall.integrations.queries import MICROSOFT, KeyPairView, switched_on, to_key_pair

CHANGING = ("created", "linked", "changed", "blocked", "released", "returned")
STATES = SyncRun.State


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest check. `granted` is None until a token was seen; `lacking` is what it lacks."""

    started_at: datetime
    finished_at: datetime | None
    findings: tuple[Finding, ...]
    organisation: str
    domain: str
    granted: tuple[str, ...] | None
    lacking: tuple[str, ...]

    @property
    def worst(self) -> Light:
        """The light of all findings together."""
        lights = {finding.light for finding in self.findings}
        return next((each for each in (Light.RED, Light.AMBER) if each in lights), Light.GREEN)

    def light(self, step: str) -> Light | None:
        """Return the light of a step, if it was tried."""
        found = next((each for each in self.findings if each.step == step), None)
        return found.light if found else None


class RunGlance(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a line."""

    id: int
    state: str
    dry_run: bool
    started_at: datetime | None
    finished_at: datetime | None
    changes: int
    hold: str
    error: Mapping[str, str] | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """An integration at a glance. `last` was no preview; `current` is queued or running."""

    id: int
    application_id: str | None
    directory_id: str | None
    cloud: str
    certificate_days: int
    sync_time: time
    paused: bool
    stages: frozenset[Stage]
    sign_in: bool
    active_key: KeyPairView | None
    pending_key: KeyPairView | None
    next_at: datetime | None
    succeeded_at: datetime | None
    attempts: int
    last: RunGlance | None
    held: RunGlance | None
    current: RunGlance | None
    check: CheckView | None

    @property
    def complete(self) -> bool:
        """Whether everything is filled in that a check or a run needs."""
        key = self.active_key or self.pending_key
        return bool(self.application_id and self.directory_id and key)


def find_status(tenant_id: int) -> Status | None:
    """Return how the tenant's integration is, if it was set up."""
    row = Integration.objects.of(tenant_id).filter(source=MICROSOFT).first()
    if row is None:
        return None
    schedule = Schedule.objects.of(tenant_id).filter(pk=row.pk).first()
    usable = KeyPair.objects.of(tenant_id).exclude(state=KeyPair.State.RETIRED)
    keys = {key.state: to_key_pair(key) for key in usable}
    last, held, current = _glances(tenant_id)
    return Status(
        id=row.pk,
        application_id=str(row.application_id) if row.application_id else None,
        directory_id=str(row.directory_id) if row.directory_id else None,
        cloud=row.cloud,
        certificate_days=row.certificate_days,
        sync_time=row.sync_time,
        paused=row.paused,
        stages=switched_on(row),
        sign_in=row.sign_in,
        active_key=keys.get("active"),
        pending_key=keys.get("pending"),
        next_at=schedule.next_at if schedule and not row.paused else None,
        succeeded_at=schedule.succeeded_at if schedule else None,
        attempts=schedule.attempts if schedule else 0,
        last=last,
        held=held,
        current=current,
        check=find_check(tenant_id),
    )


def find_check(tenant_id: int) -> CheckView | None:
    """Return the newest check of the tenant's set-up."""
    row = SetupCheck.objects.of(tenant_id).first()
    if row is None:
        return None
    return CheckView(
        started_at=row.started_at,
        finished_at=row.finished_at,
        findings=msgspec.convert(tuple(row.findings), tuple[Finding, ...]),
        organisation=row.organisation,
        domain=row.domain,
        granted=tuple(row.granted) if row.granted is not None else None,
        lacking=tuple(row.lacking),
    )


def _glances(
    tenant_id: int,
) -> tuple[RunGlance | None, RunGlance | None, RunGlance | None]:
    """Return the newest ended run that was no preview, the held one, and the unfinished one."""
    columns = ("state", "dry_run", "started_at", "finished_at", "counts", "hold", "error")
    runs = SyncRun.objects.of(tenant_id).order_by("-id").only("id", *columns)
    unfinished = Q(state__in=(STATES.QUEUED, STATES.RUNNING))
    ended = runs.filter(~unfinished, dry_run=False)
    last = ended.exclude(state=STATES.CANCELLED).first()
    held = ended.filter(state=STATES.HELD).first()
    current = runs.filter(unfinished).first()
    return _glance(last), _glance(held), _glance(current)


def _glance(row: SyncRun | None) -> RunGlance | None:
    if row is None:
        return None
    return RunGlance(
        id=row.pk,
        state=row.state,
        dry_run=row.dry_run,
        started_at=row.started_at,
        finished_at=row.finished_at,
        changes=sum(counts.get(name, 0) for counts in row.counts.values() for name in CHANGING),
        hold=row.hold,
        error=row.error,
    )
