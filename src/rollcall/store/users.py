"""People, their extensions, and the memory of the directory: what is read of them.

What is written is in `user_plans`.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from rollcall.core.matching import line_key
from rollcall.core.plan import (
    WAITING,
    ExtensionState,
    KnownExtension,
    KnownUser,
    LinkDecision,
    LocalExtension,
    Profile,
    RefusalReason,
    World,
)
from rollcall.core.ports import HeadCount, OpenReading, UserPage, UsersMemory
from rollcall.core.records import Cursor, Fingerprint, SourceId, UserRecord
from rollcall.store.session import Row, Session
from rollcall.store.sql import load_statements

SQL = load_statements("users.sql")

_page_encoder = msgspec.msgpack.Encoder()
_page_decoder = msgspec.msgpack.Decoder(UserPage)
_record_decoder = msgspec.json.Decoder(UserRecord)


class UserReads:
    """The reading half of the users store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def users_memory(self) -> UsersMemory:
        """Return where the people stage stands."""
        row = await self._session.fetch_one(SQL["users_memory"])
        cursor, shape, policy, applied_at = row
        return UsersMemory(
            cursor=_to_cursor(cursor, shape), policy=policy or b"", applied_at=applied_at
        )

    async def open_reading(self) -> OpenReading | None:
        """Return the reading that an earlier run began, if it was not applied."""
        rows = await self._session.fetch(SQL["open_reading"])
        if not rows:
            return None
        since, shape, started_at, complete, cursor, resume = rows[0]
        return OpenReading(
            since=_to_cursor(since, shape),
            shape=shape,
            started_at=started_at,
            complete=complete,
            resume=resume or "",
            cursor=_to_cursor(cursor, shape),
        )

    async def staged_pages(self) -> AsyncIterator[UserPage]:
        """Yield the pages of the open reading in their order."""
        position = 1
        while rows := await self._session.fetch(SQL["staged_page"], {"position": position}):
            yield _page_decoder.decode(rows[0][0])
            position += 1

    async def begin_reading(
        self, *, since: Cursor | None, shape: str, complete: bool, now: datetime
    ) -> None:
        """Open a reading, forgetting the one before."""
        given = {
            "since": since.value if since else "",
            "shape": shape,
            "complete": complete,
            "now": now,
        }
        async with self._session.write() as transaction:
            await transaction.run(SQL["drop_reading"])
            await transaction.run(SQL["begin_reading"], given)

    async def stage_page(self, page: UserPage) -> None:
        """Keep one more page of the open reading."""
        given = {"records": _page_encoder.encode(page), "resume": page.resume}
        async with self._session.write() as transaction:
            await transaction.run(SQL["stage_page"], given)

    async def finish_reading(self, cursor: Cursor) -> None:
        """Note that the last page of the open reading is in."""
        async with self._session.write() as transaction:
            await transaction.run(SQL["finish_reading"], {"cursor": cursor.value})

    async def drop_reading(self) -> None:
        """Forget the open reading."""
        async with self._session.write() as transaction:
            await transaction.run(SQL["drop_reading"])

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return what is known of `ids` (None: everybody), and of all who wait for the PBX."""
        if ids is None:
            rows = await self._session.fetch(SQL["known_users"])
        else:
            given = {
                "ids": list(ids),
                "waiting": sorted(WAITING),
                "blocked_before": blocked_before,
            }
            rows = await self._session.fetch(SQL["some_known_users"], given)
        return {SourceId(row[0]): _to_known_user(row) for row in rows}

    async def records(self, ids: Sequence[SourceId] | None) -> dict[SourceId, UserRecord]:
        """Return the remembered records of `ids` (None: of everybody)."""
        if ids is None:
            rows = await self._session.fetch(SQL["all_records"])
        else:
            rows = await self._session.fetch(SQL["some_records"], {"ids": list(ids)})
        return {record.source_id: record for record in _to_records(rows)}

    async def records_like(self, lines: Sequence[str]) -> list[UserRecord]:
        """Return the remembered records, not removed, that one of `lines` may mean."""
        given = {"lines": list(lines), "keys": [line_key(line) for line in lines]}
        return list(_to_records(await self._session.fetch(SQL["records_like"], given)))

    async def unreadable_ids(self) -> list[SourceId]:
        """Return the objects whose newest answer could not be understood."""
        rows = await self._session.fetch(SQL["unreadable_ids"])
        return [SourceId(source_id) for (source_id,) in rows]

    async def world(self, *, numbers: bool) -> World:
        """Return the rest of the PBX; without `numbers`, `taken` is left empty."""
        session = self._session
        if not numbers:
            return World()
        kept = await session.fetch(SQL["kept_numbers"])
        return World(
            taken=frozenset(number for (number,) in await session.fetch(SQL["taken_numbers"])),
            kept=frozenset(number for number, _ in kept),
            assigned={SourceId(each): number for number, each in kept if each is not None},
            locals=tuple(map(_to_local, await session.fetch(SQL["local_extensions"]))),
            decisions={
                SourceId(source_id): LinkDecision(extension_id=extension_id)
                for source_id, extension_id in await session.fetch(SQL["link_decisions"])
            },
        )

    async def unbound_numbers(self) -> Mapping[str, int]:
        """Return the lines of imports that mean nobody yet, with their numbers."""
        rows = await self._session.fetch(SQL["unbound_assignments"])
        return dict(rows)

    async def head_count(self) -> HeadCount:
        """Count the people."""
        linked, working, refused = await self._session.fetch_one(SQL["head_count"])
        return HeadCount(linked=linked, working=working, refused=refused)

    async def numbers_within(self, first: int, last: int) -> int:
        """Count the numbers from `first` to `last` that are taken."""
        given = {"first": first, "last": last}
        (count,) = await self._session.fetch_one(SQL["numbers_within"], given)
        return int(count)


def _to_cursor(value: str, shape: str) -> Cursor | None:
    return Cursor(value=value, shape=shape) if value else None


def _to_records(rows: Iterable[Row]) -> Iterable[UserRecord]:
    return (_record_decoder.decode(text) for (text,) in rows)


def _to_known_user(row: Row) -> KnownUser:
    source_id, fingerprint, removed, unreadable, extension_id = row[:5]
    version, number, state, deleted, blocked_at, reason, detail = row[5:]
    extension = None
    if extension_id is not None:
        extension = KnownExtension(
            extension_id=extension_id,
            version=version,
            number=number,
            state=ExtensionState(state),
            deleted=deleted,
            blocked_at=blocked_at,
        )
    return KnownUser(
        source_id=source_id,
        fingerprint=Fingerprint(fingerprint),
        removed=removed,
        unreadable=unreadable,
        extension=extension,
        refusal=RefusalReason(reason) if reason else None,
        detail=detail or "",
    )


def _to_local(row: Row) -> LocalExtension:
    extension_id, version, number, *fields = row
    first, last, display, email, mobile, business, job, department, office, company = fields
    return LocalExtension(
        extension_id=extension_id,
        version=version,
        number=number,
        profile=Profile(
            first_name=first,
            last_name=last,
            display_name=display,
            email=email,
            mobile_phone=mobile,
            business_phone=business,
            job_title=job,
            department=department,
            office=office,
            company=company,
        ),
    )
