"""The photos' and contacts' part of the store in memory: what its ports mean, row by row."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from rollcall.core.books import NO_MAILBOX_PATIENCE
from rollcall.core.contacts import (
    BookPlan,
    ContactChange,
    KnownContact,
    KnownContacts,
    Shrunk,
    encode_books,
)
from rollcall.core.plan import ExtensionState
from rollcall.core.policy import Stage
from rollcall.core.ports import (
    BookFailure,
    FolderPlace,
    KnownBook,
    KnownPurpose,
    Owner,
    PhotoMemory,
    Purposes,
    StoredPhoto,
)
from rollcall.core.records import SourceId
from tests.fakes.people import drop_book, find_extension
from tests.fakes.session import MemorySession
from tests.fakes.tables import BookRow, ContactRow, HeldBooksRow, Tables

SCOPES = {Stage.PERSONAL_CONTACTS: "personal", Stage.COMPANY_CONTACTS: "company"}


class MemoryPhotos:
    """Keeps people's photos."""

    def __init__(self, session: MemorySession) -> None:
        self._session = session
        self._rows = session.tables

    async def owners(self) -> dict[SourceId, Owner]:
        """Return the directory's people with an extension that is not released."""
        return {
            row.object_id: Owner(
                extension_id=row.id,
                working=row.state is ExtensionState.ACTIVE and row.deleted_at is None,
            )
            for row in self._rows.extensions.values()
            if row.object_id is not None and row.state is not ExtensionState.RELEASED
        }

    async def photo_tags(self) -> dict[SourceId, PhotoMemory]:
        """Return the tags of the photos that are kept."""
        return {
            row.object_id: PhotoMemory(tag=photo.tag, problem=photo.problem)
            for extension_id, photo in self._rows.photos.items()
            if (row := self._rows.extensions[extension_id]).object_id is not None
        }

    async def apply_photos(
        self, photos: Sequence[StoredPhoto], dropped: Sequence[SourceId]
    ) -> None:
        """Keep `photos` and drop those of the people `dropped`."""
        with self._session.write() as rows:
            for photo in photos:
                row = find_extension(rows, photo.source_id)
                if row is not None and row.state is not ExtensionState.RELEASED:
                    rows.photos[row.id] = photo
            for source_id in dropped:
                row = find_extension(rows, source_id)
                if row is not None:
                    rows.photos.pop(row.id, None)


