"""Read the mail server's settings, the outbox, and what was told. No secret, no text of a mail."""

from datetime import datetime

import msgspec
from django.db.models import Count, Min

from rollcall.core.notices import Kind
from rollcall.mail.models import MailServer, Notice, NoticeAddresses, OutgoingMail


class MailServerView(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server's settings; of its password only since when there is one."""

    host: str
    port: int
    security: str
    user: str
    password_at: datetime | None
    sender: str
    sender_name: str
    notice_addresses: tuple[str, ...]
    changed_at: datetime


class MailView(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in the outbox, without its text."""

    id: int
    tenant: str | None
    kind: str
    to: str
    subject: str
    state: str
    attempts: int
    queued_at: datetime
    next_at: datetime
    ended_at: datetime | None
    reason: str


class OutboxCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many mails wait, failed and were sent of late, and since when the first waits."""

    waiting: int
    failed: int
    sent: int
    waiting_since: datetime | None


class MailStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server, if one is set, and the outbox."""

    server: MailServerView | None
    waiting: int
    failed: int
    sent: int
    waiting_since: datetime | None


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody should know; `recovered_at` is when it was over."""

    kind: Kind
    since: datetime
    told_at: datetime | None
    told_to: tuple[str, ...]
    recovered_at: datetime | None
    detail: dict[str, str]


def password_place(row_id: int) -> str:
    """Return what the mail server's sealed password is bound to."""
    return f"mail_mailserver.password_sealed:{row_id}"


def find_mail_server() -> MailServerView | None:
    """Return the mail server's settings, if it was set up. Not within a tenant's scope."""
    row = MailServer.objects.all_tenants().defer("password_sealed").first()
    if row is None:
        return None
    return MailServerView(
        host=row.host,
        port=row.port,
        security=row.security,
        user=row.user,
        password_at=row.password_at,
        sender=row.sender,
        sender_name=row.sender_name,
        notice_addresses=tuple(row.notice_addresses),
        changed_at=row.changed_at,
    )


def has_mail_server() -> bool:
    """Tell whether mails can be sent at all. Not within a tenant's scope."""
    return MailServer.objects.all_tenants().exists()


def count_outbox() -> OutboxCounts:
    """Count the mails by state."""
    rows = OutgoingMail.objects.all_tenants()
    found = {
        state: (count, first)
        for state, count, first in rows.values_list("state")
        .annotate(count=Count("id"), first=Min("queued_at"))
        .order_by()
    }
    waiting, since = found.get("waiting", (0, None))
    return OutboxCounts(
        waiting=waiting,
        failed=found.get("failed", (0, None))[0],
        sent=found.get("sent", (0, None))[0],
        waiting_since=since,
    )


def mail_status() -> MailStatus:
    """Return the mail server and the state of the outbox."""
    return MailStatus(server=find_mail_server(), **msgspec.structs.asdict(count_outbox()))


def list_outbox(state: str, *, limit: int, skip: int = 0) -> list[MailView]:
    """Return mails in a state, the newest first."""
    rows = OutgoingMail.objects.all_tenants().filter(state=state)
    columns = [*MailView.__struct_fields__]
    columns[columns.index("tenant")] = "tenant__slug"
    return [
        MailView(**dict(zip(MailView.__struct_fields__, row, strict=True)))
        for row in rows.order_by("-id").values_list(*columns)[skip : skip + limit]
    ]


def open_notices(tenant_id: int) -> list[NoticeView]:
    """Return what a tenant's administrators should know, the oldest first."""
    rows = Notice.objects.of(tenant_id).filter(recovered_at__isnull=True)
    return [_to_notice(row) for row in rows.order_by("since", "id")]


def past_notices(tenant_id: int, *, limit: int, skip: int = 0) -> list[NoticeView]:
    """Return what is over, the newest first."""
    rows = Notice.objects.of(tenant_id).filter(recovered_at__isnull=False)
    return [_to_notice(row) for row in rows.order_by("-since", "-id")[skip : skip + limit]]


def _to_notice(row: Notice) -> NoticeView:
    return NoticeView(
        kind=Kind(row.kind),
        since=row.since,
        told_at=row.told_at,
        told_to=tuple(row.told_to),
        recovered_at=row.recovered_at,
        detail=row.detail,
    )


def notice_addresses(tenant_id: int) -> tuple[str, ...] | None:
    """Return who gets a tenant's notices; None: its administrators."""
    row = NoticeAddresses.objects.of(tenant_id).first()
    return tuple(row.addresses) if row else None
