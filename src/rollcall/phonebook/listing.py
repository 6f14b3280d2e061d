"""Contacts of one holder (the company, or one person), a page at a time, and what is typed.

As fast for a million as for two: each way in has an index that row-level security leaves usable
(rollcall.tenants.search_keys; numbers by ranges of their E.164 form).
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from rollcall.core.records import PostalAddress
from rollcall.core.written_numbers import LONGEST_E164, e164_beginnings
from rollcall.phonebook.glance import SHORT, typed_digits
from rollcall.phonebook.models import COMPANY, AddressBook, BookFolder, Contact, SearchKey
from rollcall.phonebook.queries import PhoneView, phones_of
from rollcall.tenants.key_pages import KEYS_PER_ROW, ROWS, Place, take_keys
from rollcall.tenants.search_keys import LAST, fold_typed, prefix_ranges, with_words
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.phonebook", "search.sql")


class ContactRow(msgspec.Struct, frozen=True):
    """A contact as a list shows it. `place` is where the list goes on after it."""

    id: int
    display_name: str
    company: str
    job_title: str
    emails: tuple[str, ...]
    phones: tuple[PhoneView, ...]
    by_hand: bool
    place: str


class ContactPage(msgspec.Struct, frozen=True):
    """Rows, and whether there are others before and after them."""

    rows: tuple[ContactRow, ...]
    earlier: bool = False
    later: bool = False


class ContactDetail(msgspec.Struct, frozen=True):
    """All of one contact, and where it comes from: a mailbox and a folder, or neither."""

    id: int
    display_name: str
    first_name: str
    last_name: str
    company: str
    job_title: str
    department: str
    emails: tuple[str, ...]
    phones: tuple[PhoneView, ...]
    addresses: tuple[PostalAddress, ...]
    mailbox: str
    folder: str

    @property
    def by_hand(self) -> bool:
        """Whether it was made by hand, and can be changed here."""
        return not self.mailbox


def list_page(
    tenant_id: int,
    *,
    holder: int = COMPANY,
    text: str = "",
    place: Place,
    country: str,
    size: int = ROWS,
) -> ContactPage:
    """Return one page of a holder's contacts by name, or the best matches of what was typed."""
    digits = typed_digits(text)
    if digits:
        return _by_number(tenant_id, holder, digits, country, size)
    keys = SearchKey.objects.of(tenant_id).filter(holder=holder)
    typed = fold_typed(text) if text.strip() else None
    if typed is not None:
        keys = with_words(keys, typed, row_key="contact_id")
    elif text.strip():
        return ContactPage(())
    else:
        keys = keys.filter(whole=True)
    page = take_keys(
        keys,
        row_key="contact_id",
        holds=(tenant_id, holder),
        place=place,
        searched=typed is not None,
        size=size,
    )
    places = {each.contact_id: f"{each.contact_id}-{each.key}" for each in page.keys}
    return ContactPage(
        rows=_rows(tenant_id, holder, places),
        earlier=page.more if place.backwards else bool(place.after),
        later=place.backwards or page.more,
    )


def find_contact(tenant_id: int, contact_id: int, *, holder: int = COMPANY) -> ContactDetail | None:
    """Return a contact of this holder, if there is one with this id."""
    contacts = Contact.objects.of(tenant_id).filter(holder=holder).select_related("book")
    contact = contacts.filter(pk=contact_id).first()
    if contact is None:
        return None
    paths = BookFolder.objects.of(tenant_id).filter(
        book_id=contact.book_id, folder_id=contact.folder_id
    )
    return ContactDetail(
        id=contact.pk,
        display_name=contact.display_name,
        first_name=contact.first_name,
        last_name=contact.last_name,
        company=contact.company,
        job_title=contact.job_title,
        department=contact.department,
        emails=tuple(contact.emails),
        phones=tuple(phones_of(tenant_id, [contact]).get(contact.pk, ())),
        addresses=tuple(msgspec.convert(contact.addresses, list[PostalAddress])),
        mailbox=contact.book.mailbox,
        folder=paths.values_list("path", flat=True).first() or "",
    )


def _by_number(tenant_id: int, holder: int, digits: str, country: str, size: int) -> ContactPage:
    starts = e164_beginnings(digits, country)
    ranges = [each for start in starts for each in prefix_ranges(start, longest=LONGEST_E164)]
    given = {"tenant": tenant_id, "holder": holder, "limit": size * KEYS_PER_ROW}
    bounds = {"starts": [low for low, _ in ranges], "ends": [high for _, high in ranges]}
    found = [contact_id for contact_id, _ in fetch(SQL["by_number"], {**given, **bounds})]
    if len(digits) <= SHORT and not digits.startswith("+"):
        short = {"start": digits, "end": digits + LAST}
        found += [row[0] for row in fetch(SQL["by_short_number"], {**given, **short})]
    ids = list(dict.fromkeys(found))[:size]
    return ContactPage(rows=_rows(tenant_id, holder, dict.fromkeys(ids, "")))


def _rows(tenant_id: int, holder: int, places: Mapping[int, str]) -> tuple[ContactRow, ...]:
    """Return contacts by their ids, in that order. Each table is asked for rows by their keys."""
    by_id = Contact.objects.of(tenant_id).filter(holder=holder).in_bulk(list(places))
    contacts = [by_id[each] for each in places if each in by_id]
    books = AddressBook.objects.of(tenant_id).in_bulk({each.book_id for each in contacts})
    phones = phones_of(tenant_id, contacts)
    return tuple(
        ContactRow(
            id=each.pk,
            display_name=each.display_name,
            company=each.company,
            job_title=each.job_title,
            emails=tuple(each.emails),
            phones=tuple(phones.get(each.pk, ())),
            by_hand=not books[each.book_id].mailbox,
            place=places[each.pk],
        )
        for each in contacts
    )
