"""Apply a plan for the people: everything in one transaction, in sets."""

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import psycopg
from msgspec.structs import astuple

from rollcall.core.errors import OutdatedError
from rollcall.core.plan import (
    AnyChange,
    Block,
    Create,
    ExtensionChange,
    ExtensionState,
    Link,
    Profile,
    Release,
    Return,
    UserPlan,
    plan_digest,
)
from rollcall.core.policy import Stage
from rollcall.core.records import Cursor, SourceId, UserRecord, fingerprint
from rollcall.store.session import RunScope, Session, Transaction
from rollcall.store.sql import write_array
from rollcall.store.users import SQL

SOURCE = "microsoft365"

H = TypeVar("H", bound=msgspec.Struct)

_json = msgspec.json.Encoder()
_EMPTY = Profile()


class HeldUsers(msgspec.Struct, frozen=True):
    """A plan of the users stage, with all that applying it needs.

    `bound` are lines of lists that a preview took for objects, and that are to be bound to them.
    """

    plan: UserPlan
    cursor: Cursor
    policy: bytes
    bound: Mapping[str, Mapping[str, SourceId]] = {}


PACKED = b"\x78"
"""How what zlib packed begins; what msgpack encoded a struct to never does."""


def pack_held(held: HeldUsers) -> bytes:
    """Return a plan that waits as few bytes: the driver and the server hold several copies."""
    return zlib.compress(msgspec.msgpack.encode(held), 1)


def unpack_held(packed: bytes, kind: type[H]) -> H:
    """Return what `pack_held` packed, or of it what `kind` asks for."""
    encoded = zlib.decompress(packed) if packed.startswith(PACKED) else packed
    return msgspec.msgpack.decode(encoded, type=kind)


class UserWrites:
    """The writing half of the users store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def bind_lines(self, subject: str, found: Mapping[str, SourceId]) -> None:
        """Bind lines of the list `subject` (or of “numbers”) to objects, for good."""
        async with self._session.write() as transaction:
            await bind_lines(transaction, subject, found)

    async def apply_users(
        self, plan: UserPlan, *, cursor: Cursor, policy: bytes, now: datetime
    ) -> None:
        """Do everything the plan says, move the cursor, forget the reading."""
        held = HeldUsers(plan=plan, cursor=cursor, policy=policy)
        async with self._session.write() as transaction:
            await supersede_plans(transaction)
            await apply_held_users(transaction, held, scope=self._session.scope, now=now)

    async def hold_users(self, plan: UserPlan, *, cursor: Cursor, policy: bytes) -> None:
        """Keep the plan for a person's word, and forget the reading."""
        held = HeldUsers(plan=plan, cursor=cursor, policy=policy)
        given = {
            "stage": Stage.USERS,
            "digest": plan_digest(plan),
            "plan": pack_held(held),
        }
        async with self._session.write() as transaction:
            await supersede_plans(transaction)
            await transaction.run(SQL["hold_plan"], given)
            await transaction.run(SQL["drop_reading"])

    async def keep_preview(
        self,
        plan: UserPlan,
        *,
        cursor: Cursor,
        policy: bytes,
        bound: Mapping[str, Mapping[str, SourceId]],
    ) -> None:
        """Keep what a preview showed, so that exactly that can be applied."""
        held = HeldUsers(plan=plan, cursor=cursor, policy=policy, bound=bound)
        given = {
            "stage": Stage.USERS,
            "digest": plan_digest(plan),
            "plan": pack_held(held),
        }
        async with self._session.write() as transaction:
            await transaction.run(SQL["drop_previews"])
            await transaction.run(SQL["hold_plan"], given)


async def supersede_plans(transaction: Transaction) -> None:
    """Note that what waits for a person's word, held or previewed, is out of date."""
    await transaction.run(SQL["supersede_holds"])
    await transaction.run(SQL["drop_previews"])


async def bind_lines(transaction: Transaction, subject: str, found: Mapping[str, SourceId]) -> None:
    """Bind lines of the list `subject` (or of “numbers”) to objects, inside `transaction`."""
    statement = SQL["bind_assignment" if subject == "numbers" else "bind_line"]
    rows = [
        {"subject": subject, "line": line, "object_id": source_id}
        for line, source_id in found.items()
    ]
    await transaction.run_many(statement, rows)


