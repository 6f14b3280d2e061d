"""What is in a mailbox: contact folders, contacts, and the record of their changes.

Contacts and folders are numbered inside the mailbox. Ids as Graph writes them are made of these
numbers elsewhere.
"""

import zlib
from collections.abc import Iterator

from msgspec import Struct

DEFAULT_FOLDER = 1
"""The number of the folder "Contacts"."""
TOP_OF_STORE = 0


class Folder(Struct):
    """A contact folder."""

    number: int
    name: str
    parent: int


class Contact(Struct, gc=False):
    """A contact; `moves` and `version` count what happened to it."""

    number: int
    folder: int
    properties: dict[str, object]
    created_at: str
    modified_at: str
    moves: int = 0
    version: int = 0


class Change(Struct, frozen=True, gc=False):
    """One line of the record: a contact in a folder, or (contact 0) a folder below a parent."""

    folder: int
    contact: int = 0
    moves: int = 0
    parent: int = 0


class Contents:
    """The folders and contacts of one mailbox."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.folders = {DEFAULT_FOLDER: Folder(DEFAULT_FOLDER, "Contacts", TOP_OF_STORE)}
        self.contacts: dict[int, Contact] = {}
        self._last_contact = 0
        self._last_folder = DEFAULT_FOLDER
        self._changes: list[Change] = []
        self._marks = [0]

    @property
    def position(self) -> int:
        """How many changes there have been since the mailbox was made."""
        return len(self._changes)

    def mark(self, position: int) -> int:
        """Return a checksum of the changes before a position."""
        return self._marks[position]

    def between(self, since: int, upto: int) -> Iterator[Change]:
        """Return the changes from one position to another."""
        return iter(self._changes[since:upto])

    def in_folder(self, folder: int) -> list[Contact]:
        """Return a folder's own contacts, oldest number first."""
        return [contact for contact in self.contacts.values() if contact.folder == folder]

    def children(self, folder: int) -> list[Folder]:
        """Return the folders directly below one."""
        return [child for child in self.folders.values() if child.parent == folder]

    def below(self, folder: int) -> list[Folder]:
        """Return all folders below one, parents before their children."""
        found: list[Folder] = []
        for child in self.children(folder):
            found += [child, *self.below(child.number)]
        return found

    def path_of(self, folder: int) -> str:
        """Return a folder's path from "Contacts"."""
        here = self.folders[folder]
        return (
            here.name
            if here.parent not in self.folders
            else f"{self.path_of(here.parent)}/{here.name}"
        )

    def fill(
        self, folder: int, properties: dict[str, object], *, created_at: str, modified_at: str
    ) -> None:
        """Put in a contact that has always been there: no change is recorded."""
        self._last_contact += 1
        self.contacts[self._last_contact] = Contact(
            self._last_contact, folder, properties, created_at, modified_at
        )

    def furnish(self, name: str, parent: int = DEFAULT_FOLDER) -> int:
        """Put in a folder that has always been there and return its number."""
        self._last_folder += 1
        self.folders[self._last_folder] = Folder(self._last_folder, name, parent)
        return self._last_folder

    def add_contact(self, folder: int, properties: dict[str, object], now: str) -> Contact:
        """Add a contact."""
        self.fill(folder, properties, created_at=now, modified_at=now)
        contact = self.contacts[self._last_contact]
        self._note(Change(folder, contact.number))
        return contact

    def update_contact(self, contact: Contact, values: dict[str, object], now: str) -> None:
        """Set properties of a contact."""
        contact.properties = {**contact.properties, **values}
        contact.version += 1
        contact.modified_at = now
        self._note(Change(contact.folder, contact.number, contact.moves))

    def move_contact(self, contact: Contact, folder: int, now: str) -> None:
        """Move a contact: gone from one folder, new in the other."""
        if folder == contact.folder:
            return
        self._note(Change(contact.folder, contact.number, contact.moves))
        contact.folder = folder
        contact.moves += 1
        contact.version += 1
        contact.modified_at = now
        self._note(Change(folder, contact.number, contact.moves))

    def delete_contact(self, contact: Contact) -> None:
        """Delete a contact."""
        del self.contacts[contact.number]
        self._note(Change(contact.folder, contact.number, contact.moves))

    def add_folder(self, name: str, parent: int) -> Folder:
        """Add a folder."""
        folder = self.folders[self.furnish(name, parent)]
        self._note_folder(folder)
        return folder

    def rename_folder(self, folder: Folder, name: str) -> None:
        """Rename a folder."""
        folder.name = name
        self._note_folder(folder)

    def move_folder(self, folder: Folder, parent: int) -> None:
        """Hang a folder, with all that is in it, below another."""
        self._note_folder(folder)
        folder.parent = parent
        self._note_folder(folder)

    def delete_folder(self, folder: Folder) -> None:
        """Delete a folder with its contacts and all folders below."""
        for child in self.children(folder.number):
            self.delete_folder(child)
        for contact in self.in_folder(folder.number):
            self.delete_contact(contact)
        del self.folders[folder.number]
        self._note_folder(folder)

    def empty(self) -> None:
        """Delete every contact, and every folder but the default one."""
        for child in self.children(DEFAULT_FOLDER):
            self.delete_folder(child)
        for contact in list(self.contacts.values()):
            self.delete_contact(contact)

    def _note_folder(self, folder: Folder) -> None:
        self._note(Change(folder.number, parent=folder.parent))

    def _note(self, change: Change) -> None:
        self._changes.append(change)
        entry = f"{change.folder}:{change.contact}:{change.moves}:{change.parent}".encode()
        self._marks.append(zlib.crc32(entry, self._marks[-1]))
