"""What becomes of a directory's contacts when the integration behind them is reset."""

from collections.abc import Mapping
from typing import Final

from django.db import connection
from django.db.models import QuerySet, Sum

from rollcall.phonebook.models import AddressBook, BookFolder, Contact, Scope

_KEEP_CONTACTS: Final = """
    UPDATE phonebook_contact SET directory_contact_id = NULL, folder_id = '', fingerprint = NULL
    WHERE tenant_id = %(tenant)s AND book_id = ANY(%(books)s)
"""


def count_mailbox_contacts(tenant_id: int) -> Mapping[str, int]:
    """Count the contacts that come from mailboxes, by scope, as their folders were last read."""
    rows = BookFolder.objects.of(tenant_id).exclude(book__mailbox="")
    counts = dict(rows.values_list("book__scope").annotate(n=Sum("contacts")).order_by())
    return {scope: counts.get(scope) or 0 for scope in Scope.values}


def keep_company_contacts(tenant_id: int) -> None:
    """Let the company's contacts go on as made by hand; people's own, which cannot be, go."""
    _of_mailboxes(tenant_id).filter(scope=Scope.PERSONAL).delete()
    books = list(_of_mailboxes(tenant_id).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_CONTACTS, {"tenant": tenant_id, "books": books})
    BookFolder.objects.of(tenant_id).filter(book_id__in=books).delete()
    _drop_empty(tenant_id, books)
    kept = AddressBook.objects.of(tenant_id).filter(pk__in=books)
    kept.update(mailbox="", status=AddressBook.Status.READ, shape="", doubted_at=None, doubt=None)


def _drop_empty(tenant_id: int, books: list[int]) -> None:
    filled = Contact.objects.of(tenant_id).filter(book_id__in=books).values("book_id")
    AddressBook.objects.of(tenant_id).filter(pk__in=books).exclude(pk__in=filled).delete()


def forget_places(tenant_id: int) -> None:
    """Forget how far the mailboxes were read: the next run reads them from the start."""
    BookFolder.objects.of(tenant_id).exclude(cursor="").update(cursor="")
    _of_mailboxes(tenant_id).update(shape="", doubted_at=None, doubt=None)


def _of_mailboxes(tenant_id: int) -> "QuerySet[AddressBook]":
    return AddressBook.objects.of(tenant_id).exclude(mailbox="")
