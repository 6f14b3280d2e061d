"""Whose number it is: one's own contact, the company's, or a colleague.

One query for any count of numbers, each part of it by an index that row-level security leaves
usable (caller_schema). Whose contacts are one's own is decided by the scope of the request, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from rollcall.core.phone import DialNumber, normalise_number
from rollcall.core.written_numbers import shorten_number, written_digits
from rollcall.phonebook.models import COMPANY
from rollcall.tenants.statements import fetch

LIKE: Final = 20
"""So many with one number are looked at, and counted."""

CALLERS: Final = """
    SELECT * FROM phonebook_callers(%(tenant)s, %(holders)s::bigint[], %(places)s::int[],
        %(e164s)s::bigint[], %(suffixes)s::text[], %(shorts)s::text[], %(numbers)s::bigint[],
        %(form_places)s::int[], %(form_digits)s::bigint[], %(limit)s)
"""

LONGEST_SHORT: Final = 20
LONGEST_EXTENSION: Final = 13


class CallerKind(StrEnum):
    """Who it is, in the order in which they are asked."""

    OWN = "own"
    COMPANY = "company"
    COLLEAGUE = "colleague"


class Caller(msgspec.Struct, frozen=True):
    """Somebody with a number. `others` counts those of the same kind who have it, too.

    `photo` is the digest of a colleague's photo, `extension` the number inside.
    """

    kind: CallerKind
    id: int
    name: str
    about: str
    others: int = 0
    photo: str = ""
    extension: str = ""


class _Asked(msgspec.Struct, frozen=True):
    """A number in all forms in which it is looked up; what it cannot be is None."""

    short: str | None
    inside: int | None
    dialled: DialNumber


def find_caller(
    tenant_id: int, extension_id: int | None, number: str, *, country: str
) -> Caller | None:
    """Return whose number it is, for the person who has this extension (None: for the company)."""
    return find_callers(tenant_id, extension_id, [number], country=country).get(number)


def find_callers(
    tenant_id: int, extension_id: int | None, numbers: Sequence[str], *, country: str
) -> Mapping[str, Caller]:
    """Return whose numbers these are, of those that are somebody's."""
    asked = {each: _read_number(each, country) for each in dict.fromkeys(numbers)}
    places = {
        place: each
        for place, each in enumerate(asked)
        if asked[each].short or asked[each].dialled.e164
    }
    if not places:
        return {}
    holders = [COMPANY] if extension_id is None else [extension_id, COMPANY]
    rows = fetch(CALLERS, _parameters(tenant_id, holders, places, asked, country))
    found: dict[int, list[tuple[Any, ...]]] = {}
    for place, *row in rows:
        found.setdefault(place, []).append(tuple(row))
    chosen = {
        each: _choose(found[place], asked[each], country)
        for place, each in places.items()
        if place in found
    }
    return {each: caller for each, caller in chosen.items() if caller is not None}


def _parameters(
    tenant_id: int,
    holders: Sequence[int],
    places: Mapping[int, str],
    asked: Mapping[str, _Asked],
    country: str,
) -> dict[str, Any]:
    wanted = [asked[each] for each in places.values()]
    forms = [
        (place, digits)
        for place, each in zip(places, wanted, strict=True)
        if each.dialled.e164
        for digits in written_digits(each.dialled.e164, country)
    ]
    return {
        "tenant": tenant_id,
        "holders": list(holders),
        "limit": LIKE,
        "places": list(places),
        "e164s": [each.dialled.e164 for each in wanted],
        "suffixes": [each.dialled.extension for each in wanted],
        "shorts": [each.short for each in wanted],
        "numbers": [each.inside for each in wanted],
        "form_places": [place for place, _ in forms],
        "form_digits": [digits for _, digits in forms],
    }


def _read_number(number: str, country: str) -> _Asked:
    plain = shorten_number(number)
    digits = plain.isascii() and plain.isdecimal()
    inside = digits and not plain.startswith("0") and len(plain) <= LONGEST_EXTENSION
    return _Asked(
        short=plain if digits and len(plain) <= LONGEST_SHORT else None,
        inside=int(plain) if inside else None,
        dialled=normalise_number(number, country),
    )


def _choose(rows: Iterable[tuple[Any, ...]], asked: _Asked, country: str) -> Caller | None:
    """Return the first of one's own contacts, the company's, the colleagues.

    Whoever has the number inside comes before all of them: it was dialled, or shown, inside.
    """
    own, company, colleagues = None, None, []
    for kind, row_id, name, firm, job, others, inside, mobile, business, photo in rows:
        if kind == CallerKind.COLLEAGUE:
            person = _colleague(row_id, name, firm, inside, photo)
            if inside == asked.inside:
                return person
            written = (normalise_number(each, country) for each in (mobile, business) if each)
            if asked.dialled.e164 in {each.e164 for each in written}:
                colleagues.append(person)
        else:
            about = (firm if firm != name else "") or job
            contact = Caller(CallerKind(kind), row_id, name or firm, about, others=others)
            own, company = (contact, company) if kind == CallerKind.OWN else (own, contact)
    return own or company or _first(colleagues)


def _first(colleagues: Sequence[Caller]) -> Caller | None:
    """Return the colleague who came first, with how many others there are."""
    people = {each.id: each for each in colleagues}
    if not people:
        return None
    return msgspec.structs.replace(people[min(people)], others=len(people) - 1)


def _colleague(row_id: int, name: str, about: str, number: int, photo: bytes | None) -> Caller:
    return Caller(
        CallerKind.COLLEAGUE,
        row_id,
        name or str(number),
        about,
        photo=bytes(photo).hex() if photo else "",
        extension=str(number),
    )
