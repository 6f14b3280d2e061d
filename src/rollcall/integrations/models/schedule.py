"""When the next run of an integration is due, and what all runs add up to."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from rollcall.integrations.models.integration import Integration
from rollcall.tenants.scope import IN_TENANT, ScopedManager


class Schedule(models.Model):
    """When an integration is synchronised next, and how its last runs went.

    `time` and `zone` are what `slot_at` was reckoned from: where they differ from the settings it
    is reckoned anew. `next_at` is the slot, spread, or an earlier attempt after a failure that
    nobody need mend. `people` and `seconds` say how big its runs are.
    """

    integration = models.OneToOneField(Integration, primary_key=True, **IN_TENANT)
    tenant = models.ForeignKey("tenants.Tenant", **IN_TENANT)
    time = models.TimeField()
    zone = models.TextField()
    slot_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    people = models.IntegerField(default=0, db_default=0)
    seconds = models.FloatField(default=0, db_default=0)
    succeeded_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["next_at"], name="schedule_next")]


class RunTally(models.Model):
    """What all runs of one kind that ended in one state add up to: it never shrinks.

    `within` counts those that took at most 1, 10, 60, 600 and 3,600 seconds.
    """

    pk = models.CompositePrimaryKey("trigger", "state")
    trigger = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    runs = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    requests = models.BigIntegerField(default=0)
    items = models.BigIntegerField(default=0)
    throttled_seconds = models.FloatField(default=0)
    within = ArrayField(models.BigIntegerField())

    objects = ScopedManager()