async def apply_held_users(
    transaction: Transaction, held: HeldUsers, *, scope: RunScope, now: datetime
) -> None:
    """Apply a plan inside `transaction`; raise OutdatedError if a row it touches has changed."""
    plan = held.plan
    existing = [change for change in plan.changes if isinstance(change, ExtensionChange)]
    created = [change for change in plan.changes if isinstance(change, Create)]
    try:
        if existing:
            await _write_extensions(transaction, existing, now)
        if created:
            await _create_extensions(transaction, created, scope)
        await _remember(transaction, plan, scope)
    except psycopg.errors.UniqueViolation as error:
        raise OutdatedError("A number or a record is there already.") from error
    await _refuse(transaction, plan, scope)
    if plan.changes:
        await transaction.copy(SQL["copy_changes"], change_rows(plan.changes, scope))
        await transaction.run(SQL["end_decisions"])
        await transaction.run(SQL["end_assignments"])
    given = {
        "cursor": held.cursor.value,
        "shape": held.cursor.shape,
        "policy": held.policy,
        "now": now,
    }
    await transaction.run(SQL["move_cursor"], given)
    await transaction.run(SQL["drop_reading"])


async def _write_extensions(
    transaction: Transaction, changes: Iterable[ExtensionChange], now: datetime
) -> None:
    rows = [_extension_row(change, now) for change in changes]
    await transaction.run(SQL["make_extension_stage"])
    await transaction.copy(SQL["copy_extension_stage"], rows)
    await transaction.run(SQL["count_extension_stage"])
    # Released numbers must be free before somebody else gets them.
    written = await transaction.run(SQL["write_extensions"], {"released": True})
    written += await transaction.run(SQL["write_extensions"], {"released": False})
    if written != len(rows):
        raise OutdatedError("An extension was changed since the plan was made.")
    await transaction.run(SQL["forget_released_books"])
    await transaction.run(SQL["forget_released_photos"])


def _extension_row(change: ExtensionChange, now: datetime) -> tuple[Any, ...]:
    profile = change.profile or _EMPTY
    return (
        change.extension_id,
        change.version,
        isinstance(change, Release),
        SOURCE,
        change.source_id,
        change.number,
        _target_state(change),
        now,
        change.reason,
        change.profile is not None,
        *astuple(profile),
    )


def _target_state(change: ExtensionChange) -> ExtensionState | None:
    """Return the state that the change leads to; None if it leaves the state alone."""
    match change:
        case Link() | Return():
            return ExtensionState.ACTIVE
        case Block():
            return ExtensionState.BLOCKED
        case Release():
            return ExtensionState.RELEASED
        case _:
            return None


async def _create_extensions(
    transaction: Transaction, changes: list[Create], scope: RunScope
) -> None:
    await transaction.copy(
        SQL["copy_extensions"],
        (
            (
                scope.tenant_id,
                change.number,
                ExtensionState.ACTIVE,
                SOURCE,
                change.source_id,
                "",
                1,
                *astuple(change.profile),
            )
            for change in changes
        ),
    )


async def _remember(transaction: Transaction, plan: UserPlan, scope: RunScope) -> None:
    if plan.added:
        ids = (scope.tenant_id, scope.integration_id)
        rows = ((*ids, *_record_row(record), "", "", "") for record in plan.added)
        await transaction.copy(SQL["copy_records"], rows)
    if plan.remember:
        await transaction.run(SQL["make_record_stage"])
        await transaction.copy(SQL["copy_record_stage"], map(_record_row, plan.remember))
        await transaction.run(SQL["count_record_stage"])
        await transaction.run(SQL["change_records"])
    for removal in plan.removals:
        removed = "gone" if removal.permanent else "restorable"
        given = {"object_id": removal.source_id, "removed": removed}
        await transaction.run(SQL["remove_record"], given)
    for each in plan.unreadable:
        given = {"object_id": each.source_id, "why": each.why}
        await transaction.run(SQL["mark_unreadable"], given)


def _record_row(record: UserRecord) -> tuple[Any, ...]:
    return (
        record.source_id,
        fingerprint(record),
        _json.encode(record).decode(),
        write_array(record.aliases),
        record.display_name,
        record.principal_name.casefold(),
        record.email.casefold(),
    )


async def _refuse(transaction: Transaction, plan: UserPlan, scope: RunScope) -> None:
    ended = [*plan.cleared, *(refused.source_id for refused in plan.refused)]
    if ended:
        await transaction.run(SQL["end_refusals"], {"ids": ended})
    if plan.refused:
        rows = (
            (
                scope.tenant_id,
                scope.integration_id,
                refused.source_id,
                refused.reason,
                refused.detail,
                scope.run_id,
            )
            for refused in plan.refused
        )
        await transaction.copy(SQL["copy_refusals"], rows)


def change_rows(changes: Iterable[AnyChange], scope: RunScope) -> Iterator[tuple[Any, ...]]:
    """Yield the rows by which a run's report shows `changes`."""
    for position, change in enumerate(changes, start=1):
        fields = change.fields if isinstance(change, ExtensionChange) else {}
        yield (
            scope.tenant_id,
            scope.run_id,
            position,
            type(change).__struct_config__.tag,
            change.source_id,
            change.name,
            change.number,
            _json.encode(fields).decode(),
            change.reason,
        )
