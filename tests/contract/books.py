"""Address books for tests of a store: made, filled, looked into."""

from collections.abc import Mapping, Sequence

from rollcall.core.contacts import (
    BookPlan,
    ContactChange,
    FolderState,
    KnownContacts,
    dial_contact,
)
from rollcall.core.policy import Stage
from rollcall.core.ports import FolderPlace, KnownBook
from rollcall.core.records import ContactId, ContactRecord, FolderId, Phone, SourceId, fingerprint
from tests.contract.desk import Desk

SHAPE = "contacts DE"
ROOT = FolderId("contacts")
PERSONAL, COMPANY = Stage.PERSONAL_CONTACTS, Stage.COMPANY_CONTACTS


def contact(name: str, *, folder: FolderId = ROOT, phone: str = "") -> ContactRecord:
    """Return a contact: contact("c1", phone="030 901820")."""
    return ContactRecord(
        contact_id=ContactId(name),
        folder_id=folder,
        display_name=name.title(),
        emails=(f"{name}@fabrikam.example",),
        phones=(Phone("business", phone),) if phone else (),
    )


def stored(record: ContactRecord) -> ContactChange:
    """Return a contact as a plan has it."""
    return dial_contact(record, fingerprint(record, "DE"), "DE")


def folder(
    folder_id: str = ROOT, *, path: str = "Contacts", cursor: str = "f1", contacts: int = 0
) -> FolderState:
    """Return a folder as a plan has it."""
    parent = FolderId("" if folder_id == ROOT else ROOT)
    return FolderState(FolderId(folder_id), parent, path, cursor, contacts)


class Library:
    """The address books of a PBX."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def books(self, stage: Stage) -> dict[SourceId, KnownBook]:
        """Return the books of a stage."""
        return self.desk.ask(lambda store: store.books(stage))

    def change(
        self,
        stage: Stage,
        *,
        added: Mapping[SourceId, int | None] | None = None,
        dropped: Sequence[int] = (),
    ) -> dict[SourceId, KnownBook]:
        """Add and drop books."""
        return self.desk.ask(
            lambda store: store.change_books(stage, added=added or {}, dropped=dropped)
        )

    def company(self, *mailboxes: str) -> list[int]:
        """Add books of the company; return their ids."""
        books = self.change(COMPANY, added={SourceId(each): None for each in mailboxes})
        return [books[SourceId(each)].book_id for each in mailboxes]

    def apply(self, *plans: BookPlan, shape: str = SHAPE) -> None:
        """Apply plans."""
        now = self.desk.clock()
        self.desk.ask(lambda store: store.apply_books(plans, shape=shape, now=now))

    def fill(self, book_id: int, *contacts: ContactRecord) -> None:
        """Put contacts into the default folder of a book."""
        plan = BookPlan(
            book_id=book_id,
            created=tuple(stored(each) for each in contacts),
            folders=(folder(contacts=len(contacts)),),
        )
        self.apply(plan)

    def count(self, *book_ids: int) -> int:
        """Count contacts."""
        return self.desk.ask(lambda store: store.count_contacts(book_ids))

    def known(self, book_id: int) -> KnownContacts:
        """Return what is remembered of a book's contacts."""
        return self.desk.ask(lambda store: store.known_contacts([book_id]))[book_id]

    def places(self, book_id: int, *, shape: str = SHAPE) -> tuple[FolderPlace, ...]:
        """Return where the folders of a book were left."""
        found = self.desk.ask(lambda store: store.folder_places([book_id], shape=shape))
        return found.get(book_id, ())
