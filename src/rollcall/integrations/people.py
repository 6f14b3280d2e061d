"""People of the directory, as they were last read, and what becomes of them."""

from datetime import datetime

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.core.matching import line_key
from rollcall.core.records import SourceId, UserRecord
from rollcall.integrations.models import (
    DirectoryRecord,
    LinkDecision,
    NumberAssignment,
    Refusal,
)
from rollcall.integrations.queries import IntegrationView

SHOWN = 8
LAST = "\U0010ffff"
"""Comes after everything that begins alike."""

_records = msgspec.json.Decoder(UserRecord)


class DirectoryPerson(msgspec.Struct, frozen=True):
    """One object of the directory. `record` is None where it could never be understood."""

    object_id: str
    display_name: str
    record: UserRecord | None
    removed: str
    unreadable: str
    refusal: str | None
    detail: str | None
    refused_since: int | None


class PersonLine(msgspec.Struct, frozen=True):
    """Somebody of the directory, in a line."""

    object_id: str
    name: str
    address: str


class Wishes(msgspec.Struct, frozen=True):
    """What an administrator decided about a person beforehand."""

    linked_to: int | None
    separate: bool
    assigned_number: int | None
    decided_by: str | None
    decided_at: datetime | None


def find_person(tenant_id: int, text: str) -> DirectoryPerson:
    """Return the one person that `text` means: an id, a principal name, a mail address, a name.

    Raises SetupError if nobody or more than one is meant.
    """
    rows = DirectoryRecord.objects.of(tenant_id)
    key = line_key(text)
    exact = list(rows.filter(Q(object_id=text.strip()) | Q(principal_key=key))[:2])
    found = exact or list(rows.filter(email_key=key)[: SHOWN + 1])
    if not found:
        found = list(
            rows.filter(display_name__icontains=text.strip()).order_by("display_name")[: SHOWN + 1]
        )
    if not found:
        sentence = _(
            "Nobody of the directory is called “%(text)s”: not by object id, principal name, mail "
            "address or display name. Was there a sync yet?"
        )
        raise SetupError(sentence % {"text": text}, code="unknown-person")
    if len(found) > 1:
        names = ", ".join(f"{row.display_name} ({row.principal_key})" for row in found[:SHOWN])
        sentence = _("“%(text)s” means more than one person: %(names)s.")
        raise SetupError(sentence % {"text": text, "names": names}, code="ambiguous-person")
    return _to_person(found[0])


def suggest_people(integration: IntegrationView, text: str) -> list[PersonLine]:
    """Return a few people who may be meant by the beginning of an address, or part of a name.

    Addresses are found by an index; only where they are too few is every name looked at.
    """
    key = line_key(text)
    if not key:
        return []
    rows = DirectoryRecord.objects.of(integration.tenant_id).filter(integration=integration.id)
    found: dict[str, PersonLine] = {}
    for condition in (
        Q(principal_key__gte=key, principal_key__lt=key + LAST),
        Q(email_key__gte=key, email_key__lt=key + LAST),
        Q(display_name__icontains=text.strip()),
    ):
        wanted = rows.filter(condition)[: SHOWN - len(found)] if len(found) < SHOWN else ()
        for row in wanted:
            line = PersonLine(row.object_id, row.display_name, row.principal_key)
            found.setdefault(row.object_id, line)
    return sorted(found.values(), key=lambda line: line.name.casefold())


def _to_person(row: DirectoryRecord) -> DirectoryPerson:
    refusal = Refusal.objects.of(row.tenant_id).filter(
        integration_id=row.integration_id, object_id=row.object_id, until_run__isnull=True
    )
    reason = refusal.first()
    return DirectoryPerson(
        object_id=row.object_id,
        display_name=row.display_name,
        record=_to_record(row),
        removed=row.removed,
        unreadable=row.unreadable,
        refusal=reason.reason if reason else None,
        detail=reason.detail if reason else None,
        refused_since=reason.since_run if reason else None,
    )


def _to_record(row: DirectoryRecord) -> UserRecord | None:
    if not row.fingerprint:
        return None
    return _records.decode(row.record)


def get_wishes(tenant_id: int, object_id: str) -> Wishes:
    """Return what was decided about a person beforehand."""
    decision = (
        LinkDecision.objects.of(tenant_id)
        .filter(object_id=object_id)
        .select_related("extension")
        .first()
    )
    assigned = NumberAssignment.objects.of(tenant_id).filter(object_id=object_id).first()
    return Wishes(
        linked_to=decision.extension.number if decision and decision.extension else None,
        separate=decision is not None and decision.extension_id is None,
        assigned_number=assigned.number if assigned else None,
        decided_by=decision.decided_by if decision else None,
        decided_at=decision.decided_at if decision else None,
    )


def match_record(tenant_id: int, line: str) -> tuple[SourceId | None, str]:
    """Return the object that a line of a list means by what was last read, or a problem."""
    key = line_key(line)
    rows = DirectoryRecord.objects.of(tenant_id).filter(removed="")
    for condition in (
        Q(object_id=line.strip()),
        Q(principal_key=key),
        Q(email_key=key),
        Q(aliases__contains=[key]),
    ):
        found = list(rows.filter(condition).values_list("object_id", flat=True)[:2])
        if len(found) > 1:
            return None, "ambiguous"
        if found:
            return SourceId(found[0]), ""
    return None, "not-found"
