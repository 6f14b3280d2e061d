"""A company whose directory is read: what happens there, and the open connection to it.

The suites of the sources know a company by this alone; `memory_company` is the fake, and
`m365_company` a simulated Microsoft 365 read by the real provider.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Protocol

import msgspec

from rollcall.core.ports import (
    BookFailure,
    BookReading,
    BookRequest,
    DirectorySource,
    FolderPlace,
    StartOver,
    UserPage,
    UsersDone,
)
from rollcall.core.records import (
    ContactId,
    ContactRecord,
    Cursor,
    Removal,
    Sighting,
    SourceId,
    UserRecord,
)

ROOT = "Contacts"


class Company(Protocol):
    """A company and its directory."""

    def open_source(self) -> AbstractAsyncContextManager[DirectorySource]:
        """Open a connection to the directory."""

    # people

    def join(self, name: str) -> SourceId:
        """Let somebody join: NAME Weber, NAME@mail.example, with a mailbox."""

    def give_job(self, person: SourceId, job: str) -> None: ...

    def disable(self, person: SourceId) -> None: ...

    def remove(self, person: SourceId) -> None: ...

    def purge(self, person: SourceId) -> None: ...

    def restore(self, person: SourceId) -> None: ...

    def garble_everybody(self) -> None:
        """From now on what is said of people makes no sense."""

    def lose_places(self) -> None:
        """Forget where readings of people were, finished and unfinished ones."""

    def send_small_pages(self) -> None:
        """Two people a page."""

    def send_an_empty_page(self) -> None:
        """The next reading has an empty page before others."""

    # mailboxes: folders are named by their path

    def add_folder(self, person: SourceId, name: str, *, below: str = ROOT) -> None: ...

    def drop_folder(self, person: SourceId, path: str) -> None: ...

    def add_contact(self, person: SourceId, name: str, *, folder: str = ROOT) -> ContactId:
        """Add a contact of this name, whose business phone is 030 1234."""

    def rename_contact(self, person: SourceId, contact: ContactId, name: str) -> None: ...

    def move_contact(self, person: SourceId, contact: ContactId, folder: str) -> None: ...

    def remove_contact(self, person: SourceId, contact: ContactId) -> None: ...

    def lose_folder_places(self, person: SourceId) -> None: ...

    def hide_mailbox(self, person: SourceId) -> None:
        """Let a policy hide a mailbox."""

    def drop_mailbox(self, person: SourceId) -> None: ...

    def turn_mailbox(self, person: SourceId, purpose: str) -> None:
        """Make a mailbox a shared one, or a room's."""

    def refuse_purposes(self) -> None:
        """Take the permission away to ask what mailboxes are for."""

    # photos

    def set_photo(self, person: SourceId, picture: str) -> None: ...

    def remove_photo(self, person: SourceId) -> None: ...


class Told(msgspec.Struct, frozen=True):
    """All that one reading of people said."""

    pages: tuple[UserPage, ...]
    started_over: bool
    cursor: Cursor

    @property
    def last_words(self) -> dict[SourceId, Sighting]:
        """The last word on each object."""
        return {word.source_id: word for page in self.pages for word in page.sightings}

    @property
    def people(self) -> set[SourceId]:
        """Those of whom the last word is a record."""
        return {each for each, word in self.last_words.items() if isinstance(word, UserRecord)}

    @property
    def removed(self) -> dict[SourceId, bool]:
        """Those who are gone: whether for good."""
        return {
            each: word.permanent
            for each, word in self.last_words.items()
            if isinstance(word, Removal)
        }

    def record(self, person: SourceId) -> UserRecord:
        """Return what was said of somebody."""
        word = self.last_words[person]
        assert isinstance(word, UserRecord)
        return word


async def read_people(
    source: DirectorySource, *, since: Cursor | None = None, resume: str = ""
) -> Told:
    """Read people to the end; only what follows the last StartOver counts."""
    pages: list[UserPage] = []
    started_over = False
    async with aclosing(source.read_users(since=since, resume=resume)) as events:
        async for event in events:
            match event:
                case UserPage():
                    pages.append(event)
                case StartOver():
                    started_over = True
                    pages.clear()
                case UsersDone(cursor=cursor):
                    return Told(pages=tuple(pages), started_over=started_over, cursor=cursor)
    raise AssertionError("the reading did not end")


class Shelf(msgspec.Struct, frozen=True):
    """What is known of a mailbox after some readings: the naive sum of what they said."""

    contacts: Mapping[ContactId, ContactRecord] = {}
    places: tuple[FolderPlace, ...] = ()
    complete: bool = True

    @property
    def found(self) -> dict[str, str]:
        """The paths of the contacts, by name."""
        paths = {place.folder_id: place.path for place in self.places}
        return {each.display_name: paths[each.folder_id] for each in self.contacts.values()}

    @property
    def paths(self) -> set[str]:
        """The paths of the folders."""
        return {place.path for place in self.places}


async def read_mailbox(
    source: DirectorySource,
    person: SourceId,
    before: Shelf | None = None,
    *,
    subfolders: bool = True,
) -> Shelf:
    """Read a mailbox, or what changed in it since `before`."""
    known = before or Shelf()
    (answer,) = await read_mailboxes(
        source, BookRequest(1, person, subfolders=subfolders, folders=known.places)
    )
    assert isinstance(answer, BookReading), answer
    return _sum_up(known, answer)


async def read_mailboxes(
    source: DirectorySource, *requests: BookRequest
) -> list[BookReading | BookFailure]:
    """Read mailboxes."""

    async def ask() -> AsyncGenerator[BookRequest]:
        for request in requests:
            yield request

    async with aclosing(source.read_books(ask())) as answers:
        return [answer async for answer in answers]


def _sum_up(known: Shelf, reading: BookReading) -> Shelf:
    folders = {folder.folder_id: folder for folder in reading.folders}
    kept = {
        each: contact
        for each, contact in known.contacts.items()
        if (folder := folders.get(contact.folder_id)) is not None
        and not folder.complete
        and each not in folder.removed
    }
    said = {each.contact_id: each for folder in reading.folders for each in folder.contacts}
    contacts = {**kept, **said}
    return Shelf(
        contacts=contacts,
        places=tuple(
            FolderPlace(
                folder_id=folder.folder_id,
                parent_id=folder.parent_id,
                path=folder.path,
                cursor=folder.cursor,
                contacts=sum(each.folder_id == folder.folder_id for each in contacts.values()),
            )
            for folder in reading.folders
        ),
        complete=all(folder.complete for folder in reading.folders),
    )


def pick(words: Sequence[UserRecord]) -> set[SourceId]:
    """Return the ids of some records."""
    return {word.source_id for word in words}
