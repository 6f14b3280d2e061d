"""What the engine asks of the world: a source to read, a store to keep, a clock.

A source is one open connection to one directory. It reads, it never decides: paging, batching,
throttling and consent stay inside it, in the provider's own words. A store is one tenant's part of
the PBX, open for one run; every write checks the run's fence and is one transaction.

Everything here may raise TransientError (try again later), SetupError (an administrator must act)
and ContractError (we do not understand the answer). A store also raises FencedError when another
worker has taken over, and OutdatedError when a plan no longer fits.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from rollcall.core.contacts import BookPlan, Doubt, FolderReading, KnownContacts, Shrunk
from rollcall.core.plan import KnownUser, UserPlan, World
from rollcall.core.policy import Stage
from rollcall.core.records import Cursor, FolderId, Sighting, SourceId, UserRecord
from rollcall.core.report import Usage

# --- what a source says -----------------------------------------------------------------------


class UserPage(msgspec.Struct, frozen=True):
    """One page of a reading. `resume` leads to the next one, from any process, for some hours."""

    sightings: tuple[Sighting, ...]
    resume: str


class StartOver(msgspec.Struct, frozen=True):
    """The directory has lost our place: forget the pages so far; what follows is complete."""


class UsersDone(msgspec.Struct, frozen=True):
    """The reading has finished; only now may it imply that somebody left."""

    cursor: Cursor


UserEvent = UserPage | StartOver | UsersDone


class FolderPlace(msgspec.Struct, frozen=True):
    """A folder as it was left last time: where it is, where to go on reading, how big it was."""

    folder_id: FolderId
    parent_id: FolderId
    path: str
    cursor: str
    contacts: int


class BookRequest(msgspec.Struct, frozen=True):
    """Read this mailbox: all its contacts, or what changed in the folders that are known."""

    book_id: int
    mailbox: SourceId
    subfolders: bool
    folders: tuple[FolderPlace, ...] = ()


class BookReading(msgspec.Struct, frozen=True):
    """All contact folders of a mailbox, each complete or since its cursor."""

    book_id: int
    folders: tuple[FolderReading, ...]


class BookFailure(msgspec.Struct, frozen=True):
    """This mailbox could not be read; `status` is no-mailbox, not-permitted or failed."""

    book_id: int
    status: str
    code: str
    message: str


class PhotoTag(msgspec.Struct, frozen=True):
    """A person's photo changes when its tag does; an empty tag is “no photo”."""

    source_id: SourceId
    tag: str


class PhotoContent(msgspec.Struct, frozen=True):
    """The bytes of a photo, as the directory has them: any format, any size."""

    source_id: SourceId
    content: bytes


class PhotoFailure(msgspec.Struct, frozen=True):
    """This person's photo could not be read."""

    source_id: SourceId
    code: str
    message: str


class PurposeAnswer(msgspec.Struct, frozen=True):
    """What a mailbox is for: user, shared, room, …; None where there is no mailbox that tells.

    With a `problem` nothing was learnt.
    """

    source_id: SourceId
    purpose: str | None
    problem: str = ""


class UserSource(Protocol):
    """Reads the people of a directory."""

    @property
    def users_shape(self) -> str:
        """The question that `read_users` asks; a cursor of another shape is of no use."""

    def read_users(self, *, since: Cursor | None, resume: str = "") -> AsyncGenerator[UserEvent]:
        """Read everybody, or what changed `since`; go on at `resume` if it is given."""

    def reread_users(self, ids: Sequence[SourceId]) -> AsyncGenerator[Sighting]:
        """Read single objects, again."""

    async def find_users(self, lines: Sequence[str]) -> list[UserRecord]:
        """Look ids, principal names and mail addresses up in the live directory."""


class ContactSource(Protocol):
    """Reads the contacts of mailboxes."""

    @property
    def contacts_shape(self) -> str:
        """The question that `read_books` asks; cursors of another shape are of no use."""

    def read_books(
        self, requests: AsyncGenerator[BookRequest]
    ) -> AsyncGenerator[BookReading | BookFailure]:
        """Read mailboxes, in whatever order they are done. `requests` is drawn from as needed."""

    def read_purposes(self, ids: Sequence[SourceId]) -> AsyncGenerator[PurposeAnswer]:
        """Say what each mailbox is for; raise SetupError if the directory tells of none."""


