"""Read contacts."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import msgspec
from django.db.models import QuerySet

from rollcall.phonebook.models import COMPANY, BookFolder, Contact, ContactNumber, Scope

CHUNK = 1000
ROOT = "Contacts"


class PhoneView(msgspec.Struct, frozen=True):
    """One number of a contact: as written, and as dialled (null where it is no phone number)."""

    kind: str
    number: str
    e164: str | None
    extension: str | None


class ContactView(msgspec.Struct, frozen=True):
    """A contact as commands and the API show it."""

    scope: str
    owner: str | None
    mailbox: str | None
    directory_contact_id: str | None
    folder: str | None
    display_name: str
    first_name: str | None
    last_name: str | None
    company: str | None
    job_title: str | None
    department: str | None
    emails: tuple[str, ...]
    phones: tuple[PhoneView, ...]


def list_company_contacts(tenant_id: int) -> Iterator[ContactView]:
    """Yield the company's contacts by name."""
    return _views(tenant_id, Contact.objects.of(tenant_id).filter(holder=COMPANY))


def list_own_contacts(tenant_id: int, *, owner_number: int) -> Iterator[ContactView]:
    """Yield the personal contacts of the extension with this number."""
    rows = Contact.objects.of(tenant_id).filter(
        book__owner__number=owner_number, book__owner__deleted_at__isnull=True
    )
    return _views(tenant_id, rows.exclude(book__owner__state="released"))


def list_contacts(tenant_id: int) -> Iterator[ContactView]:
    """Yield all contacts of the tenant: for the server's own shell only."""
    return _views(tenant_id, Contact.objects.of(tenant_id))


def count_contacts(tenant_id: int) -> dict[str, int]:
    """Count contacts by scope."""
    rows = Contact.objects.of(tenant_id)
    return {scope: rows.filter(book__scope=scope).count() for scope in Scope.values}


def _views(tenant_id: int, rows: QuerySet[Contact]) -> Iterator[ContactView]:
    paths = {
        (book_id, folder_id): path
        for book_id, folder_id, path in BookFolder.objects.of(tenant_id).values_list(
            "book_id", "folder_id", "path"
        )
    }
    ordered = rows.order_by("book__scope", "book__owner__number", "display_name", "id")
    contacts = ordered.select_related("book", "book__owner").iterator(CHUNK)
    while chunk := list(islice(contacts, CHUNK)):
        phones = phones_of(tenant_id, chunk)
        for contact in chunk:
            path = paths.get((contact.book_id, contact.folder_id))
            yield _to_view(contact, path, phones.get(contact.pk, ()))


def company_views(tenant_id: int, contact_ids: Collection[int]) -> dict[int, ContactView]:
    """Return some of the company's contacts by their ids."""
    contacts = Contact.objects.of(tenant_id).filter(holder=COMPANY, pk__in=contact_ids)
    rows = list(contacts.select_related("book", "book__owner"))
    folders = BookFolder.objects.of(tenant_id).filter(
        book_id__in={row.book_id for row in rows}, folder_id__in={row.folder_id for row in rows}
    )
    paths = {(each.book_id, each.folder_id): each.path for each in folders}
    phones = phones_of(tenant_id, rows)
    return {
        row.pk: _to_view(row, paths.get((row.book_id, row.folder_id)), phones.get(row.pk, ()))
        for row in rows
    }


def _to_view(contact: Contact, folder: str | None, phones: Iterable[PhoneView]) -> ContactView:
    return ContactView(
        scope=contact.book.scope,
        owner=str(contact.book.owner.number) if contact.book.owner else None,
        mailbox=contact.book.mailbox or None,
        directory_contact_id=contact.directory_contact_id,
        folder=folder,
        display_name=contact.display_name,
        first_name=contact.first_name or None,
        last_name=contact.last_name or None,
        company=contact.company or None,
        job_title=contact.job_title or None,
        department=contact.department or None,
        emails=tuple(contact.emails),
        phones=tuple(phones),
    )


def phones_of(tenant_id: int, contacts: Iterable[Contact]) -> dict[int, list[PhoneView]]:
    """Return the numbers of some contacts, in their order."""
    rows = ContactNumber.objects.of(tenant_id).filter(
        contact_id__in=[contact.pk for contact in contacts]
    )
    phones: dict[int, list[PhoneView]] = {}
    for row in rows.order_by("contact_id", "position"):
        view = PhoneView(
            kind=row.kind,
            number=row.number,
            e164=f"+{row.e164}" if row.e164 is not None else None,
            extension=row.extension or None,
        )
        phones.setdefault(row.contact_id, []).append(view)
    return phones
