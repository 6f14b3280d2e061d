"""Change an integration: its settings, lists and key pairs."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

import msgspec
from django.db import transaction

from rollcall.accounts.break_glass import has_local_administrator, hold_administrators
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.matching import chosen_lines
from rollcall.credentials.keypair import generate_key_pair
from rollcall.credentials.sealing import KeyRing, seal
from rollcall.integrations.check_operations import forget_directory
from rollcall.integrations.domains import forget_domains
from rollcall.integrations.models import Integration, KeyPair, ListEntry
from rollcall.integrations.queries import (
    MICROSOFT,
    IntegrationView,
    KeyPairView,
    key_place,
    to_key_pair,
    to_view,
)
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.integrations.settling import settle_later

MODES = {
    "people": "people_mode",
    "personal": "personal_mode",
    "mailboxes": "mailbox_mode",
    "sign-in": "sign_in_mode",
}
MOST_CERTIFICATE_DAYS = 1100
ENTRY_LISTS = frozenset({"sign-in", ADMINISTRATORS})
CONNECTION = ("application_id", "directory_id", "cloud")


class NewList(msgspec.Struct, frozen=True):
    """A selection to be set: mode, and the lines of the list file (None: keep those there are).

    `bound` says which object a line means, where whoever gives it knows.
    """

    mode: str
    lines: tuple[str, ...] | None = None
    bound: Mapping[str, str] = {}


class Connection(msgspec.Struct, frozen=True):
    """Which application in which directory of which cloud; None keeps what there is."""

    application_id: str | None = None
    directory_id: str | None = None
    cloud: str | None = None


@transaction.atomic
def change_integration(
    tenant_id: int,
    *,
    actor: str,
    connection: Connection,
    values: Mapping[str, Any],
    lists: Mapping[str, NewList],
) -> IntegrationView:
    """Set up the tenant's Microsoft 365 integration, or change what is given of it.

    `values` are plain columns by name. Another directory, application or cloud drops the token;
    another directory or cloud also the cursor, because the people are others.
    """
    if "certificate_days" in values:
        check_certificate_days(values["certificate_days"])
    if values.get("enforce_sign_in"):
        hold_administrators(tenant_id)
        check_way_in(tenant_id)
    row = _get_or_make(tenant_id)
    before = {name: getattr(row, name) for name in (*values, *CONNECTION)}
    changed = {name: value for name, value in values.items() if before[name] != value}
    for name, value in changed.items():
        setattr(row, name, value)
    changed |= _connect(row, connection)
    if changed:
        row.save()
    for subject, new in lists.items():
        changed |= _set_list(row, subject, new)
    if changed:
        note(
            actor=actor,
            action="integration.changed",
            tenant_id=tenant_id,
            detail={name: _told(name, value, before) for name, value in changed.items()},
        )
        if not _awaits_binding(row, lists):
            settle_later(tenant_id)
    return to_view(row)


def _awaits_binding(row: Integration, lists: Mapping[str, NewList]) -> bool:
    """Tell whether a new list of who may sign in has lines whose people are not known yet.

    Who is on it is settled when they are: nobody is to be signed out in between.
    """
    unbound = ListEntry.objects.of(row.tenant_id).filter(
        integration=row, subject__in=list(ENTRY_LISTS.intersection(lists)), object_id__isnull=True
    )
    return unbound.exists()


def _get_or_make(tenant_id: int) -> Integration:
    rows = Integration.objects.of(tenant_id).select_for_update()
    row = rows.filter(source=MICROSOFT).first()
    if row is None:
        row = Integration(tenant_id=tenant_id, source=MICROSOFT)
        row.save()
    return row


def _connect(row: Integration, connection: Connection) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    wanted = {
        "application_id": _guid(connection.application_id, "Application (client) ID"),
        "directory_id": _guid(connection.directory_id, "Directory (tenant) ID"),
        "cloud": connection.cloud,
    }
    for name, value in wanted.items():
        if value is not None and getattr(row, name) != value:
            setattr(row, name, value)
            changed[name] = value
    if changed:
        row.token_sealed = None
        row.token_expires_at = None
        forget_directory(row.tenant_id)
    if changed.keys() & {"directory_id", "cloud"}:
        row.users_cursor = ""
        forget_domains(row.tenant_id)
    return changed


def _guid(text: str | None, name: str) -> uuid.UUID | None:
    if text is None:
        return None
    try:
        value = uuid.UUID(text.strip())
    except ValueError:
        value = None
    if value is None or str(value) != text.strip().lower():
        raise SetupError(
            f"“{text.strip()}” is not a {name}: that is a GUID, such as "
            "3f2504e0-4f89-11d3-9a0c-0305e82c3301. Copy it from the application's overview page.",
            code="bad-guid",
        )
    return value


def _set_list(row: Integration, subject: str, new: NewList) -> dict[str, Any]:
    if subject in MODES:
        setattr(row, MODES[subject], new.mode)
        row.save(update_fields=[MODES[subject]])
    entries = ListEntry.objects.of(row.tenant_id).filter(integration=row, subject=subject)
    if new.lines is not None:
        # What a line meant before is kept until it is looked up again.
        bound = {entry.line: entry.object_id for entry in entries} | dict(new.bound)
        entries.delete()
        ListEntry.objects.of(row.tenant_id).bulk_create(
            ListEntry(
                tenant_id=row.tenant_id,
                integration=row,
                subject=subject,
                position=position,
                line=line,
                object_id=bound.get(line),
            )
            for position, line in enumerate(chosen_lines(new.lines))
        )
    if subject in MODES and new.mode == "only" and not entries.exists():
        raise SetupError(
            f"“Only” needs a list of {subject.replace('sign-in', 'people')}: with an empty one "
            "nobody would be left.",
            code="empty-list",
        )
    return {f"{subject} list": f"{new.mode}, {entries.count()} lines"}


def check_way_in(tenant_id: int) -> None:
    """Raise SetupError if, without passwords, a broken connection would lock everybody out."""
    if not has_local_administrator(tenant_id):
        raise SetupError(
            "There is no local administrator with a password who could come in when Microsoft "
            "does not answer. Give one administrator a password first; it goes on working.",
            code="no-way-in",
        )


def bind_lines(tenant_id: int, subject: str, found: Mapping[str, str]) -> None:
    """Bind lines of a list to directory objects, for good."""
    entries = list(ListEntry.objects.of(tenant_id).filter(subject=subject, line__in=list(found)))
    news = [entry for entry in entries if entry.object_id != found[entry.line]]
    for entry in news:
        entry.object_id = found[entry.line]
    ListEntry.objects.of(tenant_id).bulk_update(news, ["object_id"], batch_size=1000)
    if news:
        settle_later(tenant_id)


def forget_refused_purposes(tenant_id: int) -> None:
    """Let the next run ask again what mailboxes are for: permissions may have changed."""
    Integration.objects.of(tenant_id).update(purposes_refused_at=None)


def _told(name: str, value: Any, before: Mapping[str, Any]) -> object:
    if name not in before:
        return _plain(value)
    return {"old": _plain(before[name]), "new": _plain(value)}


def _plain(value: Any) -> object:
    return value if isinstance(value, bool | int | str) or value is None else str(value)


def check_certificate_days(days: int) -> None:
    """Raise SetupError for a validity that no certificate should have."""
    if not 1 <= days <= MOST_CERTIFICATE_DAYS:
        raise SetupError(
            f"A certificate is valid for 1 to {MOST_CERTIFICATE_DAYS} days, not {days}.",
            code="bad-days",
        )


def parse_sync_time(text: str) -> time:
    """Return HH:MM as a time, or raise SetupError."""
    try:
        hours, minutes = text.strip().split(":")
        return time(int(hours), int(minutes))
    except ValueError:
        raise SetupError(
            f"“{text}” is not a time of day: write HH:MM, such as 00:00 or 23:30.",
            code="bad-time",
        ) from None


@transaction.atomic
def new_key_pair(
    tenant_id: int, *, actor: str, name: str, days: int | None, ring: KeyRing, now: datetime
) -> tuple[KeyPairView, str]:
    """Make a key pair; return it with its certificate as PEM, to be uploaded.

    It is pending until Microsoft accepts it once; the active one stays in use until then. A
    pending one that was never accepted is replaced.
    """
    integration = _get_or_make(tenant_id)
    days = days if days is not None else integration.certificate_days
    check_certificate_days(days)
    made = generate_key_pair(name=name, days=days, now=now)
    keys = KeyPair.objects.of(tenant_id).filter(integration=integration)
    keys.filter(state=KeyPair.State.PENDING).update(state=KeyPair.State.RETIRED, retired_at=now)
    row = KeyPair(
        tenant_id=tenant_id,
        integration=integration,
        certificate=made.certificate.pem,
        private_key=seal(ring, made.private_key, place=key_place(tenant_id)),
        sha1=made.certificate.sha1,
        sha256=made.certificate.sha256,
        not_before=made.certificate.not_before,
        not_after=made.certificate.not_after,
    )
    row.save()
    note(actor=actor, action="key_pair.made", subject=str(row.pk), tenant_id=tenant_id)
    return to_key_pair(row), made.certificate.pem


@transaction.atomic
def retire_key_pair(tenant_id: int, *, actor: str, key: str, now: datetime) -> KeyPairView:
    """Retire a key pair, named by its id or the beginning of a thumbprint."""
    row = _find_key(tenant_id, key)
    if row.state == KeyPair.State.RETIRED:
        raise SetupError(f"The key pair {row.pk} is retired already.", code="retired")
    row.state = KeyPair.State.RETIRED
    row.retired_at = now
    row.save()
    integration = Integration.objects.of(tenant_id).filter(pk=row.integration_id)
    integration.update(token_sealed=None, token_expires_at=None)
    note(actor=actor, action="key_pair.retired", subject=str(row.pk), tenant_id=tenant_id)
    return to_key_pair(row)


def _find_key(tenant_id: int, key: str) -> KeyPair:
    rows: Sequence[KeyPair] = [
        row
        for row in KeyPair.objects.of(tenant_id)
        if str(row.pk) == key
        or row.sha1.startswith(key.upper())
        or row.sha256.startswith(key.upper())
    ]
    exact = [row for row in rows if str(row.pk) == key] or rows
    if len(exact) != 1:
        what = "more than one key pair" if exact else "no key pair"
        raise SetupError(f"“{key}” means {what} of this tenant.", code="unknown-key")
    return exact[0]


def pause(tenant_id: int, *, actor: str) -> None:
    """Let no sync of the tenant run until it is resumed."""
    Integration.objects.of(tenant_id).update(paused=True)
    note(actor=actor, action="integration.paused", tenant_id=tenant_id)


def resume(tenant_id: int, *, actor: str) -> None:
    """Let the tenant's syncs run again."""
    Integration.objects.of(tenant_id).update(paused=False)
    note(actor=actor, action="integration.resumed", tenant_id=tenant_id)
