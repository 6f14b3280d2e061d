"""Keep what was told, and what waits to be told to the provider. What that is, is decided above."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import connection

from rollcall.core.notices import Kind, Known
from rollcall.mail.models import Notice, NoticeAddresses, OutgoingMail, ProviderLine

LOCK: Final = 0x526F6C6C54656C6C
"""Advisory lock (“RollTell”): one machine at a time decides what to tell."""

KEPT: Final = timedelta(days=400)
PROVIDER = "provider-notice"


class NoticeChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a notice. No `step`: it is over. Not `heard`: it is yet to be told.

    `told_to` are the tenant's own addresses: who the provider is, does not show to tenants.
    """

    tenant_id: int | None
    kind: Kind
    step: str | None
    since: datetime
    detail: Mapping[str, str]
    heard: bool
    told_to: tuple[str, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Something for the provider: `subject` is it in a line."""

    tenant_id: int | None
    subject: str
    text: str


def take_telling_lock() -> bool:
    """Be the one who tells, until the transaction ends; tell whether that is so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def known_notices() -> Mapping[int | None, Mapping[Kind, Known]]:
    """Return the notices that are open, by tenant; None is the server."""
    found: dict[int | None, dict[Kind, Known]] = {}
    rows = Notice.objects.all_tenants().filter(recovered_at__isnull=True)
    for tenant_id, kind, told in rows.values_list("tenant_id", "kind", "told"):
        found.setdefault(tenant_id, {})[Kind(kind)] = Known(Kind(kind), frozenset(told))
    return found


def keep_notices(changes: Sequence[NoticeChange], *, now: datetime) -> None:
    """Open notices, take them a step further, and end them."""
    rows = Notice.objects.all_tenants().filter(
        recovered_at__isnull=True, kind__in={change.kind.value for change in changes}
    )
    known = {(row.tenant_id, row.kind): row for row in rows}
    fresh: list[Notice] = []
    stale: list[Notice] = []
    for change in changes:
        row = known.get((change.tenant_id, change.kind.value))
        if row is None and change.step is None:
            continue
        (stale if row else fresh).append(_changed(row or _new(change), change, now))
    Notice.objects.all_tenants().bulk_create(fresh)
    columns = ["told", "detail", "told_at", "told_to", "recovered_at"]
    Notice.objects.all_tenants().bulk_update(stale, columns, batch_size=500)


def _new(change: NoticeChange) -> Notice:
    return Notice(tenant_id=change.tenant_id, kind=change.kind.value, since=change.since)


def _changed(row: Notice, change: NoticeChange, now: datetime) -> Notice:
    if change.step is None:
        row.recovered_at = now
        return row
    row.detail = dict(change.detail)
    if change.heard:
        row.told = [*row.told, change.step]
        row.told_at, row.told_to = now, list(change.told_to)
    return row


def addresses_of(tenant_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Return who gets the notices of tenants, of those for which somebody said so."""
    rows = NoticeAddresses.objects.all_tenants().filter(tenant_id__in=tenant_ids)
    return dict(rows.values_list("tenant_id", "addresses"))


def queue_lines(lines: Sequence[Line], *, now: datetime) -> None:
    """Let the next mail to the provider hold these."""
    ProviderLine.objects.all_tenants().bulk_create(
        ProviderLine(tenant_id=line.tenant_id, at=now, subject=line.subject, text=line.text)
        for line in lines
    )


def take_lines(*, now: datetime, apart: timedelta) -> list[Line]:
    """Return what waits for the provider, and forget it; nothing shortly after a mail to them."""
    rows = ProviderLine.objects.all_tenants().order_by("id")
    mails = OutgoingMail.objects.all_tenants().filter(kind=PROVIDER)
    if not rows.exists() or mails.filter(queued_at__gt=now - apart).exists():
        return []
    taken = list(rows)
    rows.delete()
    return [Line(tenant_id=row.tenant_id, subject=row.subject, text=row.text) for row in taken]


def forget_old_notices(*, now: datetime) -> int:
    """Delete notices that were over long ago; return how many."""
    return Notice.objects.all_tenants().filter(recovered_at__lt=now - KEPT).delete()[0]
