"""Add, change and delete the company's contacts that are made by hand.

They are in a book without a mailbox. What comes from a mailbox is edited there.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError
from rollcall.core.phone import normalise_number
from rollcall.core.records import Phone, PostalAddress
from rollcall.phonebook.models import COMPANY, AddressBook, Contact, ContactNumber, Scope
from rollcall.tenants.queries import get_tenant_by_id

KINDS: Final = ("business", "mobile", "home", "fax", "other")
LONGEST: Final = 200
MOST_PHONES: Final = 20
MOST_EMAILS: Final = 20


class ContactDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as somebody wrote it."""

    display_name: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    department: str = ""
    emails: Sequence[str] = ()
    phones: Sequence[Phone] = ()
    addresses: Sequence[PostalAddress] = ()


class ContactError(SetupError):
    """A contact cannot be kept as it is; `field` names what is wrong with it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, code="contact")
        self.field = field


@transaction.atomic
def add_company_contact(tenant_id: int, draft: ContactDraft) -> int:
    """Add a contact of the company; return its id. Raises ContactError."""
    contact = Contact(tenant_id=tenant_id, book_id=_own_book(tenant_id), holder=COMPANY)
    _write(contact, draft)
    return contact.pk


@transaction.atomic
def edit_company_contact(tenant_id: int, contact_id: int, draft: ContactDraft) -> None:
    """Change a contact that was made by hand. Raises ContactError, or SetupError for others."""
    contact = _own_contact(tenant_id, contact_id)
    _write(contact, draft)


@transaction.atomic
def delete_company_contact(tenant_id: int, contact_id: int) -> str:
    """Delete a contact that was made by hand; return its name."""
    contact = _own_contact(tenant_id, contact_id)
    name = contact.display_name
    Contact.objects.of(tenant_id).filter(pk=contact.pk).delete()
    return name


def _own_book(tenant_id: int) -> int:
    books = AddressBook.objects.of(tenant_id).filter(scope=Scope.COMPANY, mailbox="")
    found = books.order_by("id").values_list("id", flat=True).first()
    if found is None:
        book = AddressBook(tenant_id=tenant_id, scope=Scope.COMPANY, mailbox="", status="read")
        book.save(force_insert=True)
        found = book.pk
    return found


def _own_contact(tenant_id: int, contact_id: int) -> Contact:
    contacts = Contact.objects.of(tenant_id).filter(holder=COMPANY).select_related("book")
    contact = contacts.filter(pk=contact_id).first()
    if contact is None:
        raise SetupError(_("There is no such contact."), code="unknown-contact")
    if contact.book.mailbox:
        raise SetupError(
            _("This contact comes from a mailbox: change it there."), code="synchronised"
        )
    return contact


def _write(contact: Contact, draft: ContactDraft) -> None:
    texts = {
        name: _check_text(getattr(draft, name), name)
        for name in ("first_name", "last_name", "company", "job_title", "department")
    }
    name = _check_text(draft.display_name, "display_name")
    name = name or f"{texts['first_name']} {texts['last_name']}".strip() or texts["company"]
    if not name:
        raise ContactError(_("Give a name, or a company."), field="display_name")
    for each, text in {**texts, "display_name": name}.items():
        setattr(contact, each, text)
    contact.emails = _check_emails(draft.emails)
    contact.addresses = [
        msgspec.to_builtins(each) for each in draft.addresses if each != PostalAddress(each.kind)
    ]
    contact.save()
    _write_numbers(contact, draft.phones)


def _write_numbers(contact: Contact, phones: Sequence[Phone]) -> None:
    if len(phones) > MOST_PHONES:
        sentence = _("A contact has at most %(n)s numbers.") % {"n": MOST_PHONES}
        raise ContactError(sentence, field="phones")
    country = get_tenant_by_id(contact.tenant_id).country
    ContactNumber.objects.of(contact.tenant_id).filter(contact_id=contact.pk).delete()
    rows = []
    for position, phone in enumerate(phones):
        number = _check_text(phone.number, "phones")
        if not any(each.isdigit() for each in number):
            sentence = _("“%(value)s” has no digits: it cannot be called.")
            raise ContactError(sentence % {"value": number}, field="phones")
        dialled = normalise_number(number, country)
        rows.append(
            ContactNumber(
                tenant_id=contact.tenant_id,
                contact_id=contact.pk,
                position=position,
                holder=contact.holder,
                kind=phone.kind if phone.kind in KINDS else "other",
                number=number,
                e164=dialled.e164,
                extension=dialled.extension[:20],
            )
        )
    ContactNumber.objects.of(contact.tenant_id).bulk_create(rows)


def _check_text(text: str, field: str) -> str:
    clean = " ".join(text.replace("\0", "").split())
    if len(clean) > LONGEST:
        sentence = _("This is longer than %(n)s characters.") % {"n": LONGEST}
        raise ContactError(sentence, field=field)
    return clean


def _check_emails(emails: Sequence[str]) -> list[str]:
    clean = list(dict.fromkeys(text for each in emails if (text := each.strip())))
    if len(clean) > MOST_EMAILS:
        sentence = _("A contact has at most %(n)s mail addresses.") % {"n": MOST_EMAILS}
        raise ContactError(sentence, field="emails")
    for each in clean:
        name, _at, host = each.partition("@")
        if not name or not host or len(each) > LONGEST or any(sign.isspace() for sign in each):
            sentence = _("“%(value)s” is not a mail address.") % {"value": each}
            raise ContactError(sentence, field="emails")
    return clean
