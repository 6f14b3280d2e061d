"""Which processes are alive. What has not beaten for a while is not."""

from datetime import datetime, timedelta

import msgspec
from django.db.models.functions import Now

from rollcall.fleet.models import Process

ALIVE = timedelta(seconds=20)


class ProcessView(msgspec.Struct, frozen=True):
    """A living process. `load` of `capacity` runs are in a worker's hands."""

    kind: str
    host: str
    pid: int
    version: str
    load: int
    capacity: int
    started_at: datetime
    beat_at: datetime


def living_processes(kind: str | None = None) -> list[ProcessView]:
    """Return the processes that are alive, or those of one kind."""
    rows = Process.objects.all_tenants().filter(beat_at__gt=Now() - ALIVE)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return [
        ProcessView(
            kind=row.kind,
            host=row.host,
            pid=row.pid,
            version=row.version,
            load=row.load,
            capacity=row.capacity,
            started_at=row.started_at,
            beat_at=row.beat_at,
        )
        for row in rows.order_by("kind", "host", "pid")
    ]


def has_service() -> bool:
    """Tell whether runs that are queued are carried out: a worker and a scheduler are alive."""
    kinds = {process.kind for process in living_processes()}
    return {Process.Kind.WORKER, Process.Kind.SCHEDULER} <= kinds
