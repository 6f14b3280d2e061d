"""The users stage: read the directory's people, plan, guard, apply.

read_people ──► resolve_people ──► plan ──► guard ──► apply (or hold, or just show)
"""

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from rollcall.core.errors import OutdatedError, TransientError
from rollcall.core.guards import Hold, removal_guard
from rollcall.core.people import gather_people, people_to_plan
from rollcall.core.plan import Create, KnownUser, UserPlan
from rollcall.core.policy import Stage, UserPolicy, policy_digest
from rollcall.core.ports import StartOver, UserPage, UsersDone
from rollcall.core.records import Cursor, Sighting, SourceId, Unreadable, UserRecord
from rollcall.core.report import Counts, Problem, StageReport, count_changes
from rollcall.core.users import plan_users, wants_numbers
from rollcall.sync.context import RunContext
from rollcall.sync.lists import resolve_list, resolve_numbers
from rollcall.sync.prefetch import prefetch

STALE_READING = timedelta(hours=24)
"""An unfinished reading older than this is not gone on with."""

ATTEMPTS = 5
"""How often a plan is made anew because the PBX changed under it."""

NEARLY_FULL = 0.9


class PeopleReading(msgspec.Struct, frozen=True):
    """What one reading said of the people: the last word on each object."""

    sightings: Mapping[SourceId, Sighting]
    complete: bool
    cursor: Cursor


class PlannedUsers(msgspec.Struct, frozen=True):
    """A plan, what it does (or would do, if it is held) in numbers, and whether it is held."""

    plan: UserPlan
    counts: Counts
    hold: Hold | None


class UsersOutcome(msgspec.Struct, frozen=True):
    """What the stage did: its report, the plan (applied, held or shown), the records it read."""

    report: StageReport
    plan: UserPlan
    records: tuple[UserRecord, ...]


async def run_users(run: RunContext) -> UsersOutcome:
    """Run the stage."""
    reading = await read_people(run)
    records = _records(reading.sightings)
    selection, problems = await resolve_list(
        run, Stage.USERS, "people", run.settings.people, records
    )
    policy = run.settings.user_policy(selection)
    assigned = await resolve_numbers(run, records)
    planned = await _plan_and_apply(run, reading, policy, assigned)
    problems += [*_unreadable_problems(reading), *await _range_problems(run, policy, planned.plan)]
    report = StageReport(
        stage=Stage.USERS,
        counts=planned.counts,
        problems=tuple(problems),
        hold=planned.hold,
    )
    return UsersOutcome(report=report, plan=planned.plan, records=records)


async def read_people(run: RunContext) -> PeopleReading:
    """Read everybody, or what changed; go on with a reading that an earlier run began."""
    memory = await run.store.users_memory()
    since = memory.cursor
    if run.full or (since is not None and since.shape != run.source.users_shape):
        since = None
    return await _Reader(run, since).read()


class _Reader:
    """A reading in progress: pages are staged as they come, the last word on an id wins."""

    def __init__(self, run: RunContext, since: Cursor | None) -> None:
        self._run = run
        self._since = since
        self._complete = since is None
        self._sightings: dict[SourceId, Sighting] = {}

    async def read(self) -> PeopleReading:
        done, resume = await self._go_on()
        if done is None:
            done = await self._read_pages(resume)
        if self._complete and not any(
            isinstance(sighting, UserRecord) for sighting in self._sightings.values()
        ):
            await self._forget()
            raise TransientError(
                "The directory answered that it has no people at all. Nothing was changed; "
                "if this is so on purpose, switch user sync off.",
                code="empty-directory",
            )
        return PeopleReading(sightings=self._sightings, complete=self._complete, cursor=done)

    async def _go_on(self) -> tuple[Cursor | None, str]:
        """Take over the pages of a reading that was interrupted, if they are of use."""
        if self._run.dry_run:
            return None, ""
        store = self._run.store
        reading = await store.open_reading()
        if reading is not None and self._is_usable(
            reading.since, reading.shape, reading.started_at
        ):
            self._complete = reading.complete
            async for page in store.staged_pages():
                self._take(page)
            if reading.cursor is not None or reading.resume:
                return reading.cursor, reading.resume
        await self._begin()
        return None, ""

    def _is_usable(self, since: Cursor | None, shape: str, started_at: datetime) -> bool:
        return (
            not self._run.full
            and since == self._since
            and shape == self._run.source.users_shape
            and self._run.now() - started_at < STALE_READING
        )

    async def _read_pages(self, resume: str) -> Cursor:
        await self._reread()
        answers = self._run.source.read_users(since=self._since, resume=resume)
        async with aclosing(prefetch(answers)) as events:
            async for event in events:
                match event:
                    case UserPage():
                        await self._stage(event)
                    case StartOver():
                        self._complete = True
                        await self._begin()
                    case UsersDone(cursor=cursor):
                        await self._finish(cursor)
                        return cursor
        raise TransientError("The directory ended its answer half-way.", code="half-answer")

    async def _reread(self) -> None:
        """Ask again for the objects that could not be understood last time."""
        again = [] if self._complete else await self._run.store.unreadable_ids()
        if again:
            async with aclosing(self._run.source.reread_users(again)) as sightings:
                async for sighting in sightings:
                    self._sightings[sighting.source_id] = sighting

    async def _stage(self, page: UserPage) -> None:
        self._take(page)
        if not self._run.dry_run:
            await self._run.store.stage_page(page)
        await self._run.progress(Stage.USERS, done=len(self._sightings), total=None)

    def _take(self, page: UserPage) -> None:
        for sighting in page.sightings:
            self._sightings[sighting.source_id] = sighting

    async def _begin(self) -> None:
        self._sightings.clear()
        if not self._run.dry_run:
            await self._run.store.begin_reading(
                since=self._since,
                shape=self._run.source.users_shape,
                complete=self._complete,
                now=self._run.now(),
            )

    async def _finish(self, cursor: Cursor) -> None:
        if not self._run.dry_run:
            await self._run.store.finish_reading(cursor)

    async def _forget(self) -> None:
        if not self._run.dry_run:
            await self._run.store.drop_reading()


