"""One address book against one reading of its mailbox.

A book is read whole (all its folders) or not at all, so that a contact that moved between folders
is neither lost nor doubled. What is read of a folder is complete or since its cursor.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from rollcall.core.guards import book_shrank
from rollcall.core.phone import DialNumber, normalise_number
from rollcall.core.records import ContactId, ContactRecord, Fingerprint, FolderId, fingerprint

SECOND_READING = timedelta(hours=1)
"""How long after a reading that lost suspiciously much another one can confirm it."""


class FolderReading(msgspec.Struct, frozen=True):
    """What one folder of a mailbox holds (`complete`), or what changed in it since its cursor.

    `path` begins with “Contacts”. `unreadable` contacts are there, but could not be understood:
    they stay as they are, and `cursor` is such that they are read again.
    """

    folder_id: FolderId
    parent_id: FolderId
    path: str
    complete: bool
    contacts: tuple[ContactRecord, ...] = ()
    removed: tuple[ContactId, ...] = ()
    unreadable: tuple[ContactId, ...] = ()
    cursor: str = ""


class KnownContact(msgspec.Struct, frozen=True, gc=False):
    """What we remember of one contact."""

    fingerprint: Fingerprint
    folder_id: FolderId


KnownContacts = Mapping[ContactId, KnownContact]


class Doubt(msgspec.Struct, frozen=True):
    """A reading that lost suspiciously much: when, and the digest of what it lost."""

    since: datetime
    digest: bytes


class DialledPhone(msgspec.Struct, frozen=True, gc=False):
    """One phone number of a contact: its kind, as written, as dialled."""

    kind: str
    number: str
    dialled: DialNumber


class ContactChange(msgspec.Struct, frozen=True, gc=False):
    """A contact as it is stored from now on."""

    record: ContactRecord
    fingerprint: Fingerprint
    phones: tuple[DialledPhone, ...]


class FolderState(msgspec.Struct, frozen=True):
    """A folder as it is remembered from now on, with the number of its contacts."""

    folder_id: FolderId
    parent_id: FolderId
    path: str
    cursor: str
    contacts: int


class BookPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of one book does to it."""

    book_id: int
    created: tuple[ContactChange, ...] = ()
    changed: tuple[ContactChange, ...] = ()
    gone: tuple[ContactId, ...] = ()
    folders: tuple[FolderState, ...] = ()
    unchanged: int = 0


class Shrunk(msgspec.Struct, frozen=True, kw_only=True):
    """A plan that waits: the book lost `lost` of `known` contacts, and nobody confirmed it yet."""

    plan: BookPlan
    known: int
    lost: int
    doubt: Doubt


def quiet_plan(
    *, book_id: int, folders: Iterable[FolderReading], sizes: Mapping[FolderId, int]
) -> BookPlan | None:
    """Return the plan of a reading that says nothing new, without knowing any contact.

    `sizes` are the contacts of the folders as they were left. Returns None where something is
    new, or a folder is, or one is gone.
    """
    folders = tuple(folders)
    news = any(
        folder.complete or folder.contacts or folder.removed or folder.unreadable
        for folder in folders
    )
    if news or {folder.folder_id for folder in folders} != sizes.keys():
        return None
    return BookPlan(
        book_id=book_id,
        folders=tuple(_to_state(folder, sizes[folder.folder_id]) for folder in folders),
        unchanged=sum(sizes.values()),
    )


def plan_book(
    *,
    book_id: int,
    folders: Iterable[FolderReading],
    known: KnownContacts,
    country: str,
    doubt: Doubt | None,
    now: datetime,
) -> BookPlan | Shrunk:
    """Return what to do with the book `book_id`, whose folders are all in `folders`.

    `country` is where numbers without a country code are dialled. `doubt` is an earlier reading
    that lost much: this one must agree with it, an hour later at least.
    """
    folders = tuple(folders)
    seen = {contact.contact_id: contact for folder in folders for contact in folder.contacts}
    gone = tuple(sorted(_gone(folders, known, seen)))
    digests = {contact_id: fingerprint(seen[contact_id], country) for contact_id in seen}
    changed = [
        contact_id
        for contact_id in seen
        if contact_id in known and known[contact_id].fingerprint != digests[contact_id]
    ]
    created = [contact_id for contact_id in seen if contact_id not in known]
    plan = BookPlan(
        book_id=book_id,
        created=tuple(dial_contact(seen[each], digests[each], country) for each in created),
        changed=tuple(dial_contact(seen[each], digests[each], country) for each in changed),
        gone=gone,
        folders=tuple(_folder_states(folders, known, seen, frozenset(gone))),
        unchanged=len(known) - len(changed) - len(gone),
    )
    if not book_shrank(known=len(known), lost=len(gone)):
        return plan
    digest = blake2b("\0".join(gone).encode(), digest_size=16).digest()
    if doubt is None or doubt.digest != digest:
        doubt = Doubt(since=now, digest=digest)
    if doubt.since + SECOND_READING <= now:
        return plan
    return Shrunk(plan=plan, known=len(known), lost=len(gone), doubt=doubt)


def dial_contact(record: ContactRecord, digest: Fingerprint, country: str) -> ContactChange:
    """Return `record` with its numbers as they are dialled from `country`."""
    return ContactChange(
        record=record,
        fingerprint=digest,
        phones=tuple(
            DialledPhone(phone.kind, phone.number, normalise_number(phone.number, country))
            for phone in record.phones
        ),
    )


def _gone(
    folders: tuple[FolderReading, ...], known: KnownContacts, seen: Mapping[ContactId, object]
) -> Iterator[ContactId]:
    listed = {folder.folder_id for folder in folders if folder.complete}
    there = {folder.folder_id for folder in folders}
    removed = {
        (contact_id, folder.folder_id) for folder in folders for contact_id in folder.removed
    }
    kept = {contact_id for folder in folders for contact_id in folder.unreadable}
    for contact_id, contact in known.items():
        if contact_id in seen or contact_id in kept:
            continue
        folder_id = contact.folder_id
        vanished = folder_id not in there
        if vanished or folder_id in listed or (contact_id, folder_id) in removed:
            yield contact_id


def _folder_states(
    folders: tuple[FolderReading, ...],
    known: KnownContacts,
    seen: Mapping[ContactId, ContactRecord],
    gone: frozenset[ContactId],
) -> Iterator[FolderState]:
    sizes: dict[FolderId, int] = {}
    for contact_id, contact in known.items():
        if contact_id not in seen and contact_id not in gone:
            sizes[contact.folder_id] = sizes.get(contact.folder_id, 0) + 1
    for record in seen.values():
        sizes[record.folder_id] = sizes.get(record.folder_id, 0) + 1
    for folder in folders:
        yield _to_state(folder, sizes.get(folder.folder_id, 0))


def _to_state(folder: FolderReading, contacts: int) -> FolderState:
    return FolderState(
        folder_id=folder.folder_id,
        parent_id=folder.parent_id,
        path=folder.path,
        cursor=folder.cursor,
        contacts=contacts,
    )


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[BookPlan, ...])


def encode_books(plans: Iterable[BookPlan]) -> bytes:
    """Return plans of books as bytes that `decode_books` understands."""
    return _encoder.encode(tuple(plans))


def decode_books(encoded: bytes) -> tuple[BookPlan, ...]:
    """Return the plans that `encode_books` encoded."""
    return _decoder.decode(encoded)
