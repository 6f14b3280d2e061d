"""The directory as it was last read: who a line means, who is called so, who may be shared."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.core.matching import NOT_FOUND, Match, line_key, match_lines
from rollcall.core.records import UserRecord
from rollcall.integrations.models import DirectoryRecord
from rollcall.tenants.statements import fetch, load_statements

_records = msgspec.json.Decoder(UserRecord)

LAST: Final = "\U0010ffff"
"""Comes after whatever a key may go on with."""

SQL: Final = load_statements("rollcall.integrations", "directory.sql")


class PersonName(msgspec.Struct, frozen=True):
    """How somebody of the directory is shown."""

    name: str
    address: str
    removed: bool


def match_stored(tenant_id: int, lines: Collection[str]) -> list[Match]:
    """Return what each line means by what was last read, in a number of queries of its own."""
    keys = [line_key(line) for line in lines]
    named = Q(object_id__in=list(lines)) | Q(principal_key__in=keys) | Q(email_key__in=keys)
    records = list(_decoded(_living(tenant_id).filter(named)))
    matches = match_lines(lines, records)
    left = [line_key(match.line) for match in matches if match.problem == NOT_FOUND]
    if not left:
        return matches
    rows = fetch(SQL["by_alias"], {"tenant": tenant_id, "keys": left})
    records += (_records.decode(record) for (record,) in rows)
    return match_lines(lines, records)


def search_stored(tenant_id: int, text: str, *, most: int) -> list[UserRecord]:
    """Return people with a name or address that begins with `text`, as they were last read."""
    key = line_key(text)
    rows = _living(tenant_id)
    begins = Q(principal_key__gte=key, principal_key__lt=key + LAST)
    begins |= Q(email_key__gte=key, email_key__lt=key + LAST)
    named = Q(display_name__istartswith=text.strip())
    named |= Q(display_name__icontains=f" {text.strip()}")
    found: dict[str, UserRecord] = {}
    for condition in (begins, named):
        for record in _decoded(rows.filter(condition).order_by("display_name")[:most]):
            found.setdefault(record.source_id, record)
    return list(found.values())[:most]


def shared_candidates(tenant_id: int, *, most: int) -> list[UserRecord]:
    """Return those whose mailbox is shared or may be: disabled, unlicensed, with a mail address."""
    rows = fetch(SQL["shared_candidates"], {"tenant": tenant_id, "most": most})
    return [_records.decode(record) for (record,) in rows]


def recognised(tenant_id: int, object_ids: Iterable[str]) -> frozenset[str]:
    """Return those whose mailboxes the directory called shared."""
    rows = DirectoryRecord.objects.of(tenant_id).filter(
        object_id__in=list(object_ids), purpose="shared"
    )
    return frozenset(rows.values_list("object_id", flat=True))


def name_people(tenant_id: int, object_ids: Sequence[str]) -> dict[str, PersonName]:
    """Return how directory objects are shown, by their ids."""
    rows = DirectoryRecord.objects.of(tenant_id).filter(object_id__in=list(object_ids))
    return {
        object_id: PersonName(name=name, address=email or principal, removed=bool(removed))
        for object_id, name, principal, email, removed in rows.values_list(
            "object_id", "display_name", "principal_key", "email_key", "removed"
        )
    }


def names_like(tenant_id: int, object_ids: Sequence[str], text: str) -> frozenset[str]:
    """Return those of `object_ids` whose name or address has `text` in it."""
    rows = DirectoryRecord.objects.of(tenant_id).filter(object_id__in=list(object_ids))
    key = line_key(text)
    wanted = Q(display_name__icontains=text) | Q(principal_key__contains=key)
    found = rows.filter(wanted | Q(email_key__contains=key))
    return frozenset(found.values_list("object_id", flat=True))


def _living(tenant_id: int) -> QuerySet[DirectoryRecord]:
    return DirectoryRecord.objects.of(tenant_id).filter(removed="").exclude(fingerprint=b"")


def _decoded(rows: QuerySet[DirectoryRecord]) -> Iterable[UserRecord]:
    return map(_records.decode, rows.values_list("record", flat=True))