class MemoryContacts:
    """Keeps address books and their contacts."""

    def __init__(self, session: MemorySession) -> None:
        self._session = session
        self._rows = session.tables

    async def books(self, stage: Stage) -> dict[SourceId, KnownBook]:
        """Return the books of a stage by mailbox."""
        return {
            row.mailbox: KnownBook(
                book_id=row.id,
                mailbox=row.mailbox,
                owner=row.owner,
                status=row.status,
                status_since=row.status_since,
                checked_at=row.checked_at,
                doubt=row.doubt,
            )
            for row in self._rows.books.values()
            if row.scope == SCOPES[stage]
        }

    async def change_books(
        self,
        stage: Stage,
        *,
        added: Mapping[SourceId, int | None],
        dropped: Sequence[int],
    ) -> dict[SourceId, KnownBook]:
        """Add books, drop others with all their contacts; return those that there are then."""
        with self._session.write() as rows:
            for book_id in dropped:
                if book_id in rows.books and rows.books[book_id].scope == SCOPES[stage]:
                    drop_book(rows, book_id)
            for mailbox, owner in added.items():
                row = BookRow(id=rows.new_id(), scope=SCOPES[stage], mailbox=mailbox, owner=owner)
                rows.books[row.id] = row
                rows.folders[row.id] = {}
                rows.contacts[row.id] = {}
        return await self.books(stage)

    async def count_contacts(self, book_ids: Sequence[int]) -> int:
        """Count the contacts of some books."""
        return sum(len(self._rows.contacts.get(each, ())) for each in book_ids)

    async def folder_places(
        self, book_ids: Sequence[int], *, shape: str
    ) -> dict[int, tuple[FolderPlace, ...]]:
        """Return where the folders were left. Cursors of another shape come back empty."""
        places: dict[int, tuple[FolderPlace, ...]] = {}
        for book_id in book_ids:
            folders = self._rows.folders.get(book_id)
            if folders:
                kept = self._rows.books[book_id].shape == shape
                places[book_id] = tuple(
                    FolderPlace(
                        folder_id=each.folder_id,
                        parent_id=each.parent_id,
                        path=each.path,
                        cursor=each.cursor if kept else "",
                        contacts=each.contacts,
                    )
                    for each in sorted(folders.values(), key=lambda f: (f.path, f.folder_id))
                )
        return places

    async def known_contacts(self, book_ids: Sequence[int]) -> dict[int, KnownContacts]:
        """Return what is remembered of the contacts of some books."""
        return {
            book_id: {
                contact_id: KnownContact(
                    fingerprint=row.fingerprint, folder_id=row.record.folder_id
                )
                for contact_id, row in self._rows.contacts.get(book_id, {}).items()
            }
            for book_id in book_ids
        }

    async def apply_books(
        self,
        plans: Sequence[BookPlan],
        *,
        shape: str,
        now: datetime,
        began_at: datetime | None = None,
    ) -> None:
        """Do what the plans say and move the folders' cursors."""
        with self._session.write() as rows:
            apply_book_plans(rows, plans, shape=shape, now=now)
            for plan in plans if began_at else ():
                book = rows.books.get(plan.book_id)
                if book and book.checked_at and began_at and book.checked_at < began_at:
                    rows.books[book.id] = msgspec.structs.replace(book, checked_at=now)

    async def mark_books(self, failures: Sequence[BookFailure], *, now: datetime) -> None:
        """Remember which books have no mailbox, or may not be read."""
        with self._session.write() as rows:
            for failure in failures:
                row = rows.books.get(failure.book_id)
                if row is not None and failure.status in {"no-mailbox", "not-permitted"}:
                    rows.books[row.id] = _mark(row, failure.status, now)

    async def doubt_books(self, shrunk: Sequence[Shrunk]) -> None:
        """Remember readings that lost suspiciously much."""
        with self._session.write() as rows:
            for each in shrunk:
                row = rows.books[each.plan.book_id]
                rows.books[row.id] = msgspec.structs.replace(row, doubt=each.doubt)

    async def hold_books(
        self, stage: Stage, shrunk: Sequence[Shrunk], *, shape: str, now: datetime
    ) -> None:
        """Keep the plans of doubted books for a person's word."""
        plans = encode_books(each.plan for each in shrunk)
        with self._session.write() as rows:
            held = rows.held.setdefault(self._session.run_id, {})
            held[stage] = HeldBooksRow(plans=plans, shape=shape)

    async def purposes(self) -> Purposes:
        """Return what mailboxes are for, as far as the directory told."""
        return Purposes(
            known={
                source_id: KnownPurpose(
                    purpose=row.purpose,
                    current=bool(row.removed) or row.purpose_of == row.record,
                    missing_since=row.missing_since,
                    missing_at=row.missing_at,
                )
                for source_id, row in self._rows.records.items()
                if row.record is not None and row.record.email and row.removed != "gone"
            },
            refused_at=self._rows.purposes_refused_at,
        )

    async def keep_purposes(
        self, answers: Mapping[SourceId, str | None], *, refused: bool, now: datetime
    ) -> None:
        """Remember what mailboxes are for, or that the directory refused to say it."""
        with self._session.write() as rows:
            for source_id, purpose in answers.items():
                if source_id in rows.records:
                    row = rows.records[source_id]
                    rows.records[source_id] = msgspec.structs.replace(
                        row,
                        purpose=row.purpose if purpose is None else purpose,
                        purpose_of=row.record,
                        missing_since=(row.missing_since or now) if purpose is None else None,
                        missing_at=now if purpose is None else None,
                    )
            rows.purposes_refused_at = now if refused else None


def apply_book_plans(rows: Tables, plans: Sequence[BookPlan], *, shape: str, now: datetime) -> None:
    """Apply plans; books that went away meanwhile are passed over."""
    for plan in plans:
        book = rows.books.get(plan.book_id)
        if book is None:
            continue
        contacts = rows.contacts[book.id]
        for contact_id in plan.gone:
            contacts.pop(contact_id, None)
        for change in (*plan.changed, *plan.created):
            contacts[change.record.contact_id] = _to_row(change)
        rows.folders[book.id] = {folder.folder_id: folder for folder in plan.folders}
        if (book.status, book.shape, book.doubt) != ("read", shape, None):
            rows.books[book.id] = msgspec.structs.replace(
                book, status="read", status_since=now, checked_at=now, shape=shape, doubt=None
            )


def _to_row(change: ContactChange) -> ContactRow:
    return ContactRow(record=change.record, fingerprint=change.fingerprint, phones=change.phones)


def _mark(row: BookRow, status: str, now: datetime) -> BookRow:
    """Note a failure once, and once more in a while."""
    news = row.status != status
    if not news and row.checked_at is not None and row.checked_at > now - NO_MAILBOX_PATIENCE:
        return row
    since = now if news else row.status_since
    return msgspec.structs.replace(row, status=status, status_since=since, checked_at=now)
