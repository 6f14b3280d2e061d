"""A mailbox in memory: folders of contacts, each with a change feed of its own."""

import msgspec

from rollcall.core.contacts import FolderReading
from rollcall.core.ports import BookFailure, BookReading, BookRequest
from rollcall.core.records import ContactId, ContactRecord, FolderId

DEFAULT = FolderId("contacts")


class Folder(msgspec.Struct, frozen=True):
    """A folder below another one."""

    parent_id: FolderId
    name: str


class Event(msgspec.Struct, frozen=True):
    """A contact came into a folder or changed in it (`there`), or left it."""

    folder_id: FolderId
    contact_id: ContactId
    there: bool


class MemoryMailbox:
    """The contact folders of one mailbox."""

    def __init__(self) -> None:
        self.denied = False
        self._folders: dict[FolderId, Folder] = {}
        self._contacts: dict[ContactId, ContactRecord] = {}
        self._events: list[Event] = []
        self._epoch = 0

    # what happens in it

    def add_folder(self, folder_id: str, name: str, *, parent: str = DEFAULT) -> None:
        """Add a folder, rename it, or move it below another one."""
        self._folders[FolderId(folder_id)] = Folder(FolderId(parent), name)

    def drop_folder(self, folder_id: str) -> None:
        """Drop a folder with its contacts."""
        del self._folders[FolderId(folder_id)]
        for contact in list(self._contacts.values()):
            if contact.folder_id == folder_id:
                del self._contacts[contact.contact_id]

    def put(self, *contacts: ContactRecord) -> None:
        """Add contacts, change them, or move them into another folder."""
        for contact in contacts:
            before = self._contacts.get(contact.contact_id)
            if before is not None and before.folder_id != contact.folder_id:
                self._events.append(Event(before.folder_id, contact.contact_id, there=False))
            self._contacts[contact.contact_id] = contact
            self._events.append(Event(contact.folder_id, contact.contact_id, there=True))

    def remove(self, contact_id: str) -> None:
        """Delete a contact."""
        contact = self._contacts.pop(ContactId(contact_id))
        self._events.append(Event(contact.folder_id, contact.contact_id, there=False))

    def lose_cursors(self) -> None:
        """Forget every place."""
        self._epoch += 1

    # the mailbox, as a source

    def read(self, request: BookRequest) -> BookReading | BookFailure:
        """Read the folders: each completely, or since the cursor of its place."""
        if self.denied:
            return BookFailure(
                request.book_id, "not-permitted", "not-permitted", "A policy hides this mailbox."
            )
        cursors = {place.folder_id: place.cursor for place in request.folders}
        places = {DEFAULT: (FolderId(""), "Contacts")}
        if request.subfolders:
            places |= {each: self._place(each) for each in self._folders}
        return BookReading(
            book_id=request.book_id,
            folders=tuple(
                self._read_folder(folder_id, parent_id, path, cursors.get(folder_id, ""))
                for folder_id, (parent_id, path) in places.items()
            ),
        )

    def _place(self, folder_id: FolderId) -> tuple[FolderId, str]:
        folder = self._folders[folder_id]
        _, above = (
            self._place(folder.parent_id) if folder.parent_id != DEFAULT else ("", "Contacts")
        )
        return folder.parent_id, f"{above}/{folder.name}"

    def _read_folder(
        self, folder_id: FolderId, parent_id: FolderId, path: str, cursor: str
    ) -> FolderReading:
        here = {
            each.contact_id: each for each in self._contacts.values() if each.folder_id == folder_id
        }
        epoch, _, place = cursor.partition(".")
        since = bool(cursor) and int(epoch) == self._epoch
        news = {
            event.contact_id
            for event in self._events[int(place) if since else 0 :]
            if event.folder_id == folder_id
        }
        return FolderReading(
            folder_id=folder_id,
            parent_id=parent_id,
            path=path,
            complete=not since,
            contacts=tuple(each for key, each in here.items() if not since or key in news),
            removed=tuple(sorted(news - here.keys())) if since else (),
            cursor=f"{self._epoch}.{len(self._events)}",
        )
