"""A directory in memory: people with a change feed, photos, mailboxes. Tests script it.

directory = MemoryDirectory()
directory.put(UserRecord(source_id=SourceId("anna"), first_name="Anna"))
directory.lose_cursors()  # the next reading since a cursor starts over
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import msgspec

from rollcall.core.errors import ContractError, SetupError, SyncError
from rollcall.core.policy import Stage
from rollcall.core.ports import (
    BookFailure,
    BookReading,
    BookRequest,
    PhotoContent,
    PhotoFailure,
    PhotoTag,
    PurposeAnswer,
    StartOver,
    UserEvent,
    UserPage,
    UsersDone,
)
from rollcall.core.records import Cursor, Removal, Sighting, SourceId, Unreadable, UserRecord
from rollcall.core.report import Usage
from tests.fakes.mailboxes import MemoryMailbox

GARBLED = "This answer makes no sense."


class Person(msgspec.Struct, frozen=True):
    """An object of the directory: its newest word, the one before, and what is true of it."""

    record: UserRecord
    sighting: Sighting
    before: Sighting | None
    touched: int


class Reading(msgspec.Struct, frozen=True):
    """One reading, as it stood when it began: however long it takes, it tells this."""

    complete: bool
    pages: tuple[tuple[Sighting, ...], ...]
    cursor: Cursor


@dataclass
class Hearing:
    """What one run asked and was told."""

    asked: bool = False
    start: int = 0
    reread: list[Sighting] = field(default_factory=list)
    finished: Reading | None = None

    def told(self) -> list[Sighting]:
        """Return all words in their order: pages of an earlier run, single objects, more pages."""
        if self.finished is None:
            return []
        pages = self.finished.pages
        again = [] if self.finished.complete else self.reread
        return [*_words(pages[: self.start]), *again, *_words(pages[self.start :])]


def _words(pages: Iterable[Iterable[Sighting]]) -> Iterator[Sighting]:
    return (word for page in pages for word in page)


class MemoryDirectory:
    """A directory and the open connection to it in one."""

    def __init__(self, *, page_size: int = 100) -> None:
        self.users_shape = "people"
        self.contacts_shape = "contacts"
        self.offers = frozenset(Stage)
        self.page_size = page_size
        self.stutters = False
        """Whether readings repeat the word before the newest one, and have empty pages."""
        self.hides_everybody = False
        """Whether a complete reading comes out empty, as a broken directory's does."""
        self.break_after: int | None = None
        """After so many pages the next reading breaks, once, with `break_with`."""
        self.break_with: BaseException = SyncError("The directory broke off.")
        self.missing: dict[Stage, str] = {}
        self.mailboxes: dict[SourceId, MemoryMailbox] = {}
        self.photos: dict[SourceId, tuple[str, bytes]] = {}
        self.purposes: dict[SourceId, str] | None = {}
        """What mailboxes are for; None while the directory does not say."""
        self._people: dict[SourceId, Person] = {}
        self._changes = 0
        self._epoch = 0
        self._readings: dict[str, Reading] = {}
        self._names = count(1)
        self._requests = 0
        self._hearing = Hearing()

    # what happens to people

    def put(self, *records: UserRecord) -> None:
        """Add people, or change them; whoever was removed is back."""
        for record in records:
            self._tell(record, record)

    def remove(self, source_id: str, *, permanent: bool = False) -> None:
        """Remove somebody: restorable, or for good."""
        person = self._people[SourceId(source_id)]
        self._tell(person.record, Removal(person.record.source_id, permanent))

    def restore(self, source_id: str) -> None:
        """Bring somebody back as they were."""
        self.put(self._people[SourceId(source_id)].record)

    def garble(self, source_id: str) -> None:
        """Let the answers about somebody make no sense until the next `put`."""
        person = self._people[SourceId(source_id)]
        self._tell(person.record, Unreadable(person.record.source_id, GARBLED))

    def lose_cursors(self) -> None:
        """Forget every place, of finished readings and of unfinished ones."""
        self._epoch += 1
        self._readings.clear()

    def take_hearing(self) -> Hearing:
        """Return what was asked and told since this was last asked."""
        hearing, self._hearing = self._hearing, Hearing()
        return hearing

    def is_current(self, reading: Reading) -> bool:
        """Tell whether nothing happened since `reading` began."""
        return reading.cursor == self._place()

    def record(self, source_id: str) -> UserRecord:
        """Return what is true of somebody, removed or not."""
        return self._people[SourceId(source_id)].record

    def there(self) -> list[UserRecord]:
        """Return the people who are there, readable or not."""
        return [
            person.record
            for person in self._people.values()
            if not isinstance(person.sighting, Removal)
        ]

    def removed(self) -> list[SourceId]:
        """Return those who can be restored."""
        return [
            source_id
            for source_id, person in self._people.items()
            if isinstance(person.sighting, Removal) and not person.sighting.permanent
        ]

    def _tell(self, record: UserRecord, sighting: Sighting) -> None:
        self._changes += 1
        known = self._people.get(record.source_id)
        self._people[record.source_id] = Person(
            record, sighting, known.sighting if known else None, self._changes
        )

    # the people, as a source

    async def read_users(
        self, *, since: Cursor | None, resume: str = ""
    ) -> AsyncGenerator[UserEvent]:
        """Read everybody, or what changed `since`; go on at `resume` if it is given."""
        name, _, page = resume.partition("/")
        start = int(page or 0)
        self._check_shape(
            since or (self._readings[name].cursor if name in self._readings else None)
        )
        if not resume:
            name = self._begin(since)
        if name not in self._readings:
            yield StartOver()
            name, start = self._begin(None), 0
        reading = self._readings[name]
        self._hearing.asked = True
        self._hearing.start = start
        for position in range(start, len(reading.pages)):
            self._break_off(position - start)
            self._requests += 1
            yield UserPage(sightings=reading.pages[position], resume=f"{name}/{position + 1}")
        self._break_off(len(reading.pages) - start)
        self._hearing.finished = reading
        yield UsersDone(cursor=reading.cursor)

    def _check_shape(self, place: Cursor | None) -> None:
        """Raise if a place is of another question: the answer would be wrong without a word."""
        if place is not None and place.shape != self.users_shape:
            raise ContractError("That place is of another question.")

    def _break_off(self, told: int) -> None:
        if self.break_after is not None and told >= self.break_after:
            self.break_after = None
            raise self.break_with

    def _begin(self, since: Cursor | None) -> str:
        """Begin a reading and return its name; no name if the place of `since` is lost."""
        epoch, _, place = since.value.partition(".") if since else (str(self._epoch), "", "-1")
        if int(epoch) != self._epoch:
            return ""
        people = [each for each in self._people.values() if each.touched > int(place)]
        if since is None and self.hides_everybody:
            people = []
        if since is None and not self.stutters:
            people = [each for each in people if not isinstance(each.sighting, Removal)]
        name = f"reading-{next(self._names)}"
        self._readings[name] = Reading(
            complete=since is None,
            pages=tuple(self._pages(people)),
            cursor=self._place(),
        )
        return name

    def _place(self) -> Cursor:
        return Cursor(value=f"{self._epoch}.{self._changes}", shape=self.users_shape)

    def _pages(self, people: Sequence[Person]) -> Iterator[tuple[Sighting, ...]]:
        words = [person.sighting for person in people]
        if self.stutters:
            words = [person.before for person in people if person.before is not None] + words
            yield ()
        for start in range(0, len(words), self.page_size):
            yield tuple(words[start : start + self.page_size])
        if self.stutters or not words:
            yield ()

    async def reread_users(self, ids: Sequence[SourceId]) -> AsyncGenerator[Sighting]:
        """Read single objects, again."""
        for source_id in ids:
            self._requests += 1
            person = self._people.get(source_id)
            word = person.sighting if person else Removal(source_id, permanent=False)
            self._hearing.reread.append(word)
            yield word

    async def find_users(self, lines: Sequence[str]) -> list[UserRecord]:
        """Look ids, principal names and mail addresses up."""
        self._requests += len(lines)
        keys = {line.casefold() for line in lines}
        return [
            record
            for record in self.there()
            if keys & {each.casefold() for each in (record.source_id, *_addresses(record))}
        ]

    # photos and mailboxes, as a source

    async def read_tags(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoTag | PhotoFailure]:
        """Read the tags of people's photos."""
        for source_id in ids:
            tag, _ = self.photos.get(source_id, ("", b""))
            yield PhotoTag(source_id=source_id, tag=tag)

    async def read_photos(
        self, ids: Sequence[SourceId]
    ) -> AsyncGenerator[PhotoContent | PhotoFailure]:
        """Read people's photos."""
        for source_id in ids:
            if source_id in self.photos:
                yield PhotoContent(source_id=source_id, content=self.photos[source_id][1])
            else:
                yield PhotoFailure(source_id, "photo-not-read", "There is no photo.")

    async def read_books(
        self, requests: AsyncGenerator[BookRequest]
    ) -> AsyncGenerator[BookReading | BookFailure]:
        """Read mailboxes."""
        async for request in requests:
            mailbox = self.mailboxes.get(request.mailbox)
            if mailbox is None:
                yield BookFailure(
                    request.book_id, "no-mailbox", "no-mailbox", "There is no mailbox."
                )
            else:
                yield mailbox.read(request)

    async def read_purposes(self, ids: Sequence[SourceId]) -> AsyncGenerator[PurposeAnswer]:
        """Say what each mailbox is for."""
        if self.purposes is None:
            raise SetupError("Nobody may know what mailboxes are for.", code="permission-missing")
        for source_id in ids:
            yield PurposeAnswer(source_id, self.purposes.get(source_id))

    def lacking(self, stage: Stage) -> str:
        """Name the permission that `stage` lacks; "" if none."""
        return self.missing.get(stage, "")

    def usage(self) -> Usage:
        """What has been asked so far."""
        return Usage(requests=self._requests)


def _addresses(record: UserRecord) -> tuple[str, ...]:
    return (record.principal_name, record.email, *record.aliases)
