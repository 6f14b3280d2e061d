"""Planners that are wrong in one way each, planted where the run meets the store.

A twisted store shows the planner a little less than is true, or changes its plan before it is
applied; either way the run behaves as one with that mistake in its planner would.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from typing_extensions import override

from rollcall.core.plan import (
    AnyChange,
    Block,
    Change,
    Create,
    ExtensionState,
    KnownExtension,
    KnownUser,
    RefusalReason,
    Return,
    UserPlan,
    World,
)
from rollcall.core.records import Cursor, SourceId
from tests.fakes.twists import TwistedStore

replace = msgspec.structs.replace


class WrongPlanner(TwistedStore):
    """Changes the plan before it is applied; a subclass says how."""

    async def twist(self, plan: UserPlan) -> UserPlan:
        """Return the plan as the wrong planner would have made it."""
        return plan

    async def apply_users(
        self, plan: UserPlan, *, cursor: Cursor, policy: bytes, now: datetime
    ) -> None:
        """Apply the wrong plan."""
        wrong = await self.twist(plan)
        await self.store.apply_users(wrong, cursor=cursor, policy=policy, now=now)

    async def everybody(self) -> dict[SourceId, KnownUser]:
        """Return all that is known."""
        return await self.store.known_users(None, blocked_before=None)

    async def untouched(self, plan: UserPlan) -> dict[SourceId, KnownExtension]:
        """Return the extensions that the plan leaves alone."""
        touched = {change.source_id for change in plan.changes}
        return {
            source_id: user.extension
            for source_id, user in (await self.everybody()).items()
            if user.extension is not None and source_id not in touched
        }


def _act(
    kind: type[Block | Change | Return], source_id: SourceId, extension: KnownExtension
) -> AnyChange:
    return kind(
        source_id=source_id,
        name="",
        number=extension.number,
        reason="",
        extension_id=extension.extension_id,
        version=extension.version,
        working=extension.working,
    )


class MovesNumbers(WrongPlanner):
    """Whoever changes gets a new number, too."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Move everybody who changes beyond the range."""
        moved = (
            replace(each, number=each.number + 5000)
            if isinstance(each, Change) and each.number
            else each
            for each in plan.changes
        )
        return replace(plan, changes=tuple(moved))


class GivesNumbersTwice(WrongPlanner):
    """Two new people get the same number."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Give all new people the number of the first one."""
        first = next((each.number for each in plan.changes if isinstance(each, Create)), None)
        shared = (
            replace(each, number=first) if isinstance(each, Create) else each
            for each in plan.changes
        )
        return replace(plan, changes=tuple(shared))


class ForgetsRefusals(WrongPlanner):
    """Whoever may not come in is passed over without a word."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Refuse nobody."""
        return replace(plan, refused=())


class NeverClearsRefusals(WrongPlanner):
    """A refusal stays in the list for ever."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Clear nothing."""
        return replace(plan, cleared=())


class ForgetsWhoWaits(WrongPlanner):
    """Whom a delta does not name is not planned again, though a number is free by now."""

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return nobody who waits for a number."""
        known = await self.store.known_users(ids, blocked_before=blocked_before)
        return {
            each: user
            for each, user in known.items()
            if ids is None or each in ids or user.refusal is not RefusalReason.RANGE_FULL
        }


class RemovesOnADelta(WrongPlanner):
    """Whom a delta does not name has left."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Block everybody whom the pages do not name."""
        reading = await self.store.open_reading()
        if reading is None or reading.complete:
            return plan
        pages = [page async for page in self.store.staged_pages()]
        named = {word.source_id for page in pages for word in page.sightings}
        absent = {
            source_id: extension
            for source_id, extension in (await self.untouched(plan)).items()
            if source_id not in named and extension.working
        }
        blocks = tuple(_act(Block, *each) for each in absent.items())
        return replace(plan, changes=(*plan.changes, *blocks))


class UnblocksEverybody(WrongPlanner):
    """Whoever is blocked works again with the next run."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Bring all blocked people back."""
        blocked = {
            source_id: extension
            for source_id, extension in (await self.untouched(plan)).items()
            if extension.state is ExtensionState.BLOCKED
        }
        returns = tuple(_act(Return, *each) for each in blocked.items())
        return replace(plan, changes=(*plan.changes, *returns))


class NeverBlocks(WrongPlanner):
    """Leavers keep working, whatever the policy is."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Block nobody."""
        kept = tuple(each for each in plan.changes if not isinstance(each, Block))
        return replace(plan, changes=kept)


