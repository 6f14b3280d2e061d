"""What the runs of an integration read, decide and leave behind."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.integrations.models.integration import Integration
from rollcall.tenants.scope import IN_TENANT, ScopedManager


class DirectoryRecord(models.Model):
    """The last word of the directory on one object, in scope or not.

    `record` is a core record as JSON; what is looked for stands in columns beside it.
    `removed` is empty while the object is there, then restorable or gone. `unreadable` says why
    the newest answer could not be understood; the record before it stays in force.
    """

    pk = models.CompositePrimaryKey("integration_id", "object_id")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    object_id = models.TextField(db_collation="C")
    fingerprint = models.BinaryField(max_length=16)
    record = models.TextField()
    aliases = ArrayField(models.TextField(), default=list)
    display_name = models.TextField(default="")
    principal_key = models.TextField(default="", db_collation="C")
    email_key = models.TextField(default="", db_collation="C")
    removed = models.CharField(max_length=10, default="")
    unreadable = models.TextField(default="")
    purpose = models.CharField(max_length=20, default="")
    purpose_fingerprint = models.BinaryField(max_length=16, null=True)
    purpose_missing_since = models.DateTimeField(null=True)
    purpose_missing_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="record_removed", condition=models.Q(removed__in=("", "restorable", "gone"))
            ),
        ]
        indexes: ClassVar = [
            models.Index("integration", "principal_key", name="record_principal"),
            models.Index("integration", "email_key", name="record_email"),
            models.Index(
                "integration",
                name="record_unreadable",
                condition=~models.Q(unreadable=""),
            ),
        ]


class Refusal(models.Model):
    """A record that may not come in, and why; in force from one run until another."""

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    object_id = models.TextField(db_collation="C")
    reason = models.CharField(max_length=20)
    detail = models.TextField(default="")
    since_run = models.BigIntegerField()
    until_run = models.BigIntegerField(null=True)

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "integration",
                "object_id",
                name="refusal_in_force",
                condition=models.Q(until_run__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "integration",
                "reason",
                name="refusal_reason",
                condition=models.Q(until_run__isnull=True),
            ),
        ]


class SyncRun(models.Model):
    """One execution: asked for, running, ended, kept.

    `beat_at` is when its worker last said that it is at it, by the database's clock. `goes_on`
    is the run that this one goes on with, `since` when the first of them began. `error_code` is
    that of `error`, which may name people: the provider sees the code alone.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        PLANNED = "planned"
        HELD = "held"
        APPLIED = "applied"
        FAILED = "failed"
        CANCELLED = "cancelled"
        DISCARDED = "discarded"
        SUPERSEDED = "superseded"

    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Integration, **IN_TENANT)
    trigger = models.CharField(max_length=10)
    asked_by = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    dry_run = models.BooleanField(default=False)
    full = models.BooleanField(default=False)
    stages = ArrayField(models.CharField(max_length=17))
    fence = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)
    beat_at = models.DateTimeField(null=True)
    worker = models.TextField(default="", db_default="")
    goes_on = models.ForeignKey("self", null=True, **IN_TENANT)
    since = models.DateTimeField(null=True)
    takeovers = models.PositiveSmallIntegerField(default=0, db_default=0)
    photos_until = models.TextField(default="", db_default="", db_collation="C")
    progress = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    refused = models.JSONField(default=dict)
    hold = models.TextField(default="")
    announced = models.BooleanField(default=True)
    requests = models.IntegerField(default=0)
    items = models.IntegerField(default=0)
    throttled_seconds = models.FloatField(default=0)
    error = models.JSONField(null=True)
    error_code = models.TextField(default="", db_default="")

    objects = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "integration",
                name="run_one_at_a_time",
                condition=models.Q(state__in=("queued", "running")),
            ),
            models.CheckConstraint(
                name="run_finished",
                condition=models.Q(state__in=("queued", "running"), finished_at__isnull=True)
                | (
                    ~models.Q(state__in=("queued", "running")) & models.Q(finished_at__isnull=False)
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tenant", "-id"], name="run_newest"),
            models.Index(
                "state",
                name="run_unfinished",
                condition=models.Q(state__in=("queued", "running")),
            ),
            models.Index(fields=["finished_at"], name="run_finished_at"),
            models.Index(
                fields=["tenant", "-id"],
                name="run_newest_ended",
                condition=models.Q(dry_run=False, state__in=("applied", "failed", "held")),
            ),
            models.Index(
                fields=["tenant"], name="run_held", condition=models.Q(dry_run=False, state="held")
            ),
            models.Index(
                fields=["finished_at"],
                name="run_failed",
                condition=models.Q(dry_run=False, state="failed"),
            ),
            models.Index(
                fields=["goes_on"],
                name="run_goes_on",
                condition=models.Q(goes_on__isnull=False),
            ),
        ]


class RunChange(models.Model):
    """One change of one run: who, what, which number, which fields from what to what, and why."""

    pk = models.CompositePrimaryKey("run_id", "position")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    run = models.ForeignKey(SyncRun, **IN_TENANT)
    position = models.IntegerField()
    action = models.CharField(max_length=8)
    object_id = models.TextField(db_collation="C")
    name = models.TextField()
    number = models.BigIntegerField(null=True)
    fields = models.JSONField(default=dict)
    reason = models.TextField(default="")

    objects = ScopedManager()


class HeldPlan(models.Model):
    """A plan that waits for a person's word: exactly what would be done, and its cursor."""

    pk = models.CompositePrimaryKey("run_id", "stage")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    run = models.ForeignKey(SyncRun, **IN_TENANT)
    stage = models.CharField(max_length=17)
    digest = models.BinaryField(max_length=16)
    plan = models.BinaryField()

    objects = ScopedManager()


class Reading(models.Model):
    """A reading of the people that has begun and is not applied yet.

    The next run goes on from it. `cursor` is filled when the last page is in.
    """

    integration = models.OneToOneField(Integration, primary_key=True, **IN_TENANT)
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    complete = models.BooleanField()
    shape = models.TextField()
    since = models.TextField(default="")
    started_at = models.DateTimeField()
    cursor = models.TextField(default="")

    objects = ScopedManager()


class StagedPage(models.Model):
    """One page of a reading, and where the next page is."""

    pk = models.CompositePrimaryKey("integration_id", "position")
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    integration = models.ForeignKey(Reading, **IN_TENANT)
    position = models.IntegerField()
    records = models.BinaryField()
    resume = models.TextField()

    objects = ScopedManager()
