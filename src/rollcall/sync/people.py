"""The users stage: read the directory's people, plan, guard, apply.

read_people ──► resolve_list, resolve_numbers ──► plan ──► guard ──► apply (or hold, or just show)
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from rollcall.core.errors import OutdatedError, TransientError
from rollcall.core.guards import Hold, removal_guard
from rollcall.core.people import gather_people, people_to_plan
from rollcall.core.plan import Create, KnownUser, UserPlan
from rollcall.core.policy import Stage, UserPolicy, policy_digest
from rollcall.core.records import SourceId, Unreadable
from rollcall.core.report import Counts, Problem, StageReport, count_changes
from rollcall.core.users import plan_users, wants_numbers
from rollcall.sync.context import RunContext
from rollcall.sync.lists import resolve_list, resolve_numbers
from rollcall.sync.reading import PeopleReading, read_people

ATTEMPTS = 5
"""How often a plan is made anew because the PBX changed under it."""

NEARLY_FULL = 0.9


class PlannedUsers(msgspec.Struct, frozen=True):
    """A plan, what it does (or would do, if it is held) in numbers, and whether it is held."""

    plan: UserPlan
    counts: Counts
    hold: Hold | None


class UsersOutcome(msgspec.Struct, frozen=True):
    """What the stage did: its report, the plan (applied, held or shown), what it read."""

    report: StageReport
    plan: UserPlan
    reading: PeopleReading


async def run_users(run: RunContext) -> UsersOutcome:
    """Run the stage."""
    reading = await read_people(run)
    selection, problems = await resolve_list(
        run, Stage.USERS, "people", run.settings.people, reading
    )
    policy = run.settings.user_policy(selection)
    assigned, unused = await resolve_numbers(run, reading)
    planned = await _plan_and_apply(run, reading, policy, assigned)
    problems += [*unused, *_unreadable_problems(reading)]
    problems += await _range_problems(run, policy, planned.plan)
    report = StageReport(
        stage=Stage.USERS,
        counts=planned.counts,
        problems=tuple(problems),
        hold=planned.hold,
    )
    return UsersOutcome(report=report, plan=planned.plan, reading=reading)


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
            await run.store.keep_preview(
                planned.plan, cursor=reading.cursor, policy=digest, bound=run.bound
            )
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
        # A line counts for those who never had an extension, one that was bound before for anybody.
        new = {each: number for each, number in assigned.items() if not _has_row(known.get(each))}
        world = msgspec.structs.replace(world, assigned={**new, **world.assigned})
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


def _has_row(user: KnownUser | None) -> bool:
    return user is not None and user.extension is not None


def _is_refused(user: KnownUser | None) -> bool:
    return user is not None and user.refusal is not None


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
    if taken < size:
        sentence = f"{taken:,} of the {size:,} numbers of the range {scope} are in use. "
        sentence += "Make it larger in time."
    else:
        sentence = f"All {size:,} numbers of the range {scope} are in use. Make it larger."
    return [Problem(Stage.USERS, "", "range-nearly-full", sentence)]
