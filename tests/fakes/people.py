"""The people's part of the store in memory: what its port means, row by row."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

import msgspec

from rollcall.core.errors import OutdatedError
from rollcall.core.matching import line_key
from rollcall.core.plan import (
    WAITING,
    Block,
    Create,
    ExtensionChange,
    ExtensionState,
    KnownExtension,
    KnownUser,
    Link,
    LinkDecision,
    LocalExtension,
    Release,
    Return,
    UserPlan,
    World,
)
from rollcall.core.policy import Stage
from rollcall.core.ports import HeadCount, OpenReading, UserPage, UsersMemory
from rollcall.core.records import Cursor, Fingerprint, SourceId, UserRecord, fingerprint
from tests.fakes.session import MemorySession
from tests.fakes.tables import (
    ExtensionRow,
    HeldUsersRow,
    NumberRow,
    RecordRow,
    RefusalRow,
    Tables,
)

NOBODY = RecordRow()
RELEASED = ExtensionState.RELEASED


class MemoryPeople:
    """Keeps people, their extensions, and the memory of the directory."""

    def __init__(self, session: MemorySession) -> None:
        self._session = session
        self._rows = session.tables

    # the reading

    async def users_memory(self) -> UsersMemory:
        """Return where the people stage stands."""
        rows = self._rows
        return UsersMemory(cursor=rows.cursor, policy=rows.policy, applied_at=rows.applied_at)

    async def open_reading(self) -> OpenReading | None:
        """Return the reading that an earlier run began."""
        reading = self._rows.reading
        if reading is None or not self._rows.pages:
            return reading
        return msgspec.structs.replace(reading, resume=self._rows.pages[-1].resume)

    async def staged_pages(self) -> AsyncIterator[UserPage]:
        """Yield the pages of the open reading."""
        for page in self._rows.pages:
            yield page

    async def begin_reading(
        self, *, since: Cursor | None, shape: str, complete: bool, now: datetime
    ) -> None:
        """Open a reading, forgetting the one before."""
        with self._session.write() as rows:
            rows.pages = ()
            rows.reading = OpenReading(
                since=Cursor(value=since.value, shape=shape) if since else None,
                shape=shape,
                started_at=now,
                complete=complete,
                resume="",
                cursor=None,
            )

    async def stage_page(self, page: UserPage) -> None:
        """Keep one more page."""
        with self._session.write() as rows:
            rows.pages = (*rows.pages, page)

    async def finish_reading(self, cursor: Cursor) -> None:
        """Note that the last page is in."""
        with self._session.write() as rows:
            if rows.reading is not None:
                rows.reading = msgspec.structs.replace(rows.reading, cursor=cursor)

    async def drop_reading(self) -> None:
        """Forget the open reading."""
        with self._session.write() as rows:
            _forget_reading(rows)

    # what is known

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return what is known of `ids` (None: everybody), and of all who wait for the PBX."""
        wanted = None if ids is None else {*ids, *self._waiting(blocked_before)}
        return {
            source_id: self._known(source_id, row)
            for source_id, row in self._rows.records.items()
            if wanted is None or source_id in wanted
        }

    def _waiting(self, blocked_before: datetime | None) -> set[SourceId]:
        waiting = {
            source_id for source_id, row in self._rows.refusals.items() if row.reason in WAITING
        }
        waiting.update(self._rows.decisions)
        for row in self._rows.extensions.values():
            if row.object_id is None or row.state is RELEASED:
                continue
            due = (
                row.state is ExtensionState.BLOCKED
                and row.blocked_at is not None
                and blocked_before is not None
                and row.blocked_at <= blocked_before
            )
            if due or row.deleted_at is not None:
                waiting.add(row.object_id)
        return waiting

    def _known(self, source_id: SourceId, row: RecordRow) -> KnownUser:
        extension = find_extension(self._rows, source_id)
        refusal = self._rows.refusals.get(source_id)
        return KnownUser(
            source_id=source_id,
            fingerprint=fingerprint(row.record) if row.record else Fingerprint(b""),
            removed=bool(row.removed),
            unreadable=row.unreadable,
            extension=_to_known(extension) if extension else None,
            refusal=refusal.reason if refusal else None,
            detail=refusal.detail if refusal else "",
        )

    async def records(self, ids: Sequence[SourceId] | None) -> dict[SourceId, UserRecord]:
        """Return the remembered records of `ids` (None: of everybody)."""
        return {
            source_id: row.record
            for source_id, row in self._rows.records.items()
            if row.record is not None and (ids is None or source_id in ids)
        }

    async def records_like(self, lines: Sequence[str]) -> list[UserRecord]:
        """Return the remembered records, not removed, that one of `lines` may mean."""
        keys = {line_key(line) for line in lines}
        return [
            row.record
            for row in self._rows.records.values()
            if row.record is not None
            and not row.removed
            and (row.record.source_id in lines or keys & _keys(row.record))
        ]

    async def unreadable_ids(self) -> list[SourceId]:
        """Return the objects whose newest answer could not be understood."""
        return [source_id for source_id, row in self._rows.records.items() if row.unreadable]

    async def world(self, *, numbers: bool) -> World:
        """Return the rest of the PBX; without `numbers`, nothing of it."""
        if not numbers:
            return World()
        rows = self._rows
        return World(
            taken=frozenset(each.number for each in _living(rows)),
            kept=frozenset(each.number for each in rows.numbers.values()),
            assigned={
                each.object_id: each.number
                for each in rows.numbers.values()
                if each.object_id is not None
            },
            locals=tuple(
                LocalExtension(each.id, each.version, each.number, each.profile)
                for each in rows.extensions.values()
                if each.object_id is None
            ),
            decisions={
                source_id: LinkDecision(extension_id=extension_id)
                for source_id, extension_id in rows.decisions.items()
            },
        )

    async def unbound_numbers(self) -> Mapping[str, int]:
        """Return the lines of imports that mean nobody yet, with their numbers."""
        return {
            line: row.number for line, row in self._rows.numbers.items() if row.object_id is None
        }

    async def head_count(self) -> HeadCount:
        """Count the people."""
        linked = [
            row
            for row in _living(self._rows)
            if row.object_id is not None and row.deleted_at is None
        ]
        return HeadCount(
            linked=len(linked),
            working=sum(row.state is ExtensionState.ACTIVE for row in linked),
            refused=len(self._rows.refusals),
        )

    async def numbers_within(self, first: int, last: int) -> int:
        """Count the numbers from `first` to `last` that are taken."""
        return sum(first <= row.number <= last for row in _living(self._rows))

    # what is written

    async def bind_lines(self, subject: str, found: Mapping[str, SourceId]) -> None:
        """Bind lines of the list `subject` (or of “numbers”) to objects, for good."""
        with self._session.write() as rows:
            for line, source_id in found.items():
                if subject == "numbers":
                    _bind_number(rows, line, source_id)
                elif (subject, line) in rows.lists and rows.lists[subject, line] is None:
                    rows.lists[subject, line] = source_id

    async def apply_users(
        self, plan: UserPlan, *, cursor: Cursor, policy: bytes, now: datetime
    ) -> None:
        """Do everything the plan says, move the cursor, forget the reading."""
        with self._session.write() as rows:
            supersede_holds(rows, self._session.run_id)
            apply_plan(rows, HeldUsersRow(plan, cursor, policy), self._session.run_id, now)

    async def hold_users(self, plan: UserPlan, *, cursor: Cursor, policy: bytes) -> None:
        """Keep the plan for a person's word, and forget the reading."""
        with self._session.write() as rows:
            supersede_holds(rows, self._session.run_id)
            held = rows.held.setdefault(self._session.run_id, {})
            held[Stage.USERS] = HeldUsersRow(plan, cursor, policy)
            _forget_reading(rows)

    async def keep_preview(
        self,
        plan: UserPlan,
        *,
        cursor: Cursor,
        policy: bytes,
        bound: Mapping[str, Mapping[str, SourceId]],
    ) -> None:
        """Keep nothing: previews of a PBX in memory are not applied."""
        with self._session.write():
            pass


