"""What the database keeps sealed, all of it: counted by key, sealed anew, given up when lost.

Every sealed column stands in SEALED. One that did not would be lost with the key that it was
sealed with, so a test looks for such columns.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection, models, transaction

from rollcall.accounts.factor_operations import factor_place
from rollcall.calling.trunks import password_place as trunk_place
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing, SealingError, key_name, seal, unseal
from rollcall.credentials.secret import Secret
from rollcall.integrations.models import KeyPair, SyncRun
from rollcall.integrations.queries import key_place, token_place
from rollcall.mail.queries import password_place

BATCH = 500
PRIVATE_KEYS = "private_keys"
TOKENS = "tokens"
SECOND_FACTORS = "second_factors"
MAIL_PASSWORDS = "mail_passwords"
TRUNK_PASSWORDS = "trunk_passwords"
UNKNOWN = "?"
"""Stands for the key of a value that does not say which one it is."""


class SealedColumn(msgspec.Struct, frozen=True):
    """A column of sealed values, and the place that each of them is bound to.

    The model is named as foreign keys to other apps name theirs; `holder` is the column that says
    whose the value is, and by which `place` says where it is kept; `since` is one that goes when
    the value goes.
    """

    kind: str
    label: str
    column: str
    place: Callable[[int], str]
    holder: str = "tenant_id"
    since: str = ""

    @property
    def table(self) -> str:
        """The table that the column is in."""
        return str(apps.get_model(self.label)._meta.db_table)  # noqa: SLF001 - Django's documented name

    def all_rows(self) -> "models.QuerySet[models.Model]":
        """Return all rows, those that hold no value, too."""
        manager: Any = apps.get_model(self.label)._default_manager  # noqa: SLF001 - the same
        rows: models.QuerySet[models.Model] = manager.all_tenants()
        return rows

    def rows(self) -> "models.QuerySet[models.Model]":
        """Return the rows that hold a value."""
        return self.all_rows().exclude(**{f"{self.column}__isnull": True})


SEALED = (
    SealedColumn(PRIVATE_KEYS, "integrations.KeyPair", "private_key", key_place),
    SealedColumn(TOKENS, "integrations.Integration", "token_sealed", token_place),
    SealedColumn(SECOND_FACTORS, "accounts.Credential", "totp_sealed", factor_place, "account_id"),
    SealedColumn(
        MAIL_PASSWORDS, "mail.MailServer", "password_sealed", password_place, "id", "password_at"
    ),
    SealedColumn(
        TRUNK_PASSWORDS, "calling.Trunk", "password_sealed", trunk_place, since="password_at"
    ),
)


class SealedValue(msgspec.Struct, frozen=True):
    """One sealed value. `opened` is None where it does not open with the keys that there are."""

    column: SealedColumn
    row_id: int
    holder: int
    sealed: bytes
    key: str
    opened: Secret | None


class SealedCounts(msgspec.Struct, frozen=True):
    """How many values of each kind each key seals, and how many do not open, by what they say."""

    opened: Mapping[str, Mapping[str, int]]
    lost: Mapping[str, Mapping[str, int]]

    def sealed_with(self, key: str) -> int:
        """Return how many values the key opens."""
        return sum(self.opened.get(key, {}).values())

    @property
    def total_lost(self) -> int:
        """How many values nothing opens."""
        return sum(sum(kinds.values()) for kinds in self.lost.values())


def count_sealed(ring: KeyRing) -> SealedCounts:
    """Count what is sealed, by the key that really opens it."""
    opened: dict[str, dict[str, int]] = {}
    lost: dict[str, dict[str, int]] = {}
    for value in _values(ring):
        counts = (opened if value.opened else lost).setdefault(value.key, {})
        counts[value.column.kind] = counts.get(value.column.kind, 0) + 1
    return SealedCounts(opened=opened, lost=lost)


def seal_anew(ring: KeyRing) -> int:
    """Seal with the current key what another key of the ring opens; return how many values.

    A value that somebody else changes meanwhile is left to them, and to the next call.
    """
    count = 0
    for value in _values(ring):
        if value.opened is not None and value.key != ring.current:
            place = value.column.place(value.holder)
            count += _replace(value, seal(ring, value.opened, place=place))
    return count


def _replace(value: SealedValue, sealed: bytes | None) -> int:
    column = value.column
    values = {column.column: sealed}
    if sealed is None and column.since:
        values[column.since] = None
    rows = column.all_rows().filter(pk=value.row_id)
    return rows.filter(**{column.column: value.sealed}).update(**values)


@transaction.atomic
def give_up_lost(ring: KeyRing, *, now: datetime) -> list[int]:
    """Retire the key pairs that do not open and drop all else; return tenants left without one.

    Those are the tenants that cannot sign in until they have a new key pair.
    """
    tenants = set()
    for value in list(_values(ring)):
        if value.opened is not None:
            continue
        if value.column.kind != PRIVATE_KEYS:
            _replace(value, None)
        elif _retire(value, now):
            tenants.add(value.holder)
    usable = KeyPair.objects.all_tenants().exclude(state=KeyPair.State.RETIRED)
    able = set(usable.filter(tenant_id__in=tenants).values_list("tenant_id", flat=True))
    return sorted(tenants - able)


def _retire(value: SealedValue, now: datetime) -> int:
    rows = KeyPair.objects.of(value.holder).filter(pk=value.row_id)
    usable = rows.exclude(state=KeyPair.State.RETIRED)
    return usable.update(state=KeyPair.State.RETIRED, retired_at=now)


def _values(ring: KeyRing) -> Iterator[SealedValue]:
    there = _columns_there()
    for column in SEALED:
        if (column.table, column.column) in there:
            for row_id, holder, sealed in _rows(column):
                yield _value(ring, column, row_id, holder, sealed)


def _columns_there() -> set[tuple[str, str]]:
    """Return the sealed columns that the database has: before an upgrade it lacks the newest."""
    tables = [column.table for column in SEALED]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = ANY (%s)",
            [tables],
        )
        return set(cursor.fetchall())


def _rows(column: SealedColumn) -> Iterator[tuple[int, int, bytes]]:
    """Yield id, holder and value of each row, batch by batch, so that no statement takes long."""
    after = 0
    while True:
        rows = column.rows().filter(pk__gt=after).order_by("pk")
        batch = list(rows.values_list("pk", column.holder, column.column)[:BATCH])
        for row_id, holder, sealed in batch:
            yield row_id, holder, bytes(sealed)
        if len(batch) < BATCH:
            return
        after = batch[-1][0]


def _value(
    ring: KeyRing, column: SealedColumn, row_id: int, holder: int, sealed: bytes
) -> SealedValue:
    key, opened = UNKNOWN, None
    try:
        key = key_name(sealed)
        opened = unseal(ring, sealed, place=column.place(holder))
    except SealingError:
        pass
    return SealedValue(column, row_id, holder, sealed, key, opened)


def check_opens(ring: KeyRing, *, lost: int) -> None:
    """Raise SetupError if more values than `lost` do not open with the keys."""
    counts = count_sealed(ring)
    if counts.total_lost > lost:
        raise SetupError(
            f"{counts.total_lost - lost} secrets do not open with the keys that there are: "
            "the keys are others than those they were sealed with.",
            code="keys-missing",
        )


def running_runs() -> list[int]:
    """Return the runs that are going on: each may have read the keys some time ago."""
    rows = SyncRun.objects.all_tenants().filter(state=SyncRun.State.RUNNING)
    return list(rows.order_by("pk").values_list("pk", flat=True))