class PhotoSource(Protocol):
    """Reads the photos of people."""

    def read_tags(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoTag | PhotoFailure]:
        """Read the tags of people's photos."""

    def read_photos(self, ids: Sequence[SourceId]) -> AsyncGenerator[PhotoContent | PhotoFailure]:
        """Read people's photos."""


class DirectorySource(UserSource, ContactSource, PhotoSource, Protocol):
    """The sum of what a directory offers."""

    @property
    def offers(self) -> frozenset[Stage]:
        """The stages for which this source has something to read."""

    def lacking(self, stage: Stage) -> str:
        """Name the permission that `stage` seems to lack; "" if none. A hint, not a proof."""

    def usage(self) -> Usage:
        """What has been asked of the directory so far."""


# --- what a store keeps -----------------------------------------------------------------------


class UsersMemory(msgspec.Struct, frozen=True):
    """Where the people stage stands: its cursor, and the digest of the policy it last applied.

    `applied_at` is when it last applied something.
    """

    cursor: Cursor | None = None
    policy: bytes = b""
    applied_at: datetime | None = None


class OpenReading(msgspec.Struct, frozen=True):
    """A reading that an earlier run began. `cursor` is there when its last page is staged."""

    since: Cursor | None
    shape: str
    started_at: datetime
    complete: bool
    resume: str
    cursor: Cursor | None


class HeadCount(msgspec.Struct, frozen=True):
    """`linked` people have a number, `working` ones a working phone, `refused` ones stay out."""

    linked: int
    working: int
    refused: int


class Owner(msgspec.Struct, frozen=True):
    """A directory person with an extension that is not released."""

    extension_id: int
    working: bool


class KnownBook(msgspec.Struct, frozen=True):
    """An address book as it stands. `owner` is None for the company's."""

    book_id: int
    mailbox: SourceId
    owner: int | None
    status: str
    status_since: datetime | None
    checked_at: datetime | None
    doubt: Doubt | None = None


class StoredPhoto(msgspec.Struct, frozen=True):
    """A photo to keep: encoded and its SHA-256; or, without content, why its tag is no good."""

    source_id: SourceId
    tag: str
    content: bytes | None
    sha256: bytes | None
    problem: str = ""


class PhotoMemory(msgspec.Struct, frozen=True):
    """The tag of the photo that is kept, and the problem with it if it is no good."""

    tag: str
    problem: str = ""


class KnownPurpose(msgspec.Struct, frozen=True):
    """What a mailbox is for, as the directory last said; "" if it never did.

    `current` is whether that was said of the record as it is now. Where no mailbox told,
    `missing_since` is when that was first so, `missing_at` when last.
    """

    purpose: str = ""
    current: bool = False
    missing_since: datetime | None = None
    missing_at: datetime | None = None


class Purposes(msgspec.Struct, frozen=True):
    """What the mailboxes of objects with a mail address are for.

    `refused_at` is when the directory last refused to say.
    """

    known: Mapping[SourceId, KnownPurpose]
    refused_at: datetime | None


