"""Queue mails, and set the server that takes them. Sending them is `outbox` and `delivery`."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from django.db import connection, transaction

from rollcall.mail.models import OutgoingMail


def send_mail(
    *, to: str, subject: str, text: str, tenant_id: int | None, kind: str
) -> None:
    """Queue a mail; a scheduler sends it within seconds. In a transaction, it goes if that holds.

    `kind` says in a word what it is for (password-reset, notice, …): it shows to the provider,
    who never sees the text. Where a scope binds the transaction, the mail is queued after it.
    """
    row = OutgoingMail(
        tenant_id=tenant_id,
        kind=kind,
        to=_one_line(to),
        subject=_one_line(subject),
        text=text,
        message_id=str(uuid4()),
    )
    _as_owner(partial(_queue, row))


def _queue(row: OutgoingMail) -> None:
    row.queued_at = row.next_at = datetime.now(UTC)
    row.save()


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
