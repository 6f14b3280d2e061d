"""Mails on their way: taken in hand, sent, tried again, given up.

Any number of senders may take mails in hand at once. Each says until when it has them; when it
dies, another one takes them after that, so a mail may come twice and is never lost.
"""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from rollcall.mail.delivery import DeliveryError, Mail
from rollcall.mail.models import OutgoingMail

BATCH: Final = 10
LEASE: Final = timedelta(minutes=15)
"""So long a sender has a batch in hand; delivery.MAIL_SECONDS keeps it within."""

RETRIES: Final = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""How long after each failure the next attempt comes; then a mail has failed."""

UNSERVED: Final = timedelta(hours=24)
"""So long a mail waits for somebody to set a mail server at all."""

KEPT: Final = timedelta(days=30)

_State = OutgoingMail.State


class Claimed(msgspec.Struct, frozen=True):
    """A mail in hand, until then."""

    id: int
    mail: Mail
    until: datetime


def claim_due(*, now: datetime, limit: int = BATCH) -> list[Claimed]:
    """Take mails in hand whose time has come, the oldest first."""
    until = now + LEASE
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    rows = OutgoingMail.objects.all_tenants()
    with transaction.atomic():
        due = rows.filter(free, state=_State.WAITING, next_at__lte=now).order_by("next_at", "id")
        batch = list(due.select_for_update(skip_locked=True)[:limit])
        rows.filter(pk__in=[row.pk for row in batch]).update(claimed_until=until)
    return [
        Claimed(
            row.pk,
            Mail(to=row.to, subject=row.subject, text=row.text, message_id=row.message_id),
            until,
        )
        for row in batch
    ]


def note_sent(claimed: Claimed, *, now: datetime) -> None:
    """Note that a mail is with the server now; of its text nothing is kept."""
    _ours(claimed).update(
        state=_State.SENT,
        ended_at=now,
        claimed_until=None,
        attempts=F("attempts") + 1,
        reason="",
        text="",
    )


def note_refused(claimed: Claimed, error: DeliveryError, *, now: datetime) -> None:
    """Note why a mail was not taken: it is tried again later, or has failed."""
    row = _ours(claimed).first()
    if row is None:
        return
    if error.again and row.attempts < len(RETRIES):
        values: dict[str, Any] = {"next_at": now + RETRIES[row.attempts]}
    else:
        values = {"state": _State.FAILED, "ended_at": now}
    _ours(claimed).update(
        attempts=row.attempts + 1, claimed_until=None, reason=str(error), **values
    )


def put_back(claimed: Claimed) -> None:
    """Let go of a mail that nothing was done with."""
    _ours(claimed).update(claimed_until=None)


def _ours(claimed: Claimed) -> QuerySet[OutgoingMail]:
    rows = OutgoingMail.objects.all_tenants()
    return rows.filter(pk=claimed.id, state=_State.WAITING, claimed_until=claimed.until)


def give_up_unserved(*, now: datetime) -> int:
    """Give up what has long waited for a mail server to be set; return how many."""
    rows = OutgoingMail.objects.all_tenants().filter(state=_State.WAITING)
    return rows.filter(queued_at__lt=now - UNSERVED).update(
        state=_State.FAILED, ended_at=now, reason=_("No mail server was set.")
    )


def give_up_restored(*, now: datetime) -> int:
    """Give up what waits in a database that was brought back: it was sent since, or is too old."""
    rows = OutgoingMail.objects.all_tenants().filter(state=_State.WAITING)
    reason = _("A backup was restored in which this mail was waiting.")
    return rows.update(state=_State.FAILED, ended_at=now, claimed_until=None, reason=reason)


def forget_old(*, now: datetime) -> int:
    """Delete mails that ended long ago; return how many."""
    rows = OutgoingMail.objects.all_tenants().filter(ended_at__lt=now - KEPT)
    return rows.delete()[0]
