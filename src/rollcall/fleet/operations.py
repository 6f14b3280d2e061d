"""Say that a process is alive, and that it is no more."""

from uuid import UUID

import msgspec
from django.db.models.functions import Now

from rollcall.fleet.models import Process


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a process is. `kind` is up, web, worker, scheduler or switch."""

    id: UUID
    kind: str
    host: str
    pid: int
    version: str
    capacity: int = 0


def beat(identity: Identity, *, load: int = 0) -> None:
    """Say that the process is alive."""
    row = Process(
        id=identity.id,
        kind=identity.kind,
        host=identity.host,
        pid=identity.pid,
        version=identity.version,
        capacity=identity.capacity,
        load=load,
        started_at=Now(),
        beat_at=Now(),
    )
    Process.objects.all_tenants().bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["load", "beat_at"],
    )


def leave(identity: Identity) -> None:
    """Say that the process ends."""
    Process.objects.all_tenants().filter(pk=identity.id).delete()