class IgnoresHandDeletion(WrongPlanner):
    """An extension that was deleted by hand looks like any other."""

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return nobody as deleted."""
        known = await self.store.known_users(ids, blocked_before=blocked_before)
        return {
            each: replace(user, extension=replace(user.extension, deleted=False))
            if user.extension
            else user
            for each, user in known.items()
        }


class TakesNamelessForLeavers(WrongPlanner):
    """Whose name becomes empty is blocked."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Block whose new record has neither first nor last name."""
        nameless = {record.source_id for record in plan.remember if not record.named}
        blocked = {
            source_id: user.extension
            for source_id, user in (await self.everybody()).items()
            if source_id in nameless and user.extension is not None and user.extension.working
        }
        others = (each for each in plan.changes if each.source_id not in blocked)
        blocks = (_act(Block, *each) for each in blocked.items())
        return replace(plan, changes=(*others, *blocks))


class OrdersAsWritten(WrongPlanner):
    """New people get their numbers in the order of their names as written, not case-folded."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Deal the numbers of those who are simply new anew."""
        new = [each for each in plan.changes if isinstance(each, Create) and each.reason == "new"]
        numbers = sorted(each.number or 0 for each in new)
        in_order = sorted(new, key=lambda each: (each.name, each.source_id))
        dealt = {each.source_id: number for each, number in zip(in_order, numbers, strict=True)}
        changes = tuple(
            replace(each, number=dealt.get(each.source_id, each.number)) for each in plan.changes
        )
        return replace(plan, changes=changes)


class ReleasesADayEarly(WrongPlanner):
    """Counts the days of a blocked person from the day before."""

    async def known_users(
        self, ids: Sequence[SourceId] | None, *, blocked_before: datetime | None
    ) -> dict[SourceId, KnownUser]:
        """Return everybody as blocked a day earlier."""
        day = timedelta(days=1)
        known = await self.store.known_users(
            ids, blocked_before=blocked_before + day if blocked_before else None
        )
        return {
            each: replace(
                user,
                extension=replace(user.extension, blocked_at=user.extension.blocked_at - day),
            )
            if user.extension and user.extension.blocked_at
            else user
            for each, user in known.items()
        }


class AdvancesTheCursorOfAHold(WrongPlanner):
    """A held plan is kept, but the reading counts as done."""

    async def hold_users(self, plan: UserPlan, *, cursor: Cursor, policy: bytes) -> None:
        """Hold the plan, and move the cursor."""
        await self.store.hold_users(plan, cursor=cursor, policy=policy)
        nothing = UserPlan()
        now = datetime.now(UTC)
        await self.store.apply_users(nothing, cursor=cursor, policy=policy, now=now)


class GivesKeptNumbersAway(WrongPlanner):
    """Numbers that an import keeps for somebody are given to anybody."""

    async def world(self, *, numbers: bool) -> World:
        """Return a world without imports."""
        world = await self.store.world(numbers=numbers)
        return replace(world, kept=frozenset(), assigned={})


class LinksToNobody(WrongPlanner):
    """Hand-made extensions are never proposed: everybody new gets a new number."""

    async def world(self, *, numbers: bool) -> World:
        """Return a world without hand-made extensions."""
        return replace(await self.store.world(numbers=numbers), locals=())


class RemembersNothing(WrongPlanner):
    """The records that were read are not kept."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Remember nobody who is known already."""
        known = await self.everybody()
        news = tuple(record for record in plan.remember if record.source_id not in known)
        return replace(plan, remember=news)


class TouchesEverybody(WrongPlanner):
    """Everybody's extension is written in every run, though nothing changed."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Change nothing of everybody."""
        still = {
            source_id: extension
            for source_id, extension in (await self.untouched(plan)).items()
            if extension.working
        }
        touches = tuple(_act(Change, *each) for each in still.items())
        return replace(plan, changes=(*plan.changes, *touches))


class FreezesProfiles(WrongPlanner):
    """Fields stay as they were when the person came in."""

    @override
    async def twist(self, plan: UserPlan) -> UserPlan:
        """Change no field."""
        kept = tuple(each for each in plan.changes if not isinstance(each, Change))
        return replace(plan, changes=kept)


PLANTED: dict[type[WrongPlanner], str] = {
    MovesNumbers: "numbers-are-stable",
    GivesNumbersTwice: "runs-succeed",
    ForgetsRefusals: "refusals-agree",
    NeverClearsRefusals: "refusals-agree",
    ForgetsWhoWaits: "full-means-full",
    RemovesOnADelta: "active-is-eligible",
    UnblocksEverybody: "states-agree",
    NeverBlocks: "active-is-eligible",
    IgnoresHandDeletion: "active-is-eligible",
    TakesNamelessForLeavers: "active-is-eligible",
    OrdersAsWritten: "numbers-agree",
    ReleasesADayEarly: "states-agree",
    AdvancesTheCursorOfAHold: "held-again",
    GivesKeptNumbersAway: "numbers-agree",
    LinksToNobody: "locals-agree",
    RemembersNothing: "memory-agrees",
    TouchesEverybody: "settled-as-a-delta",
    FreezesProfiles: "profiles-agree",
}
"""Every wrong planner, and the invariant that kills it."""
