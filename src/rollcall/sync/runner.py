"""One run: the stages in their order, and what they add up to.

    users ──► photos ──► personal contacts + company contacts

A held stage changed nothing of what it holds; the stages after it go on with people as they are.
A failed users stage ends the run, because the others would work on people that are out of date;
any other failure ends its stage only.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from rollcall.core.errors import SyncError, passes_by_itself
from rollcall.core.plan import Block, Create, Link, Release, Return, UserPlan
from rollcall.core.policy import Stage
from rollcall.core.ports import Owner
from rollcall.core.records import SourceId
from rollcall.core.report import Failure, RunReport, RunState, StageReport
from rollcall.sync.contacts import Shelf, run_contacts
from rollcall.sync.context import RunContext
from rollcall.sync.people import run_users
from rollcall.sync.photos import run_photos
from rollcall.sync.reading import PeopleReading
from rollcall.sync.shelves import company_shelf, personal_shelf

NOTHING_PLANNED = UserPlan()


@dataclass
class _Outcome:
    reports: list[StageReport] = field(default_factory=list)
    failures: list[SyncError] = field(default_factory=list)
    plan: UserPlan = NOTHING_PLANNED
    unsaved: PeopleReading | None = None

    @property
    def held(self) -> bool:
        return any(report.hold for report in self.reports)


async def run_stages(run: RunContext) -> tuple[RunReport, UserPlan]:
    """Run the wanted stages. Returns the report and the plan for the people.

    Every SyncError is in the report; StoppedError is raised.
    """
    outcome = _Outcome()
    wanted = run.stages & run.source.offers
    if Stage.USERS in wanted:
        await _attempt(outcome, lambda: _users(run, outcome))
    if wanted - {Stage.USERS} and not outcome.failures:
        owners = await _owners(run, outcome)
        if Stage.PHOTOS in wanted:
            await _attempt(outcome, lambda: _photos(run, outcome, owners))
        await _contacts(run, outcome, wanted, owners)
    return _report(run, outcome), outcome.plan


async def _attempt(outcome: _Outcome, stage: Callable[[], Awaitable[None]]) -> None:
    try:
        await stage()
    except SyncError as error:
        outcome.failures.append(error)


async def _users(run: RunContext, outcome: _Outcome) -> None:
    users = await run_users(run)
    outcome.plan = users.plan
    outcome.reports.append(users.report)
    if run.dry_run or users.report.hold:
        outcome.unsaved = users.reading


async def _photos(run: RunContext, outcome: _Outcome, owners: Mapping[SourceId, Owner]) -> None:
    people = sorted(source_id for source_id, owner in owners.items() if owner.working)
    newcomers = {
        change.source_id
        for change in outcome.plan.changes
        if isinstance(change, Create | Link | Return)
    }
    outcome.reports.append(await run_photos(run, people, newcomers))


async def _contacts(
    run: RunContext,
    outcome: _Outcome,
    wanted: frozenset[Stage],
    owners: Mapping[SourceId, Owner],
) -> None:
    shelves: list[Shelf] = []

    async def personal() -> None:
        shelves.append(await personal_shelf(run, owners, outcome.unsaved))

    async def company() -> None:
        shelves.append(await company_shelf(run, outcome.unsaved))

    async def contacts() -> None:
        reports, failures = await run_contacts(run, shelves)
        outcome.reports += reports
        outcome.failures += failures

    if Stage.PERSONAL_CONTACTS in wanted:
        await _attempt(outcome, personal)
    if Stage.COMPANY_CONTACTS in wanted:
        await _attempt(outcome, company)
    if shelves:
        await _attempt(outcome, contacts)


async def _owners(run: RunContext, outcome: _Outcome) -> dict[SourceId, Owner]:
    """Return the people that the later stages work on; a preview imagines its own plan applied."""
    owners = await run.store.owners()
    if not run.dry_run or outcome.held:
        return owners
    for position, change in enumerate(outcome.plan.changes, start=1):
        match change:
            case Create():
                owners[change.source_id] = Owner(extension_id=-position, working=True)
            case Link() | Return():
                owners[change.source_id] = Owner(change.extension_id, working=True)
            case Block():
                owners[change.source_id] = Owner(change.extension_id, working=False)
            case Release():
                owners.pop(change.source_id, None)
            case _:
                pass
    return owners


def _report(run: RunContext, outcome: _Outcome) -> RunReport:
    failure = None
    state = RunState.PLANNED if run.dry_run else RunState.APPLIED
    if outcome.held and not run.dry_run:
        state = RunState.HELD
    if outcome.failures:
        first = outcome.failures[0]
        state = RunState.FAILED
        failure = Failure(code=first.code, message=str(first), help=first.help_page)
    return RunReport(
        state=state,
        stages=tuple(outcome.reports),
        failure=failure,
        retry=bool(outcome.failures) and all(map(passes_by_itself, outcome.failures)),
        usage=run.source.usage(),
    )
