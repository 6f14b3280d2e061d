"""Plans that wait for a person's word: show them as changes, and carry them out."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from rollcall.core.contacts import decode_books
from rollcall.core.errors import OutdatedError
from rollcall.core.plan import UserPlan
from rollcall.core.policy import Stage
from rollcall.core.records import SourceId
from rollcall.core.report import RunReport, RunState
from rollcall.store.book_plans import apply_book_plans
from rollcall.store.contacts import HeldBooks
from rollcall.store.session import Session
from rollcall.store.user_plans import (
    HeldUsers,
    apply_held_users,
    bind_lines,
    change_rows,
    supersede_plans,
    unpack_held,
)
from rollcall.store.users import SQL


class _Bound(msgspec.Struct, frozen=True):
    """Of a plan that waits, only the lines that it binds."""

    bound: Mapping[str, Mapping[str, SourceId]] = {}


class HeldPlans:
    """The plans of held runs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def note_planned(self, report: RunReport, plan: UserPlan) -> None:
        """Keep the changes of a plan that was not applied, so that the report can show them."""
        held = any(each.hold and each.stage is Stage.USERS for each in report.stages)
        if plan.changes and (held or report.state is RunState.PLANNED):
            async with self._session.write() as transaction:
                rows = change_rows(plan.changes, self._session.scope)
                await transaction.copy(SQL["copy_changes"], rows)

    async def held_lines(self, subject: str) -> Mapping[str, SourceId]:
        """Return the lines of a list that the plan of this session's run binds to objects."""
        plans: Mapping[str, bytes] = dict(await self._session.fetch(SQL["held_plans"]))
        if Stage.USERS not in plans:
            return {}
        held = unpack_held(plans[Stage.USERS], _Bound)
        return held.bound.get(subject, {})

    async def apply_held(self, *, policy: bytes, now: datetime) -> None:
        """Do exactly what the run of this session holds, in one transaction.

        Raises OutdatedError when a row that it touches, or the policy it was made for, has
        changed since; also when it holds nothing any more.
        """
        async with self._session.write() as transaction:
            plans: Mapping[str, bytes] = dict(await transaction.fetch(SQL["held_plans"]))
            if not plans:
                raise OutdatedError("What was held is gone: the integration was reset.")
            if Stage.USERS in plans:
                await transaction.run(SQL["forget_changes"])
                await supersede_plans(transaction)
            for stage, encoded in plans.items():
                if stage == Stage.USERS:
                    held = unpack_held(encoded, HeldUsers)
                    if held.policy != policy:
                        raise OutdatedError("The settings have changed since the plan was made.")
                    for subject, found in held.bound.items():
                        await bind_lines(transaction, subject, found)
                    await apply_held_users(transaction, held, scope=self._session.scope, now=now)
                else:
                    books = msgspec.msgpack.decode(encoded, type=HeldBooks)
                    await apply_book_plans(
                        transaction,
                        decode_books(books.plans),
                        scope=self._session.scope,
                        shape=books.shape,
                        now=now,
                    )
            await transaction.run(SQL["end_hold"])
