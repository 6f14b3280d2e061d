"""A company in memory: the fake directory, as a company under test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import msgspec

from rollcall.core.ports import DirectorySource
from rollcall.core.records import ContactId, ContactRecord, FolderId, Phone, SourceId, UserRecord
from tests.contract.company import ROOT
from tests.fakes.directory import MemoryDirectory
from tests.fakes.mailboxes import DEFAULT, MemoryMailbox

replace = msgspec.structs.replace


class MemoryCompany:
    """A company whose directory is a MemoryDirectory."""

    def __init__(self) -> None:
        self.directory = MemoryDirectory()
        self._numbers = count(1)
        self._folders: dict[tuple[SourceId, str], FolderId] = {}
        self._contacts: dict[ContactId, ContactRecord] = {}

    @asynccontextmanager
    async def open_source(self) -> AsyncIterator[DirectorySource]:
        """Open a connection to the directory."""
        yield self.directory

    # people

    def join(self, name: str) -> SourceId:
        """Let somebody join."""
        person = SourceId(f"person-{next(self._numbers)}")
        self.directory.put(
            UserRecord(
                source_id=person,
                display_name=f"{name} Weber",
                first_name=name,
                last_name="Weber",
                principal_name=f"{name}@login.example",
                email=f"{name}@mail.example",
            )
        )
        self.directory.mailboxes[person] = MemoryMailbox()
        self.directory.purposes = {**(self.directory.purposes or {}), person: "user"}
        return person

    def give_job(self, person: SourceId, job: str) -> None:
        """Give somebody a job title."""
        self.directory.put(replace(self.directory.record(person), job_title=job))

    def disable(self, person: SourceId) -> None:
        """Disable an account."""
        self.directory.put(replace(self.directory.record(person), enabled=False))

    def remove(self, person: SourceId) -> None:
        """Delete somebody; they can be restored."""
        self.directory.remove(person)

    def purge(self, person: SourceId) -> None:
        """Delete somebody for good."""
        self.directory.remove(person, permanent=True)

    def restore(self, person: SourceId) -> None:
        """Bring somebody back."""
        self.directory.restore(person)

    def garble_everybody(self) -> None:
        """Let answers about people make no sense."""
        for record in self.directory.there():
            self.directory.garble(record.source_id)

    def lose_places(self) -> None:
        """Forget all places."""
        self.directory.lose_cursors()

    def send_small_pages(self) -> None:
        """Two people a page."""
        self.directory.page_size = 2

    def send_an_empty_page(self) -> None:
        """Have empty pages, and words that come twice."""
        self.directory.stutters = True

    # mailboxes

    def add_folder(self, person: SourceId, name: str, *, below: str = ROOT) -> None:
        """Add a folder."""
        folder_id = FolderId(f"folder-{next(self._numbers)}")
        self._folders[person, f"{below}/{name}"] = folder_id
        self._mailbox(person).add_folder(folder_id, name, parent=self._folder(person, below))

    def drop_folder(self, person: SourceId, path: str) -> None:
        """Drop a folder."""
        self._mailbox(person).drop_folder(self._folders.pop((person, path)))

    def add_contact(self, person: SourceId, name: str, *, folder: str = ROOT) -> ContactId:
        """Add a contact."""
        contact = ContactRecord(
            contact_id=ContactId(f"contact-{next(self._numbers)}"),
            folder_id=self._folder(person, folder),
            display_name=name,
            phones=(Phone("business", "030 1234"),),
        )
        self._put(person, contact)
        return contact.contact_id

    def rename_contact(self, person: SourceId, contact: ContactId, name: str) -> None:
        """Rename a contact."""
        self._put(person, replace(self._contacts[contact], display_name=name))

    def move_contact(self, person: SourceId, contact: ContactId, folder: str) -> None:
        """Move a contact."""
        self._put(person, replace(self._contacts[contact], folder_id=self._folder(person, folder)))

    def remove_contact(self, person: SourceId, contact: ContactId) -> None:
        """Delete a contact."""
        self._mailbox(person).remove(contact)

    def lose_folder_places(self, person: SourceId) -> None:
        """Forget all places of a mailbox."""
        self._mailbox(person).lose_cursors()

    def hide_mailbox(self, person: SourceId) -> None:
        """Hide a mailbox."""
        self._mailbox(person).denied = True

    def drop_mailbox(self, person: SourceId) -> None:
        """Take a mailbox away."""
        del self.directory.mailboxes[person]
        self._set_purpose(person, None)

    def turn_mailbox(self, person: SourceId, purpose: str) -> None:
        """Let a mailbox be for something else."""
        self._set_purpose(person, purpose)

    def refuse_purposes(self) -> None:
        """Say no more what mailboxes are for."""
        self.directory.purposes = None

    # photos

    def set_photo(self, person: SourceId, picture: str) -> None:
        """Give somebody a photo."""
        self.directory.photos[person] = (f"tag of {picture}", picture.encode())

    def remove_photo(self, person: SourceId) -> None:
        """Take a photo away."""
        del self.directory.photos[person]

    def _mailbox(self, person: SourceId) -> MemoryMailbox:
        return self.directory.mailboxes[person]

    def _folder(self, person: SourceId, path: str) -> FolderId:
        return DEFAULT if path == ROOT else self._folders[person, path]

    def _put(self, person: SourceId, contact: ContactRecord) -> None:
        self._contacts[contact.contact_id] = contact
        self._mailbox(person).put(contact)

    def _set_purpose(self, person: SourceId, purpose: str | None) -> None:
        purposes = dict(self.directory.purposes or {})
        purposes.pop(person, None)
        self.directory.purposes = {**purposes, person: purpose} if purpose else purposes
