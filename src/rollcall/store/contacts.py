"""Address books and their contacts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

import msgspec

from rollcall.core.books import NO_MAILBOX_PATIENCE
from rollcall.core.contacts import (
    BookPlan,
    Doubt,
    KnownContact,
    KnownContacts,
    Shrunk,
    encode_books,
)
from rollcall.core.policy import Stage
from rollcall.core.ports import BookFailure, FolderPlace, KnownBook, KnownPurpose, Purposes
from rollcall.core.records import ContactId, Fingerprint, FolderId, SourceId
from rollcall.store.book_plans import SQL, apply_book_plans
from rollcall.store.session import Row, Session
from rollcall.store.users import SQL as USERS_SQL

SCOPES = {Stage.PERSONAL_CONTACTS: "personal", Stage.COMPANY_CONTACTS: "company"}


class HeldBooks(msgspec.Struct, frozen=True):
    """The plans of doubted books, with all that applying them needs."""

    plans: bytes
    shape: str


class ContactTables:
    """Keeps address books and their contacts."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def books(self, stage: Stage) -> dict[SourceId, KnownBook]:
        """Return the books of a stage by mailbox."""
        rows = await self._session.fetch(SQL["books"], {"scope": SCOPES[stage]})
        return {book.mailbox: book for book in map(_to_book, rows)}

    async def change_books(
        self,
        stage: Stage,
        *,
        added: Mapping[SourceId, int | None],
        dropped: Sequence[int],
    ) -> dict[SourceId, KnownBook]:
        """Add books, drop others with all their contacts; return those that there are then."""
        scope = SCOPES[stage]
        tenant_id = self._session.scope.tenant_id
        rows = ((tenant_id, scope, mailbox, owner, "new", "") for mailbox, owner in added.items())
        async with self._session.write() as transaction:
            if dropped:
                await transaction.run(SQL["drop_books"], {"scope": scope, "ids": list(dropped)})
            if added:
                await transaction.copy(SQL["copy_books"], rows)
        return await self.books(stage)

    async def count_contacts(self, book_ids: Sequence[int]) -> int:
        """Count the contacts of some books."""
        (count,) = await self._session.fetch_one(SQL["count_contacts"], {"ids": list(book_ids)})
        return int(count)

    async def folder_places(
        self, book_ids: Sequence[int], *, shape: str
    ) -> dict[int, tuple[FolderPlace, ...]]:
        """Return where the folders were left. Cursors of another shape come back empty."""
        given = {"ids": list(book_ids), "shape": shape}
        places: dict[int, list[FolderPlace]] = {}
        for book_id, folder, parent, path, cursor, size in await self._session.fetch(
            SQL["folder_places"], given
        ):
            place = FolderPlace(FolderId(folder), FolderId(parent), path, cursor, size)
            places.setdefault(book_id, []).append(place)
        return {book_id: tuple(each) for book_id, each in places.items()}

    async def known_contacts(self, book_ids: Sequence[int]) -> dict[int, KnownContacts]:
        """Return what is remembered of the contacts of some books."""
        known: dict[int, dict[ContactId, KnownContact]] = {each: {} for each in book_ids}
        rows = await self._session.fetch(SQL["known_contacts"], {"ids": list(book_ids)})
        for book_id, contact_id, digest, folder_id in rows:
            known[book_id][ContactId(contact_id)] = KnownContact(
                fingerprint=Fingerprint(digest), folder_id=FolderId(folder_id)
            )
        return dict(known)

    async def apply_books(
        self,
        plans: Sequence[BookPlan],
        *,
        shape: str,
        now: datetime,
        began_at: datetime | None = None,
    ) -> None:
        """Do what the plans say and move the folders' cursors: one transaction."""
        async with self._session.write() as transaction:
            await apply_book_plans(
                transaction,
                plans,
                scope=self._session.scope,
                shape=shape,
                now=now,
                began_at=began_at,
            )

    async def mark_books(self, failures: Sequence[BookFailure], *, now: datetime) -> None:
        """Remember which books have no mailbox, or may not be read."""
        rows = [
            {
                "book": failure.book_id,
                "status": failure.status,
                "now": now,
                "before": now - NO_MAILBOX_PATIENCE,
            }
            for failure in failures
            if failure.status in {"no-mailbox", "not-permitted"}
        ]
        async with self._session.write() as transaction:
            await transaction.run_many(SQL["mark_failed"], rows)

    async def doubt_books(self, shrunk: Sequence[Shrunk]) -> None:
        """Remember readings that lost suspiciously much."""
        rows = [
            {
                "book": each.plan.book_id,
                "since": each.doubt.since,
                "digest": each.doubt.digest,
            }
            for each in shrunk
        ]
        async with self._session.write() as transaction:
            await transaction.run_many(SQL["doubt_book"], rows)

    async def hold_books(
        self, stage: Stage, shrunk: Sequence[Shrunk], *, shape: str, now: datetime
    ) -> None:
        """Keep the plans of doubted books for a person's word."""
        plans = encode_books(each.plan for each in shrunk)
        given = {
            "stage": stage,
            "digest": _digest(shrunk),
            "plan": msgspec.msgpack.encode(HeldBooks(plans=plans, shape=shape)),
        }
        async with self._session.write() as transaction:
            await transaction.run(USERS_SQL["hold_plan"], given)

    async def purposes(self) -> Purposes:
        """Return what mailboxes are for, as far as it is known."""
        rows = await self._session.fetch(SQL["purposes"])
        (refused_at,) = await self._session.fetch_one(SQL["purposes_refused"])
        known = {
            SourceId(source_id): KnownPurpose(purpose, current, since, last)
            for source_id, purpose, current, since, last in rows
        }
        return Purposes(known=known, refused_at=refused_at)

    async def keep_purposes(
        self, answers: Mapping[SourceId, str | None], *, refused: bool, now: datetime
    ) -> None:
        """Remember what mailboxes are for, or that the directory refused to say it."""
        rows = [
            {"object_id": each, "purpose": purpose, "now": now} for each, purpose in answers.items()
        ]
        async with self._session.write() as transaction:
            await transaction.run_many(SQL["keep_purpose"], rows)
            await transaction.run(SQL["note_refused"], {"at": now if refused else None})


def _digest(shrunk: Sequence[Shrunk]) -> bytes:
    together = b"".join(sorted(each.doubt.digest for each in shrunk))
    return blake2b(together, digest_size=16).digest()


def _to_book(row: Row) -> KnownBook:
    book_id, mailbox, owner, status, status_since, checked_at, doubted_at, doubt = row
    return KnownBook(
        book_id=book_id,
        mailbox=mailbox,
        owner=owner,
        status=status,
        status_since=status_since,
        checked_at=checked_at,
        doubt=Doubt(since=doubted_at, digest=doubt) if doubted_at and doubt else None,
    )
