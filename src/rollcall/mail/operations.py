"""Queue mails, and set the server that takes them. Sending them is `outbox` and `delivery`."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing, seal, unseal
from rollcall.credentials.secret import Secret
from rollcall.mail.addresses import checked_address, checked_addresses
from rollcall.mail.delivery import Server
from rollcall.mail.models import ONLY_ROW, MailServer, NoticeAddresses, OutgoingMail
from rollcall.mail.queries import password_place

LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
LAST_PORT: Final = 65535
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:]{2,39}")


class NewMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be queued. `kind` says in a word what it is for."""

    to: str
    subject: str
    text: str
    tenant_id: int | None
    kind: str


def send_mail(*, to: str, subject: str, text: str, tenant_id: int | None, kind: str) -> None:
    """Queue a mail; a scheduler sends it within seconds. In a transaction, it goes if that holds.

    `kind` says in a word what it is for (password-reset, notice, …): it shows to the provider,
    who never sees the text. Where a scope binds the transaction, the mail is queued after it.
    """
    mail = NewMail(to=to, subject=subject, text=text, tenant_id=tenant_id, kind=kind)
    _as_owner(lambda: send_mails([mail], now=datetime.now(UTC)))


def send_mails(mails: Iterable[NewMail], *, now: datetime) -> None:
    """Queue many mails at once. Not within a tenant's scope."""
    OutgoingMail.objects.all_tenants().bulk_create(
        (
            OutgoingMail(
                tenant_id=mail.tenant_id,
                kind=mail.kind,
                to=_one_line(mail.to),
                subject=_one_line(mail.subject),
                text=mail.text,
                message_id=str(uuid4()),
                queued_at=now,
                next_at=now,
            )
            for mail in mails
        ),
        batch_size=500,
    )


def _as_owner(work: Callable[[], None]) -> None:
    """Do it now, or when the scope that binds this transaction is left."""
    if connection.in_atomic_block and _is_bound():
        transaction.on_commit(work)
    else:
        work()


def _is_bound() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('role') <> 'none'")
        return bool(cursor.fetchone()[0])


def _one_line(text: str) -> str:
    """Return a header's text without line breaks: it is one line, whoever wrote it."""
    return " ".join(text.split())


class NewMailServer(msgspec.Struct, frozen=True, kw_only=True):
    """The mail server as somebody set it. No `password`: the one there is stays.

    With `forget_password` it goes; without a user there is none, either.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: Secret | None = None
    forget_password: bool = False
    sender: str
    sender_name: str = ""
    notice_addresses: tuple[str, ...] = ()


@transaction.atomic
def set_mail_server(new: NewMailServer, *, ring: KeyRing, actor: str, now: datetime) -> None:
    """Set the mail server. Raises SetupError."""
    row = MailServer.objects.all_tenants().select_for_update().first() or MailServer()
    moved = (row.host, row.port) != (new.host.strip().lower(), new.port)
    row.host = _checked_host(new.host, security=new.security)
    row.port, row.security = _checked_port(new.port), new.security
    row.user = new.user.strip()
    row.sender = checked_address(new.sender)
    row.sender_name = _one_line(new.sender_name)
    row.notice_addresses = checked_addresses(new.notice_addresses)
    row.changed_at = now
    if new.password is not None:
        row.password_sealed = seal(ring, new.password, place=password_place(ONLY_ROW))
        row.password_at = now
    elif new.forget_password or not row.user:
        row.password_sealed = row.password_at = None
    elif moved and row.password_sealed is not None:
        raise SetupError(
            _("This is another server: enter its password, so that none goes where it should not."),
            code="password-needed",
        )
    row.save()
    _try_again_soon(now)
    detail = {"host": row.host, "port": row.port, "security": row.security, "sender": row.sender}
    note(actor=actor, action="mail.server_set", detail=detail)


def _checked_host(text: str, *, security: str) -> str:
    host = text.strip().lower()
    if not _HOST.fullmatch(host):
        raise SetupError(
            _("“%(host)s” is not the name of a server: it looks like smtp.company.example.")
            % {"host": host},
            code="bad-mail-host",
        )
    if security not in MailServer.Security.values:
        raise SetupError(
            _("There is starttls, tls and none, and no “%(security)s”.") % {"security": security},
            code="bad-mail-security",
        )
    if security == MailServer.Security.NONE and host not in LOCAL_HOSTS:
        raise SetupError(
            _("Without encryption mails may go to a server on this machine only (localhost)."),
            code="mail-not-encrypted",
        )
    return host


def _checked_port(port: int) -> int:
    if not 1 <= port <= LAST_PORT:
        raise SetupError(
            _("A port is a number from 1 to 65535; mail servers listen at 587, 465 or 25."),
            code="bad-mail-port",
        )
    return port


def _try_again_soon(now: datetime) -> None:
    """Let what waits because of the server wait no longer."""
    waiting = OutgoingMail.objects.all_tenants().filter(state=OutgoingMail.State.WAITING)
    waiting.filter(next_at__gt=now).update(next_at=now)


def open_mail_server(ring: KeyRing) -> Server | None:
    """Return the mail server with its password, if it was set up. Raises SetupError."""
    row = MailServer.objects.all_tenants().first()
    if row is None:
        return None
    password = None
    if row.password_sealed is not None:
        place = password_place(ONLY_ROW)
        password = unseal(ring, bytes(row.password_sealed), place=place)
    return Server(
        host=row.host,
        port=row.port,
        security=row.security,
        user=row.user,
        password=password,
        sender=row.sender,
        sender_name=row.sender_name,
    )


def set_notice_addresses(tenant_id: int, addresses: Iterable[str] | None, *, actor: str) -> None:
    """Say who gets a tenant's notices; None: its administrators. Raises SetupError."""
    rows = NoticeAddresses.objects.of(tenant_id)
    if addresses is None:
        rows.delete()
    else:
        NoticeAddresses.objects.of(tenant_id).update_or_create(
            tenant_id=tenant_id, defaults={"addresses": checked_addresses(addresses)}
        )
    note(actor=actor, action="notices.addresses_set", tenant_id=tenant_id)


def retry_mail(mail_id: int, *, actor: str, now: datetime) -> bool:
    """Try a mail again that waits or failed, from the beginning; tell whether there is one."""
    rows = OutgoingMail.objects.all_tenants().filter(pk=mail_id)
    found = bool(_retry(rows, now))
    if found:
        note(actor=actor, action="mail.retried", subject=str(mail_id))
    return found


def retry_failed(*, actor: str, now: datetime) -> int:
    """Try all mails again that failed; return how many."""
    rows = OutgoingMail.objects.all_tenants().filter(state=OutgoingMail.State.FAILED)
    count = _retry(rows, now)
    if count:
        note(actor=actor, action="mail.retried", subject="failed", detail={"mails": count})
    return count


@transaction.atomic
def forget_failed(*, actor: str) -> int:
    """Delete the mails that failed, unsent; return how many."""
    rows = OutgoingMail.objects.all_tenants().filter(state=OutgoingMail.State.FAILED)
    count, _counts = rows.delete()
    if count:
        note(actor=actor, action="mail.forgotten", detail={"mails": count})
    return count


def _retry(rows: QuerySet[OutgoingMail], now: datetime) -> int:
    states = (OutgoingMail.State.WAITING, OutgoingMail.State.FAILED)
    return rows.filter(state__in=states).update(
        state=OutgoingMail.State.WAITING, attempts=0, next_at=now, ended_at=None
    )
