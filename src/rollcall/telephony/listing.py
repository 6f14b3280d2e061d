"""The list of extensions, a page at a time: as fast for 200,000 as for two.

A page begins after (or before) a row, not at a count of rows; each order and each filter has an
index below it, and so has what is typed (rollcall.tenants.search_keys).
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.telephony.models import Extension, Photo, SearchKey
from rollcall.tenants.key_pages import ROWS, Place, take_keys
from rollcall.tenants.search_keys import fold_typed, prefix_ranges, with_words

LONGEST_NUMBER: Final = 13
LONGEST_ID: Final = 18
SHOWN: Final = {
    "": ~Q(state="released") & Q(deleted_at__isnull=True),
    "active": Q(state="active", deleted_at__isnull=True),
    "blocked": Q(state="blocked", deleted_at__isnull=True),
    "released": Q(state="released"),
    "local": ~Q(state="released") & Q(source="local", deleted_at__isnull=True),
    "microsoft365": ~Q(state="released") & Q(source="microsoft365", deleted_at__isnull=True),
    "deleted": ~Q(state="released") & Q(deleted_at__isnull=False),
}
"""What a list may show."""


class ExtensionRow(msgspec.Struct, frozen=True):
    """An extension as a list shows it. `place` is where the list goes on after it."""

    id: int
    number: str
    state: str
    source: str
    deleted: bool
    display_name: str
    email: str
    department: str
    photo: str
    place: str


class Wanted(msgspec.Struct, frozen=True):
    """What part of the list is wanted: typed text, filter, order, where it goes on, how much."""

    text: str = ""
    shown: str = ""
    by_name: bool = False
    downwards: bool = False
    place: Place = Place()
    size: int = ROWS


class ExtensionPage(msgspec.Struct, frozen=True):
    """Rows, and whether there are others before and after them. `searched`: by best match."""

    rows: tuple[ExtensionRow, ...]
    earlier: bool
    later: bool
    searched: bool


def list_page(tenant_id: int, wanted: Wanted) -> ExtensionPage:
    """Return one page of the tenant's extensions, in three queries."""
    digits = "".join(each for each in wanted.text if each not in " +-./()")
    typed = None
    if wanted.text.strip() and not (digits.isascii() and digits.isdecimal()):
        typed = fold_typed(wanted.text)
        if typed is None:
            return ExtensionPage((), earlier=False, later=False, searched=True)
    if typed is not None or (wanted.by_name and not digits):
        keys = SearchKey.objects.of(tenant_id)
        if typed is None:
            keys = keys.filter(whole=True)
        else:
            keys = with_words(keys, typed, row_key="extension_id")
        keys = keys.filter(_below_extension(SHOWN[wanted.shown])).select_related("extension")
        return _page_of_keys(tenant_id, keys, wanted, searched=typed is not None)
    rows = Extension.objects.of(tenant_id).filter(SHOWN[wanted.shown])
    if digits:
        rows = rows.filter(_begins_with(digits))
    return _page_of_numbers(tenant_id, rows, wanted)


def _below_extension(condition: Q) -> Q:
    """Return a condition on extensions as one on what points at them."""
    made = Q(_connector=condition.connector, _negated=condition.negated)
    for each in condition.children:
        if isinstance(each, Q):
            made.children.append(_below_extension(each))
        else:
            name, value = each  # type: ignore[misc]  # lookups are pairs
            made.children.append((f"extension__{name}", value))
    return made


def _begins_with(digits: str) -> Q:
    found = Q(number__lt=0)
    if len(digits) <= LONGEST_NUMBER and not digits.startswith("0"):
        for start, end in prefix_ranges(digits, longest=LONGEST_NUMBER):
            found |= Q(number__gte=start, number__lt=end)
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def _page_of_numbers(tenant_id: int, rows: QuerySet[Extension], wanted: Wanted) -> ExtensionPage:
    backwards = wanted.place.backwards
    down = wanted.downwards != backwards
    number, _, row_id = wanted.place.row.partition("-")
    if _is_number(number) and _is_number(row_id):
        beyond = {"number__lt" if down else "number__gt": int(number)}
        same = {"number": int(number), "id__lt" if down else "id__gt": int(row_id)}
        bound = {"number__lte" if down else "number__gte": int(number)}
        rows = rows.filter(Q(**bound) & (Q(**beyond) | Q(**same)))
    ordered = rows.order_by("-number", "-id") if down else rows.order_by("number", "id")
    found = list(ordered[: wanted.size + 1])
    more = len(found) > wanted.size
    shown = found[: wanted.size][::-1] if backwards else found[: wanted.size]
    places = {row.pk: f"{row.number}-{row.pk}" for row in shown}
    return _to_page(tenant_id, shown, places, wanted, more=more, searched=False)


def _page_of_keys(
    tenant_id: int, keys: QuerySet[SearchKey], wanted: Wanted, *, searched: bool
) -> ExtensionPage:
    page = take_keys(
        keys,
        row_key="extension_id",
        holds=(tenant_id,),
        place=wanted.place,
        downwards=wanted.downwards and not searched,
        searched=searched,
        size=wanted.size,
    )
    places = {each.extension_id: f"{each.extension_id}-{each.key}" for each in page.keys}
    rows = [each.extension for each in page.keys]
    return _to_page(tenant_id, rows, places, wanted, more=page.more, searched=searched)


def _to_page(
    tenant_id: int,
    rows: Sequence[Extension],
    places: dict[int, str],
    wanted: Wanted,
    *,
    more: bool,
    searched: bool,
) -> ExtensionPage:
    photos = photo_digests(tenant_id, [row.pk for row in rows])
    return ExtensionPage(
        rows=tuple(_to_row(row, photos.get(row.pk, ""), places[row.pk]) for row in rows),
        earlier=more if wanted.place.backwards else bool(wanted.place.after),
        later=wanted.place.backwards or more,
        searched=searched,
    )


def photo_digests(tenant_id: int, extension_ids: Sequence[int]) -> dict[int, str]:
    """Return the digests of the photos that some extensions have."""
    photos = Photo.objects.of(tenant_id).filter(extension_id__in=extension_ids)
    return {
        extension_id: bytes(digest).hex()
        for extension_id, digest in photos.values_list("extension_id", "sha256")
        if digest is not None
    }


def _to_row(row: Extension, photo: str, place: str) -> ExtensionRow:
    return ExtensionRow(
        id=row.pk,
        number=str(row.number) if row.state != Extension.State.RELEASED else "",
        state=row.state,
        source=row.source,
        deleted=row.deleted_at is not None,
        display_name=row.display_name,
        email=row.email,
        department=row.department,
        photo=photo,
        place=place,
    )