def find_extension(rows: Tables, source_id: SourceId) -> ExtensionRow | None:
    """Return a person's extension, whatever its state."""
    return next((row for row in rows.extensions.values() if row.object_id == source_id), None)


def _bind_number(rows: Tables, line: str, source_id: SourceId) -> None:
    row = rows.numbers.get(line)
    bound = any(each.object_id == source_id for each in rows.numbers.values())
    known = find_extension(rows, source_id) is not None
    if row is not None and row.object_id is None and not bound and not known:
        rows.numbers[line] = NumberRow(row.number, source_id)


def supersede_holds(rows: Tables, run_id: int) -> None:
    """Older plans for people are out of date once a newer reading was planned."""
    rows.superseded |= {
        each for each in rows.held if each < run_id and Stage.USERS in rows.held[each]
    }


def apply_plan(rows: Tables, held: HeldUsersRow, run_id: int, now: datetime) -> None:
    """Apply a plan; raise OutdatedError if a row it touches has changed."""
    plan = held.plan
    existing = [each for each in plan.changes if isinstance(each, ExtensionChange)]
    for changed in sorted(existing, key=lambda each: not isinstance(each, Release)):
        _write_extension(rows, changed, now)
    for created in plan.changes:
        if isinstance(created, Create):
            _create_extension(rows, created)
    _remember(rows, plan)
    for source_id in plan.cleared:
        rows.refusals.pop(source_id, None)
    for refused in plan.refused:
        rows.refusals[refused.source_id] = RefusalRow(refused.reason, refused.detail)
    if plan.changes:
        _end_wishes(rows)
        rows.changes[run_id] = plan.changes
    if (rows.cursor, rows.policy) != (held.cursor, held.policy):
        rows.applied_at = now
    rows.cursor, rows.policy = held.cursor, held.policy
    _forget_reading(rows)