class UserStore(Protocol):
    """Keeps people, their extensions, and the memory of the directory."""

    async def users_memory(self) -> UsersMemory: ...

    async def open_reading(self) -> OpenReading | None: ...

    def staged_pages(self) -> AsyncIterator[UserPage]: ...

    async def begin_reading(
        self, *, since: Cursor | None, shape: str, complete: bool, now: datetime
    ) -> None:
        """Open a reading, forgetting the one before."""

    async def stage_page(self, page: UserPage) -> None: ...

    async def finish_reading(self, cursor: Cursor) -> None: ...

    async def drop_reading(self) -> None: ...

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return what is known of `ids` (None: of everybody) and of all who wait for the PBX.

        Those who were blocked at `blocked_before` or earlier are among them.
        """

    async def records(self, ids: Sequence[SourceId] | None) -> dict[SourceId, UserRecord]:
        """Return the remembered records of `ids` (None: of everybody)."""

    async def records_like(self, lines: Sequence[str]) -> list[UserRecord]:
        """Return the remembered records, not removed, that one of `lines` may mean."""

    async def unreadable_ids(self) -> list[SourceId]: ...

    async def world(self, *, numbers: bool) -> World:
        """Return the rest of the PBX; without `numbers`, `taken` is left empty."""

    async def unbound_numbers(self) -> Mapping[str, int]:
        """Return the lines of imports that mean nobody yet, with the numbers kept for them."""

    async def head_count(self) -> HeadCount: ...

    async def numbers_within(self, first: int, last: int) -> int:
        """Count the numbers from `first` to `last` that are taken."""

    async def bind_lines(self, subject: str, found: Mapping[str, SourceId]) -> None:
        """Bind lines of the list `subject` (or of the imported “numbers”) to objects, for good."""

    async def apply_users(
        self, plan: UserPlan, *, cursor: Cursor, policy: bytes, now: datetime
    ) -> None:
        """Do everything the plan says, move the cursor, forget the reading: one transaction."""

    async def hold_users(self, plan: UserPlan, *, cursor: Cursor, policy: bytes) -> None:
        """Keep the plan for a person's word; nothing else changes, the reading is forgotten."""

    async def keep_preview(
        self,
        plan: UserPlan,
        *,
        cursor: Cursor,
        policy: bytes,
        bound: Mapping[str, Mapping[str, SourceId]],
    ) -> None:
        """Keep what a preview showed, so that exactly that can be applied; nothing else changes.

        `bound` are the lines of lists that the plan takes for certain objects.
        """


class PhotoStore(Protocol):
    """Keeps people's photos."""

    async def owners(self) -> dict[SourceId, Owner]: ...

    async def photo_tags(self) -> dict[SourceId, PhotoMemory]:
        """Return the photos of working people."""

    async def apply_photos(
        self, photos: Sequence[StoredPhoto], dropped: Sequence[SourceId]
    ) -> None: ...


class ContactStore(Protocol):
    """Keeps address books and their contacts."""

    async def books(self, stage: Stage) -> dict[SourceId, KnownBook]: ...

    async def change_books(
        self,
        stage: Stage,
        *,
        added: Mapping[SourceId, int | None],
        dropped: Sequence[int],
    ) -> dict[SourceId, KnownBook]:
        """Add books (mailbox -> owner's extension id), drop others with all their contacts.

        Returns the books that there are then.
        """

    async def count_contacts(self, book_ids: Sequence[int]) -> int: ...

    async def folder_places(
        self, book_ids: Sequence[int], *, shape: str
    ) -> dict[int, tuple[FolderPlace, ...]]:
        """Return where the folders were left. Cursors of another shape come back empty."""

    async def known_contacts(self, book_ids: Sequence[int]) -> dict[int, KnownContacts]: ...

    async def apply_books(
        self,
        plans: Sequence[BookPlan],
        *,
        shape: str,
        now: datetime,
        began_at: datetime | None = None,
    ) -> None:
        """Do what the plans say and move the folders' cursors: one transaction.

        `began_at` is when a full reading began: the books then count as checked in it.
        """

    async def mark_books(self, failures: Sequence[BookFailure], *, now: datetime) -> None:
        """Remember which books have no mailbox, or may not be read."""

    async def doubt_books(self, shrunk: Sequence[Shrunk]) -> None:
        """Remember readings that lost suspiciously much; their contacts and cursors stay."""

    async def hold_books(
        self, stage: Stage, shrunk: Sequence[Shrunk], *, shape: str, now: datetime
    ) -> None:
        """Keep the plans of doubted books for a person's word."""

    async def purposes(self) -> Purposes: ...

    async def keep_purposes(
        self, answers: Mapping[SourceId, str | None], *, refused: bool, now: datetime
    ) -> None:
        """Remember what mailboxes are for (None: nobody told), or that the directory refused."""


class SyncStore(UserStore, PhotoStore, ContactStore, Protocol):
    """One tenant's part of the PBX, open for one run."""


class Clock(Protocol):
    """Tells the time."""

    def __call__(self) -> datetime:
        """Return the present moment, with its zone."""


class Progress(Protocol):
    """Hears how far a run has come, and may end it by raising."""

    async def __call__(
        self, stage: Stage, *, done: int, total: int | None, until: str = ""
    ) -> None:
        """Take note: `done` of `total` (None: unknown) people, photos or mailboxes.

        `until` is the last one, in a stage that takes them in order.
        """
