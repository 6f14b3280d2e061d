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
from rollcall.phonebook.queries import PhoneView
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
    """One line of what was found. `others` counts the numbers that are not in the line."""

    id: int
    display_name: str
    about: str
    numbers: tuple[str, ...]
    others: int = 0
    photo: str = ""


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
    kinds = tuple(Kind) if asked.kind is None else (asked.kind,)
    return tuple(_group(asker, asked, kind) for kind in kinds)


def _group(asker: Asker, asked: Asked, kind: Kind) -> Group:
    size = ROWS if asked.kind else FEW + 1
    if kind is Kind.COLLEAGUES:
        people = _colleagues(asker, asked, size)
        places = [row.place for row in people.rows]
        return _to_group(kind, asked, [_colleague(row) for row in people.rows], places, people)
    page = _contacts(asker, asked, size, own=kind is Kind.OWN)
    places = [row.place for row in page.rows]
    rows = [_contact(row, asked.text) for row in page.rows]
    return _to_group(kind, asked, rows, places, page)


def _colleagues(asker: Asker, asked: Asked, size: int) -> extensions.ExtensionPage:
    wanted = extensions.Wanted(
        text=asked.text, shown="active", by_name=True, place=asked.place, size=size
    )
    return extensions.list_page(asker.tenant_id, wanted)


def _contacts(asker: Asker, asked: Asked, size: int, *, own: bool) -> contacts.ContactPage:
    search = partial(
        contacts.list_page,
        asker.tenant_id,
        text=asked.text,
        place=asked.place,
        country=asker.country,
        size=size,
    )
    return search(holder=asker.extension_id) if own else search()


def _to_group(
    kind: Kind,
    asked: Asked,
    rows: Sequence[Found],
    places: Sequence[str],
    page: extensions.ExtensionPage | contacts.ContactPage,
) -> Group:
    if asked.kind is None:
        return Group(kind, tuple(rows[:FEW]), more=len(rows) > FEW)
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
    return Found(row.id, name, row.department, (row.number,), photo=row.photo)


def _contact(row: contacts.ContactRow, text: str) -> Found:
    about = row.company if row.company != row.display_name else ""
    numbers = _matching_first(row.phones, text)
    return Found(
        row.id,
        row.display_name or row.company or (numbers[0] if numbers else "–"),
        about or row.job_title,
        numbers[:NUMBERS],
        others=max(0, len(numbers) - NUMBERS),
    )


def _matching_first(phones: Sequence[PhoneView], text: str) -> tuple[str, ...]:
    """Return a contact's numbers, those before the others that hold the typed digits."""
    digits = "".join(each for each in text if each.isdecimal()).lstrip("0")

    def apart(phone: PhoneView) -> bool:
        written = "".join(each for each in phone.number if each.isdecimal())
        return digits not in written and digits not in (phone.e164 or "")

    return tuple(phone.number for phone in sorted(phones, key=apart))
