"""Numbers that the carrier gave: listed by number, a page at a time, and proposed to people."""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.calling.models import TrunkNumber
from rollcall.core.phone import normalise_number
from rollcall.core.written_numbers import e164_beginnings, shorten_number
from rollcall.telephony.queries import ExtensionView, business_phones, views_by_id
from rollcall.tenants.key_pages import ROWS, Place
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.tenants.search_keys import prefix_ranges

LONGEST: Final = 15
PROPOSED: Final = 10_000
"""So many unassigned numbers are looked at, at most."""


class TrunkNumberView(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the trunk's, with “+”, and whom it rings. `shown`: it is their caller id."""

    number: str
    extension_id: int | None
    extension: str | None
    name: str | None
    shown: bool


class NumbersWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which numbers: those that begin so, that ring somebody (True), nobody (False) or any."""

    text: str = ""
    assigned: bool | None = None
    extension_id: int | None = None
    place: Place = Place()
    size: int = ROWS


class NumberPage(msgspec.Struct, frozen=True):
    """Numbers, and whether there are others before and after them. The place of one is itself."""

    rows: tuple[TrunkNumberView, ...]
    earlier: bool
    later: bool


class NumberProposal(msgspec.Struct, frozen=True):
    """A number that rings nobody, and who has it as business phone."""

    number: str
    extension_id: int
    extension: str
    name: str


def list_numbers(tenant_id: int, wanted: NumbersWanted) -> NumberPage:
    """Return one page of the trunk's numbers, in four queries."""
    backwards = wanted.place.backwards
    country = get_tenant_by_id(tenant_id).country
    rows = _narrowed(TrunkNumber.objects.of(tenant_id), wanted, country)
    found = list(rows.order_by("-number" if backwards else "number")[: wanted.size + 1])
    more = len(found) > wanted.size
    shown = found[: wanted.size][::-1] if backwards else found[: wanted.size]
    return NumberPage(
        rows=to_views(tenant_id, shown),
        earlier=more if backwards else bool(wanted.place.after),
        later=backwards or more,
    )


def numbers_of(tenant_id: int, extension_id: int) -> tuple[TrunkNumberView, ...]:
    """Return the numbers that ring an extension."""
    rows = TrunkNumber.objects.of(tenant_id).filter(extension_id=extension_id)
    return to_views(tenant_id, list(rows.order_by("number")))


def count_numbers(tenant_id: int) -> tuple[int, int]:
    """Return how many numbers there are, and how many of them ring nobody."""
    rows = TrunkNumber.objects.of(tenant_id)
    return rows.count(), rows.filter(extension_id__isnull=True).count()


def propose_numbers(tenant_id: int) -> tuple[NumberProposal, ...]:
    """Return the numbers that ring nobody and are somebody's business phone, by number."""
    free = TrunkNumber.objects.of(tenant_id).filter(extension_id__isnull=True).order_by("number")
    wanted = set(free.values_list("number", flat=True)[:PROPOSED])
    country = get_tenant_by_id(tenant_id).country
    found: dict[int, NumberProposal] = {}
    for extension_id, number, name, written in business_phones(tenant_id) if wanted else ():
        e164 = normalise_number(written, country).e164
        if e164 in wanted and e164 is not None:
            proposal = NumberProposal(f"+{e164}", extension_id, str(number), name)
            found.setdefault(e164, proposal)
    return tuple(found[number] for number in sorted(found))


def to_views(tenant_id: int, rows: Sequence[TrunkNumber]) -> tuple[TrunkNumberView, ...]:
    """Return rows as values, with the people whom they ring. For this app."""
    people = views_by_id(tenant_id, {row.extension_id for row in rows if row.extension_id})
    return tuple(_to_view(row, people.get(row.extension_id or 0)) for row in rows)


def _to_view(row: TrunkNumber, person: ExtensionView | None) -> TrunkNumberView:
    return TrunkNumberView(
        number=f"+{row.number}",
        extension_id=row.extension_id,
        extension=person.number if person else None,
        name=person.display_name if person else None,
        shown=row.shown,
    )


def _narrowed(
    rows: QuerySet[TrunkNumber], wanted: NumbersWanted, country: str
) -> QuerySet[TrunkNumber]:
    if wanted.assigned is not None:
        rows = rows.filter(extension_id__isnull=not wanted.assigned)
    if wanted.extension_id is not None:
        rows = rows.filter(extension_id=wanted.extension_id)
    if wanted.text.strip():
        rows = rows.filter(_begins_with(wanted.text, country))
    here = wanted.place.row.removeprefix("+")
    if here.isascii() and here.isdecimal() and len(here) <= LONGEST:
        beyond = "number__lt" if wanted.place.backwards else "number__gt"
        rows = rows.filter(**{beyond: int(here)})
    return rows


def _begins_with(typed: str, country: str) -> Q:
    """Return the numbers that begin as typed, in E.164 or as in the tenant's country."""
    found = Q(number__lt=0)
    for digits in e164_beginnings(shorten_number(typed.strip()), country):
        if digits.isascii() and digits.isdecimal():
            for start, end in prefix_ranges(digits, longest=LONGEST):
                found |= Q(number__gte=start, number__lt=end)
    return found
