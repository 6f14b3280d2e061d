"""The rows of a PBX that lives in memory: what PostgreSQL's tables mean, as plain dicts."""

from dataclasses import dataclass, field, fields
from datetime import datetime

import msgspec

from rollcall.core.contacts import DialledPhone, Doubt, FolderState
from rollcall.core.plan import AnyChange, ExtensionState, Profile, RefusalReason, UserPlan
from rollcall.core.ports import OpenReading, StoredPhoto, UserPage
from rollcall.core.records import (
    ContactId,
    ContactRecord,
    Cursor,
    Fingerprint,
    FolderId,
    SourceId,
    UserRecord,
)

LOCAL = "local"
MICROSOFT = "microsoft365"


class ExtensionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An extension: made by hand (no object) or a directory person's."""

    id: int
    number: int
    profile: Profile
    object_id: SourceId | None = None
    state: ExtensionState = ExtensionState.ACTIVE
    version: int = 1
    blocked_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def source(self) -> str:
        """Where the extension comes from."""
        return LOCAL if self.object_id is None else MICROSOFT


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last word of the directory on one object; no record if none was understood yet."""

    record: UserRecord | None = None
    removed: str = ""
    unreadable: str = ""
    purpose: str = ""
    purpose_of: UserRecord | None = None
    missing_since: datetime | None = None
    missing_at: datetime | None = None


class RefusalRow(msgspec.Struct, frozen=True):
    """A refusal in force."""

    reason: RefusalReason
    detail: str


class NumberRow(msgspec.Struct, frozen=True):
    """A number that an import keeps for whom its line means."""

    number: int
    object_id: SourceId | None


class BookRow(msgspec.Struct, frozen=True, kw_only=True):
    """An address book."""

    id: int
    scope: str
    mailbox: SourceId
    owner: int | None
    status: str = "new"
    status_since: datetime | None = None
    checked_at: datetime | None = None
    shape: str = ""
    doubt: Doubt | None = None


class ContactRow(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of a book, with its numbers."""

    record: ContactRecord
    fingerprint: Fingerprint
    phones: tuple[DialledPhone, ...]


class HeldUsersRow(msgspec.Struct, frozen=True):
    """A plan for people that waits for a person's word."""

    plan: UserPlan
    cursor: Cursor
    policy: bytes


class HeldBooksRow(msgspec.Struct, frozen=True):
    """Plans for books that wait for a person's word, encoded."""

    plans: bytes
    shape: str


@dataclass
class Tables:
    """All rows of one tenant."""

    fence: int = 0
    last_id: int = 0
    cursor: Cursor | None = None
    policy: bytes = b""
    applied_at: datetime | None = None
    purposes_refused_at: datetime | None = None
    extensions: dict[int, ExtensionRow] = field(default_factory=dict)
    records: dict[SourceId, RecordRow] = field(default_factory=dict)
    refusals: dict[SourceId, RefusalRow] = field(default_factory=dict)
    decisions: dict[SourceId, int | None] = field(default_factory=dict)
    numbers: dict[str, NumberRow] = field(default_factory=dict)
    lists: dict[tuple[str, str], SourceId | None] = field(default_factory=dict)
    reading: OpenReading | None = None
    pages: tuple[UserPage, ...] = ()
    changes: dict[int, tuple[AnyChange, ...]] = field(default_factory=dict)
    held: dict[int, dict[str, HeldUsersRow | HeldBooksRow]] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)
    photos: dict[int, StoredPhoto] = field(default_factory=dict)
    books: dict[int, BookRow] = field(default_factory=dict)
    folders: dict[int, dict[FolderId, FolderState]] = field(default_factory=dict)
    contacts: dict[int, dict[ContactId, ContactRow]] = field(default_factory=dict)

    def new_id(self) -> int:
        """Return an id that no row of any table has."""
        self.last_id += 1
        return self.last_id

    def copy(self) -> "Tables":
        """Return the rows as they are now; rows are frozen, so their containers are copied."""
        twin = Tables()
        for each in fields(self):
            setattr(twin, each.name, _copied(getattr(self, each.name)))
        return twin

    def restore(self, before: "Tables") -> None:
        """Make everything as it was."""
        for each in fields(self):
            setattr(self, each.name, getattr(before, each.name))


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    if isinstance(value, set):
        return set(value)
    return value