async def _plan_and_apply(
    run: RunContext,
    reading: PeopleReading,
    policy: UserPolicy,
    assigned: Mapping[SourceId, int],
) -> PlannedUsers:
    digest = policy_digest(policy)
    for _ in range(ATTEMPTS):
        planned = await _plan(run, reading, policy, assigned)
        if run.dry_run:
            return planned
        try:
            if planned.hold is not None:
                await run.store.hold_users(planned.plan, cursor=reading.cursor, policy=digest)
            else:
                await run.store.apply_users(
                    planned.plan, cursor=reading.cursor, policy=digest, now=run.now()
                )
        except OutdatedError:
            continue
        return planned
    raise TransientError(
        "The PBX's extensions changed again and again while the run was planning. "
        "Try again when nobody is editing them.",
        code="busy",
    )


async def _plan(
    run: RunContext,
    reading: PeopleReading,
    policy: UserPolicy,
    assigned: Mapping[SourceId, int],
) -> PlannedUsers:
    store, now = run.store, run.now()
    memory = await store.users_memory()
    replan = memory.policy != policy_digest(policy)
    everybody = reading.complete or replan
    days = policy.leavers.release_days
    known = await store.known_users(
        None if everybody else list(reading.sightings),
        blocked_before=None if days is None else now - timedelta(days=days),
    )
    ids = people_to_plan(
        reading.sightings, known, complete=reading.complete, replan=replan, policy=policy, now=now
    )
    wanted = [source_id for source_id in ids if source_id in known]
    stored = await store.records(None if replan else wanted) if wanted else {}
    people = gather_people(
        ids, sightings=reading.sightings, known=known, stored=stored, complete=reading.complete
    )
    world = await store.world(numbers=wants_numbers(people))
    if assigned:
        world = msgspec.structs.replace(world, assigned={**world.assigned, **assigned})
    plan = plan_users(people, world=world, policy=policy, now=now)
    heads = await store.head_count()
    anew = sum(1 for each in plan.refused if not _is_refused(known.get(each.source_id)))
    return PlannedUsers(
        plan=plan,
        counts=count_changes(
            plan,
            linked_people=heads.linked,
            refused=heads.refused + anew - len(plan.cleared),
        ),
        hold=removal_guard(active=heads.working, removals=plan.takes_away),
    )


def _is_refused(user: KnownUser | None) -> bool:
    return user is not None and user.refusal is not None


def _records(sightings: Mapping[SourceId, Sighting]) -> tuple[UserRecord, ...]:
    return tuple(each for each in sightings.values() if isinstance(each, UserRecord))


def _unreadable_problems(reading: PeopleReading) -> list[Problem]:
    return [
        Problem(Stage.USERS, sighting.source_id, "unreadable-record", sighting.why)
        for sighting in reading.sightings.values()
        if isinstance(sighting, Unreadable)
    ]


async def _range_problems(run: RunContext, policy: UserPolicy, plan: UserPlan) -> list[Problem]:
    scope = policy.scope
    taken = await run.store.numbers_within(scope.first, scope.last)
    size = scope.size(policy.reserved)
    if run.dry_run:
        taken += sum(change.number in scope for change in plan.changes if type(change) is Create)
    if taken < NEARLY_FULL * size:
        return []
    sentence = f"{taken} of the {size} numbers of the range {scope} are in use."
    return [Problem(Stage.USERS, "", "range-nearly-full", f"{sentence} Make it larger in time.")]
