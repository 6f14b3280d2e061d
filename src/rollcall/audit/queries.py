"""Read the audit log, the newest entries first, in pages that begin where the last one ended."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.audit.models import AuditEntry

CHUNK: Final = 1000
ACTORS: Final = 200
"""So many of the newest entries say whom one can choose among."""


class EntryView(msgspec.Struct, frozen=True):
    """One thing that somebody did."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]


class Place(msgspec.Struct, frozen=True):
    """An entry's place in the log: time, and id among those of one moment."""

    at: datetime
    id: int


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted; nothing given is all of them. `search` is in actor or subject."""

    actor: str = ""
    actions: Collection[str] = ()
    search: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_entries(
    tenant_id: int | None, wanted: AuditFilter, *, limit: int, before: Place | None = None
) -> list[EntryView]:
    """Return entries of a tenant, or of the system (None), that are older than `before`."""
    rows = _narrowed(_rows_of(tenant_id), wanted)
    if before is not None:
        older = Q(at__lt=before.at) | Q(at=before.at, id__lt=before.id)
        # Said twice, because an index serves the plain comparison only.
        rows = rows.filter(older, at__lte=before.at)
    return [_to_view(row) for row in rows.order_by("-at", "-id")[:limit]]


def every_entry(read: Callable[[Place | None], list[EntryView]]) -> Iterator[EntryView]:
    """Yield all entries that `read` returns chunk by chunk, each in a scope of its own."""
    place = None
    while entries := read(place):
        yield from entries
        place = Place(entries[-1].at, entries[-1].id)


def recent_actors(tenant_id: int | None) -> list[str]:
    """Return who did something of late, by name."""
    rows = _rows_of(tenant_id).order_by("-at")
    return sorted(set(rows.values_list("actor", flat=True)[:ACTORS]))


def _rows_of(tenant_id: int | None) -> QuerySet[AuditEntry]:
    if tenant_id is not None:
        return AuditEntry.objects.of(tenant_id)
    return AuditEntry.objects.all_tenants().filter(tenant__isnull=True)


def _narrowed(rows: QuerySet[AuditEntry], wanted: AuditFilter) -> QuerySet[AuditEntry]:
    if wanted.actor:
        rows = rows.filter(actor=wanted.actor)
    if wanted.actions:
        rows = rows.filter(action__in=list(wanted.actions))
    if wanted.search:
        rows = rows.filter(Q(actor__icontains=wanted.search) | Q(subject__icontains=wanted.search))
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return rows


def _to_view(row: AuditEntry) -> EntryView:
    return EntryView(
        id=row.pk,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
    )
