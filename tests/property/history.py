"""A tenant's history: what happens in the directory and by hand, and runs that are checked.

The oracle's picture is kept beside the PBX. By-hand events change both; runs change the PBX, and
then the two are compared.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from rollcall.core.errors import StoppedError
from rollcall.core.numbering import NumberRange
from rollcall.core.plan import UserPlan, plan_digest
from rollcall.core.policy import ListedSelection, ListLine, Mode, Stage, policy_digest
from rollcall.core.report import RunReport, RunState
from rollcall.sync.context import RunContext, SyncSettings
from rollcall.sync.runner import run_stages
from tests.clocks import FixedClock
from tests.contract.pbx import Pbx
from tests.fakes.directory import MemoryDirectory, Reading
from tests.fakes.store import HoldingStore
from tests.fakes.twists import DyingStore
from tests.property.invariants import (
    Broken,
    BrokenInvariantsError,
    check,
    count_due,
    look,
)
from tests.property.oracle import (
    BLOCKED,
    RELEASED,
    Picture,
    bind_imports,
    hear,
    meant_by,
    must_hold,
    settle,
)

MISHAPS = frozenset({"killed", "failed", "empty-directory", "list-unresolved"})
"""How a run may end that does not come to its end, where the history is to blame."""

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
Twist = Callable[[HoldingStore], HoldingStore]


class KilledError(StoppedError):
    """The process that ran the sync is gone."""


@dataclass(frozen=True)
class Hold:
    """A run whose plan waits, and what the oracle expects of it."""

    run_id: int
    before: Picture
    after: Picture
    policy: bytes


@dataclass(frozen=True)
class Ended:
    """A run that came to its end."""

    run_id: int
    report: RunReport
    plan: UserPlan


class History:
    """One tenant, one directory, and the oracle."""

    def __init__(self, pbx: Pbx, twist: Twist = lambda store: store) -> None:
        self.pbx = pbx
        self.twist = twist
        self.directory = MemoryDirectory(page_size=4)
        self.clock = FixedClock(START)
        self.settings = SyncSettings(country="DE", scope=NumberRange(first=200, last=219))
        self.picture = Picture()
        self.hold: Hold | None = None
        self.left_open: Reading | None = None
        """A reading that was finished by a run that died before it applied it."""
        self.unfinished = False
        """Whether the PBX holds the pages of a reading that was not applied."""
        self.events: Counter[str] = Counter()
        self.runs = 0

    # settings

    @property
    def people_listed(self) -> dict[str, str | None]:
        """The lines of the list of people, and whom they mean."""
        return {each.line: each.source_id for each in self.pbx.people_list()}

    def set_people(self, mode: Mode, lines: tuple[ListLine, ...]) -> None:
        """Select people."""
        self.pbx.set_people(lines)
        self.settings = msgspec.structs.replace(self.settings, people=ListedSelection(mode=mode))

    def current_settings(self) -> SyncSettings:
        """Return the settings with the list of people as the PBX has it now."""
        people = ListedSelection(mode=self.settings.people.mode, lines=self.pbx.people_list())
        return msgspec.structs.replace(self.settings, people=people)

    def policy(self) -> bytes:
        """Return the digest of the policy by which a held plan may be carried out now."""
        settings = self.current_settings()
        return policy_digest(settings.user_policy(settings.people.select()))

    # runs

    def run(self, *, full: bool = False, dies: bool = False) -> Ended | None:
        """Run a sync and check what it did.

        Returns None if it did not come to its end, or if the directory has news since its reading.
        """
        self.runs += 1
        before = deepcopy(self.picture)
        settings = self.current_settings()
        self.directory.take_hearing()
        ended = self._carry_out(settings, full=full, dies=dies)
        hearing = self.directory.take_hearing()
        if not hearing.asked:
            hearing.finished = self.left_open
        reading = hearing.finished
        heard = deepcopy(self.picture)
        if reading is not None:
            hear(heard, hearing.told(), complete=reading.complete)
            self._bind_lines(settings, heard)
        code = _failure(ended)
        nobody = reading is not None and self._selects_nobody(heard)
        if nobody != (code == "list-unresolved"):
            raise BrokenInvariantsError([Broken("lines-are-bound", f"nobody: {nobody}, {code}")])
        if code or ended is None or reading is None:
            self._expect_nothing(before, code, reading)
            return None
        self._expect(before, heard, ended)
        return ended if self.directory.is_current(reading) else None

    def _carry_out(
        self,
        settings: SyncSettings,
        *,
        full: bool = False,
        dry_run: bool = False,
        dies: bool = False,
    ) -> Ended | None:
        now = self.clock()
        with self.pbx.open_run(now=now, dry_run=dry_run, full=full) as run:
            store = self.twist(run.store)
            context = RunContext(
                settings=settings,
                source=self.directory,
                store=DyingStore(store, KilledError()).whole() if dies else store,
                clock=self.clock,
                progress=_keep_quiet,
                stages=frozenset({Stage.USERS}),
                full=full,
                dry_run=dry_run,
            )
            try:
                report, plan = run.do(run_stages(context))
            except KilledError:
                run.fail(now=now)
                return None
            run.finish(report, plan, now=now)
            return Ended(run.run_id, report, plan)

    def _bind_lines(self, settings: SyncSettings, heard: Picture) -> None:
        """Bind lines as a run does whose reading was finished, even if it then died."""
        listed = settings.people
        meant = {line: meant_by(heard, line) for line in listed.unbound}
        if not _has_readable(heard):
            return
        wrong = [
            Broken("lines-are-bound", f"{line} is bound to {bound}, means {meant[line]}")
            for line, bound in self.people_listed.items()
            if listed.mode is not Mode.ALL and line in meant and bound != meant[line]
        ]
        if wrong:
            raise BrokenInvariantsError(wrong)
        if listed.mode is Mode.ALL or listed.bound or any(meant.values()):
            bind_imports(heard)
            self.picture.imports = dict(heard.imports)

    def _selects_nobody(self, heard: Picture) -> bool:
        """Tell whether there is a list none of whose lines means anybody."""
        if self.settings.people.mode is Mode.ALL or not _has_readable(heard):
            return False
        return bool(self.people_listed) and not any(self.people_listed.values())

    def _expect_nothing(self, before: Picture, code: str, reading: Reading | None) -> None:
        """A run that did not come to its end changes nothing that can be seen."""
        self.events[f"run ended: {code}"] += 1
        if code not in MISHAPS:
            raise BrokenInvariantsError([Broken("runs-succeed", f"the run ended: {code}")])
        empty = code == "empty-directory"
        self.unfinished = not empty
        self.left_open = None if empty else reading
        self._compare(before, self.picture, "a run without an end")

    def _expect(self, before: Picture, heard: Picture, ended: Ended) -> None:
        listed = frozenset(each for each in self.people_listed.values() if each is not None)
        after = settle(heard, self.settings, listed, self.clock())
        hold = must_hold(heard, after)
        self.left_open, self.unfinished = None, False
        if hold != (ended.report.state is RunState.HELD):
            detail = f"the run is {ended.report.state.value}, to be held: {hold}"
            raise BrokenInvariantsError([Broken("guard-agrees", detail)])
        if hold:
            self.events["a plan is held"] += 1
            self.hold = Hold(ended.run_id, heard, after, self.policy())
            self._compare(before, self.picture, "a held run", _miscounts(ended, heard, after))
        else:
            self.hold = None
            self.picture = after
            self._note_changes(ended.plan)
            self._compare(before, after, "a run", _miscounts(ended, heard, after))

    def _compare(
        self, before: Picture, after: Picture, what: str, also: Sequence[Broken] = ()
    ) -> None:
        listed = frozenset(each for each in self.people_listed.values() if each is not None)
        broken = check(look(self.pbx, before, after, self.settings, listed))
        if what != "a run":
            broken = _agreeing(broken, what)
        if broken or also:
            raise BrokenInvariantsError([*broken, *also])

    def _note_changes(self, plan: UserPlan) -> None:
        for change in plan.changes:
            self.events[f"change: {type(change).__name__.lower()}"] += 1
        for refused in plan.refused:
            self.events[f"refused: {refused.reason.value}"] += 1

    # what must hold of runs that should do nothing

    def check_settled(self) -> None:
        """Once settled, a run writes nothing: as a delta, and from the start."""
        if not _has_readable(self.picture):
            return
        self.events["= settled, and run again twice"] += 1
        for name, full in (("settled-as-a-delta", False), ("settled-from-the-start", True)):
            contents = self.pbx.contents()
            ended = self._carry_out(self.current_settings(), full=full)
            if ended is None or ended.report.state is not RunState.APPLIED:
                raise BrokenInvariantsError([Broken(name, f"the second run ended {ended}")])
            if not ended.plan.is_empty or self.pbx.contents() != contents:
                raise BrokenInvariantsError([Broken(name, f"the second run planned {ended.plan}")])

    def check_held_again(self) -> None:
        """A plan that is held is held again, the same."""
        contents = self.pbx.contents()
        first = self.hold
        assert first is not None
        self.events["= held, and run again"] += 1
        ended = self._carry_out(self.current_settings())
        held = ended is not None and ended.report.state is RunState.HELD
        if ended is None or not held or self.pbx.contents() != contents:
            raise BrokenInvariantsError([Broken("held-again", f"the second run ended {ended}")])
        self.hold = Hold(ended.run_id, first.before, first.after, first.policy)

    def preview_and_run(self) -> Ended | None:
        """A preview writes nothing, and says the numbers that the run after it gives."""
        contents = self.pbx.contents()
        preview = self._carry_out(self.current_settings(), dry_run=True)
        if self.pbx.contents() != contents:
            raise BrokenInvariantsError([Broken("previews-write-nothing", str(preview))])
        comparable = not self.unfinished
        ended = self.run()
        if preview is None or ended is None or not comparable:
            return ended
        if plan_digest(preview.plan) != plan_digest(ended.plan):
            detail = f"previewed {preview.plan.changes}, did {ended.plan.changes}"
            raise BrokenInvariantsError([Broken("previews-tell-the-truth", detail)])
        return ended

    # a person's word on a held plan

    def approve(self) -> None:
        """Carry out what is held; expect exactly that, or nothing if it is out of date."""
        hold = self.hold
        assert hold is not None
        self.hold = None
        outdated = self._is_outdated(hold)
        before = deepcopy(self.picture)
        state = self.pbx.approve(hold.run_id, policy=self.policy(), now=self.clock())
        due = RunState.SUPERSEDED if outdated else RunState.APPLIED
        if state is not due:
            detail = f"approving ended {state.value}, should be {due.value}: {outdated}"
            raise BrokenInvariantsError([Broken("approvals-agree", detail)])
        if outdated:
            self.events["approved, but out of date"] += 1
        else:
            self.events["approved"] += 1
            self._carry_out_hold(hold)
        self._compare(before, self.picture, "an approval")

    def _is_outdated(self, hold: Hold) -> str:
        """Return why a held plan does not fit any more; empty if it does."""
        if hold.policy != self.policy():
            return "the policy changed"
        now = self.picture
        for each, seat in hold.after.seats.items():
            known = hold.before.seats.get(each)
            if seat == known:
                continue
            if now.seats.get(each) != known:
                return f"{each} was changed by hand"
            fresh = known is None or known.number != seat.number or known.state == RELEASED
            linked = seat.number in hold.before.locals and known is None
            if linked and seat.number not in now.locals:
                return f"the extension of {each} is gone"
            released = {
                other.number
                for name, other in hold.after.seats.items()
                if other.state == RELEASED and now.seats.get(name) == hold.before.seats.get(name)
            }
            if fresh and not linked and seat.number in now.taken() - released:
                return f"the number of {each} was taken"
        return ""

    def _carry_out_hold(self, hold: Hold) -> None:
        now, moment = self.picture, self.clock()
        for each, seat in hold.after.seats.items():
            known = hold.before.seats.get(each)
            if seat == known:
                continue
            now.seats[each] = deepcopy(seat)
            if seat.state in {BLOCKED, RELEASED} and not (known and known.blocked_at):
                now.seats[each].blocked_at = moment
            if known is None:
                now.locals.pop(seat.number, None)
                now.links.pop(each, None)
                now.imports = {line: kept for line, kept in now.imports.items() if kept[1] != each}
        now.refusals, now.known = hold.after.refusals, hold.after.known

    def discard(self) -> None:
        """Close what is held: nothing changes."""
        assert self.hold is not None
        self.pbx.discard(self.hold.run_id)
        self.hold = None
        self._compare(self.picture, self.picture, "discarding")


def _failure(ended: Ended | None) -> str:
    """Return why a run did not come to its end; empty if it did."""
    if ended is None:
        return "killed"
    return ended.report.failure.code if ended.report.failure else ""


async def _keep_quiet(stage: Stage, *, done: int, total: int | None, until: str = "") -> None:
    """Take no note of progress."""


def _has_readable(picture: Picture) -> bool:
    """Tell whether somebody is there whom a reading from the start can tell."""
    return any(
        known.record and not known.removed and not known.unreadable
        for known in picture.known.values()
    )


def _miscounts(ended: Ended, before: Picture, after: Picture) -> list[Broken]:
    """Return what the report's counts have wrong."""
    counts = msgspec.structs.replace(ended.report.stages[0].counts, unchanged=0)
    due = count_due(before, after)
    return [] if counts == due else [Broken("counts-agree", f"{counts}, should be {due}")]


def _agreeing(broken: list[Broken], what: str) -> list[Broken]:
    """Keep what says that something changed that may not have."""
    return [
        Broken("nothing-half-done", f"{what}: {each.detail}")
        for each in broken
        if each.invariant.endswith(("-agree", "-agrees"))
    ]
