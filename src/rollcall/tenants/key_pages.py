"""A page of a list that is ordered by search keys: it begins after a key, or ends before one."""

from typing import Any, Final, Generic, TypeVar

import msgspec
from django.db.models import Model, QuerySet

ROWS: Final = 50
LONGEST_ID: Final = 18
KEYS_PER_ROW: Final = 3
"""How many keys of one row may begin alike, as a rule."""

M = TypeVar("M", bound=Model)


class Place(msgspec.Struct, frozen=True):
    """Where a page begins (after) or ends (before); both empty is the beginning."""

    after: str = ""
    before: str = ""

    @property
    def backwards(self) -> bool:
        """Whether the page is the one before a row."""
        return bool(self.before)

    @property
    def row(self) -> str:
        """The row that the page is beside."""
        return self.before or self.after


class KeyPage(msgspec.Struct, Generic[M], frozen=True):
    """The first key of each row of a page, in order, and whether more rows follow."""

    keys: tuple[M, ...]
    more: bool


def take_keys(
    keys: QuerySet[M],
    *,
    row_key: str,
    holds: tuple[int, ...],
    place: Place,
    downwards: bool = False,
    searched: bool = False,
    size: int = ROWS,
) -> KeyPage[M]:
    """Return a page of at most `size` rows of `keys`, whose rows `row_key` names.

    `holds` is what comes before the key in the primary key: the tenant, and whoever holds the row.
    A row that several keys of a search find is there once.
    """
    down = downwards != place.backwards
    row_id, _, key = place.row.partition("-")
    if row_id.isascii() and row_id.isdecimal() and len(row_id) <= LONGEST_ID:
        here = (*holds, key.replace("\0", ""), int(row_id))
        beyond: dict[str, Any] = {"pk__lt" if down else "pk__gt": here}
        keys = keys.filter(**beyond)
    order = ("-key", f"-{row_key}") if down else ("key", row_key)
    limit = (size + 1) * (KEYS_PER_ROW if searched else 1)
    found: dict[int, M] = {}
    for each in keys.order_by(*order)[:limit]:
        found.setdefault(getattr(each, row_key), each)
    shown = list(found.values())[:size]
    if place.backwards:
        shown.reverse()
    return KeyPage(keys=tuple(shown), more=len(found) > size)
