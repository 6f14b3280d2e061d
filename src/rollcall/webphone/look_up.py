"""What is found while somebody types: colleagues, own contacts, contacts of the company.

A few of each kind, or a page of one kind. Whose contacts are one's own is decided by the scope of
the request, too: other people's are out of reach even of a mistake here.
"""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Final

import msgspec

from rollcall.phonebook import listing as contacts
from rollcall.phonebook.glance import Glimpse, find_few
from rollcall.telephony import listing as extensions
from rollcall.tenants.key_pages import ROWS, Place

FEW: Final = 8
NUMBERS: Final = 2
"""So many of each kind are shown at first, and so many numbers of each contact."""


class Kind(StrEnum):
    """Who is looked for, in the order in which they are shown."""

    COLLEAGUES = "colleagues"
    OWN = "own"
    COMPANY = "company"


class Asker(msgspec.Struct, frozen=True):
    """Who looks: the tenant, where it dials from, and the own extension."""

    tenant_id: int
    country: str
    extension_id: int


class Asked(msgspec.Struct, frozen=True):
    """What was typed; one kind if only that is wanted, and where its list goes on."""

    text: str = ""
    kind: Kind | None = None
    place: Place = Place()


class Found(msgspec.Struct, frozen=True):
    """One line of what was found. `others` counts the numbers that are not in the line.

    `dialled` is the first of the numbers, as it is called.
    """

    id: int
    display_name: str
    about: str
    numbers: tuple[str, ...]
    others: int = 0
    photo: str = ""
    dialled: str = ""


class Group(msgspec.Struct, frozen=True):
    """Lines of one kind. `more` leads to their own list, `earlier` and `later` turn its pages.

    `cut` says that there are more and that no page shows them: more digits do.
    """

    kind: Kind
    rows: tuple[Found, ...]
    more: bool = False
    earlier: str = ""
    later: str = ""
    cut: bool = False


def look_up(asker: Asker, asked: Asked) -> tuple[Group, ...]:
    """Return what matches, by kinds; without a word or digit the beginning of each list."""
    if asked.kind is not None:
        return (_group(asker, asked, asked.kind),)
    found = find_few(
        asker.tenant_id, asker.extension_id, asked.text, country=asker.country, few=FEW + 1
    )
    return tuple(_few(asked, found, kind) for kind in Kind)


def _few(asked: Asked, found: Sequence[Glimpse], kind: Kind) -> Group:
    rows = [_glimpse(each, asked.text) for each in found if each.kind == kind]
    return Group(kind, tuple(rows[:FEW]), more=len(rows) > FEW)


def _glimpse(row: Glimpse, text: str) -> Found:
    if row.kind != Kind.COLLEAGUES:
        return _line(row.id, row.display_name, row.company, row.job_title, row.phones, text)
    numbers = (row.extension, *(number for number, _ in row.phones))
    name = row.display_name or row.extension
    return Found(
        row.id,
        name,
        row.company,
        numbers[:NUMBERS],
        photo=row.photo,
        dialled=row.extension,
    )


def _group(asker: Asker, asked: Asked, kind: Kind) -> Group:
    if kind is Kind.COLLEAGUES:
        people = _colleagues(asker, asked)
        places = [row.place for row in people.rows]
        return _to_group(kind, asked, [_colleague(row) for row in people.rows], places, people)
    page = _contacts(asker, asked, own=kind is Kind.OWN)
    places = [row.place for row in page.rows]
    rows = [_contact(row, asked.text) for row in page.rows]
    return _to_group(kind, asked, rows, places, page)


def _colleagues(asker: Asker, asked: Asked) -> extensions.ExtensionPage:
    wanted = extensions.Wanted(text=asked.text, shown="active", by_name=True, place=asked.place)
    return extensions.list_page(asker.tenant_id, wanted)


def _contacts(asker: Asker, asked: Asked, *, own: bool) -> contacts.ContactPage:
    search = partial(
        contacts.list_page,
        asker.tenant_id,
        text=asked.text,
        place=asked.place,
        country=asker.country,
    )
    return search(holder=asker.extension_id) if own else search()


def _to_group(
    kind: Kind,
    asked: Asked,
    rows: Sequence[Found],
    places: Sequence[str],
    page: extensions.ExtensionPage | contacts.ContactPage,
) -> Group:
    turns = bool(places and places[0])  # what is found by its number has no place in a list
    return Group(
        kind,
        tuple(rows),
        earlier=places[0] if turns and page.earlier else "",
        later=places[-1] if turns and page.later else "",
        cut=bool(rows) and not turns and len(rows) == ROWS,
    )


def _colleague(row: extensions.ExtensionRow) -> Found:
    name = row.display_name or row.number
    numbers = (row.number,)
    return Found(row.id, name, row.department, numbers, photo=row.photo, dialled=row.number)


def _contact(row: contacts.ContactRow, text: str) -> Found:
    phones = [(each.number, each.e164) for each in row.phones]
    return _line(row.id, row.display_name, row.company, row.job_title, phones, text)


def _line(
    row_id: int,
    name: str,
    company: str,
    job: str,
    phones: Sequence[tuple[str, object]],
    text: str,
) -> Found:
    sorted_phones = _matching_first(phones, text)
    numbers = tuple(number for number, _ in sorted_phones)
    return Found(
        row_id,
        name or company or (numbers[0] if numbers else "–"),
        (company if company != name else "") or job,
        numbers[:NUMBERS],
        others=max(0, len(numbers) - NUMBERS),
        dialled=_dialled(*sorted_phones[0]) if sorted_phones else "",
    )


def _dialled(number: str, e164: object) -> str:
    """Return how a number is called: as written, where it is no telephone number."""
    return f"+{str(e164).lstrip('+')}" if e164 else number


def _matching_first(
    phones: Sequence[tuple[str, object]], text: str
) -> Sequence[tuple[str, object]]:
    """Return a contact's numbers, those before the others that hold the typed digits."""
    digits = "".join(each for each in text if each.isdecimal()).lstrip("0")

    def apart(phone: tuple[str, object]) -> bool:
        written = "".join(each for each in phone[0] if each.isdecimal())
        return digits not in written and digits not in str(phone[1] or "")

    return sorted(phones, key=apart)
