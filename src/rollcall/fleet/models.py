"""The table of the fleet app."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from rollcall.tenants.scope import ScopedManager


class Process(models.Model):
    """A part of Rollcall that runs somewhere. Its times are the database's, so clocks may differ.

    `load` is how many runs a worker has in hand.
    """

    class Kind(models.TextChoices):
        UP = "up"
        WEB = "web"
        WORKER = "worker"
        SCHEDULER = "scheduler"
        SWITCH = "switch"

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=9, choices=Kind.choices)
    host = models.TextField()
    pid = models.IntegerField()
    version = models.TextField()
    load = models.IntegerField(default=0, db_default=0)
    capacity = models.IntegerField(default=0, db_default=0)
    started_at = models.DateTimeField(db_default=Now())
    beat_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "beat_at"], name="process_kind_beat")]