def _write_extension(rows: Tables, change: ExtensionChange, now: datetime) -> None:
    row = rows.extensions.get(change.extension_id)
    if row is None or row.version != change.version or change.number is None:
        raise OutdatedError("An extension was changed since the plan was made.")
    state = _target_state(change) or row.state
    blocked_at = row.blocked_at
    match change:
        case Link() | Return():
            blocked_at = None
        case Block():
            blocked_at = now
        case Release():
            blocked_at = row.blocked_at or now
        case _:
            pass
    written = ExtensionRow(
        id=row.id,
        number=change.number,
        profile=change.profile or row.profile,
        object_id=change.source_id,
        state=state,
        version=row.version + 1,
        blocked_at=blocked_at,
    )
    _check_unique(rows, written)
    rows.extensions[row.id] = written
    if state is RELEASED:
        forget_person(rows, row.id)


def _target_state(change: ExtensionChange) -> ExtensionState | None:
    match change:
        case Link() | Return():
            return ExtensionState.ACTIVE
        case Block():
            return ExtensionState.BLOCKED
        case Release():
            return RELEASED
        case _:
            return None


def _create_extension(rows: Tables, change: Create) -> None:
    if change.number is None:
        raise OutdatedError("A new extension needs a number.")
    row = ExtensionRow(
        id=rows.new_id(),
        number=change.number,
        profile=change.profile,
        object_id=change.source_id,
    )
    _check_unique(rows, row)
    rows.extensions[row.id] = row


def _check_unique(rows: Tables, row: ExtensionRow) -> None:
    """Raise OutdatedError as the unique indexes do: one holder a number, one extension a person."""
    for other in rows.extensions.values():
        if other.id == row.id:
            continue
        same_person = row.object_id is not None and other.object_id == row.object_id
        both_living = RELEASED not in {row.state, other.state}
        if same_person or (both_living and other.number == row.number):
            raise OutdatedError("A number was taken since the plan was made.")


def forget_person(rows: Tables, extension_id: int) -> None:
    """Delete an owner's photo, book and contacts."""
    rows.photos.pop(extension_id, None)
    for book in [each for each in rows.books.values() if each.owner == extension_id]:
        drop_book(rows, book.id)


def drop_book(rows: Tables, book_id: int) -> None:
    """Delete a book with all that is in it."""
    for table in (rows.books, rows.folders, rows.contacts):
        table.pop(book_id, None)


def _end_wishes(rows: Tables) -> None:
    """Forget what was decided about people who have an extension by now."""
    seated = {row.object_id for row in _living(rows)}
    rows.decisions = {
        source_id: chosen for source_id, chosen in rows.decisions.items() if source_id not in seated
    }
    rows.numbers = {
        line: row
        for line, row in rows.numbers.items()
        if row.object_id is None or row.object_id not in seated
    }


def _remember(rows: Tables, plan: UserPlan) -> None:
    for record in plan.added:
        if record.source_id in rows.records:
            raise OutdatedError("A record is there already.")
        rows.records[record.source_id] = RecordRow(record=record)
    for record in plan.remember:
        before = rows.records.get(record.source_id, NOBODY)
        rows.records[record.source_id] = msgspec.structs.replace(
            before, record=record, removed="", unreadable=""
        )
    for removal in plan.removals:
        if removal.source_id in rows.records:
            rows.records[removal.source_id] = msgspec.structs.replace(
                rows.records[removal.source_id],
                removed="gone" if removal.permanent else "restorable",
                unreadable="",
            )
    for each in plan.unreadable:
        before = rows.records.get(each.source_id, NOBODY)
        rows.records[each.source_id] = msgspec.structs.replace(before, unreadable=each.why)


def _forget_reading(rows: Tables) -> None:
    rows.reading = None
    rows.pages = ()


def _living(rows: Tables) -> list[ExtensionRow]:
    return [row for row in rows.extensions.values() if row.state is not RELEASED]


def _keys(record: UserRecord) -> set[str]:
    return {record.principal_name.casefold(), record.email.casefold(), *record.aliases}


def _to_known(row: ExtensionRow) -> KnownExtension:
    return KnownExtension(
        extension_id=row.id,
        version=row.version,
        number=row.number,
        state=row.state,
        deleted=row.deleted_at is not None,
        blocked_at=row.blocked_at,
    )
