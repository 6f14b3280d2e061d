"""What must hold after every run, each under a name of its own.

The invariants of the first kind compare the PBX with the oracle's picture; those of the second
kind (active-is-eligible, full-means-full, numbers-*) are said directly, whatever the oracle thinks.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

import msgspec

from rollcall.core.report import Counts
from rollcall.sync.context import SyncSettings
from tests.contract.pbx import Pbx, SeenRecord, SeenSeat
from tests.property.oracle import BLOCKED, RELEASED, Picture, Seat


class Broken(msgspec.Struct, frozen=True):
    """An invariant that does not hold, and how that shows."""

    invariant: str
    detail: str


class BrokenInvariantsError(AssertionError):
    """Some invariants do not hold."""

    def __init__(self, broken: list[Broken]) -> None:
        super().__init__("\n".join(f"{each.invariant}: {each.detail}" for each in broken))
        self.names = frozenset(each.invariant for each in broken)


class Sight(msgspec.Struct, frozen=True):
    """A PBX as it is, and the pictures before and after the run that the oracle expects."""

    before: Picture
    after: Picture
    seats: Mapping[str, SeenSeat]
    locals: Mapping[int, str]
    refusals: Mapping[str, str]
    memory: Mapping[str, SeenRecord]
    settings: SyncSettings
    selected: frozenset[str]

    @property
    def living(self) -> dict[str, SeenSeat]:
        """The extensions that are not released."""
        return {each: seat for each, seat in self.seats.items() if seat.state != RELEASED}


def look(
    pbx: Pbx,
    before: Picture,
    after: Picture,
    settings: SyncSettings,
    selected: frozenset[str],
) -> Sight:
    """Look at a PBX."""
    return Sight(
        before=before,
        after=after,
        seats=pbx.seats(),
        locals=pbx.locals(),
        refusals=pbx.refusals(),
        memory=pbx.memory(),
        settings=settings,
        selected=selected,
    )


def check(sight: Sight) -> list[Broken]:
    """Return the invariants that do not hold."""
    return [
        Broken(name, detail)
        for name, invariant in INVARIANTS.items()
        for detail in invariant(sight)
    ]


# the PBX is as the oracle says


def states_agree(sight: Sight) -> Iterator[str]:
    """Everybody is active, blocked or released as the oracle says, since when it says."""
    for each in sorted(sight.seats.keys() | sight.after.seats.keys()):
        seen, due = sight.seats.get(each), sight.after.seats.get(each)
        if _state(seen) != _state(due):
            yield f"{each} is {_state(seen)}, should be {_state(due)}"


def _state(seat: SeenSeat | Seat | None) -> object:
    return seat and (seat.state, seat.deleted, seat.blocked_at)


def numbers_agree(sight: Sight) -> Iterator[str]:
    """Everybody has the number that the oracle gives."""
    for each, seat in sight.living.items():
        due = sight.after.seats.get(each)
        if due is not None and seat.number != due.number:
            yield f"{each} has {seat.number}, should have {due.number}"


def profiles_agree(sight: Sight) -> Iterator[str]:
    """The fields follow the directory, whatever the state of the extension."""
    for each, seat in sight.seats.items():
        due = sight.after.seats.get(each)
        if due is not None and seat.profile != due.profile:
            yield f"{each} shows {seat.profile}, should show {due.profile}"


def refusals_agree(sight: Sight) -> Iterator[str]:
    """Everybody who may not come in is listed with a reason that holds, and nobody else is."""
    due = sight.after.refusals
    for each in sorted(due.keys() | sight.refusals.keys()):
        if sight.refusals.get(each) not in due.get(each, frozenset({None})):
            yield f"{each} is refused for {sight.refusals.get(each)}, should be {due.get(each)}"


def memory_agrees(sight: Sight) -> Iterator[str]:
    """The last word on every object is remembered."""
    due = {
        each: SeenRecord(known.record, known.removed, known.unreadable)
        for each, known in sight.after.known.items()
    }
    for each in sorted(due.keys() | sight.memory.keys()):
        if due.get(each) != sight.memory.get(each):
            yield f"{each} is remembered as {sight.memory.get(each)}, should be {due.get(each)}"


def locals_agree(sight: Sight) -> Iterator[str]:
    """Hand-made extensions are touched by nothing but a link."""
    if dict(sight.locals) != sight.after.locals:
        yield f"{dict(sight.locals)}, should be {sight.after.locals}"


# said directly


def active_is_eligible(sight: Sight) -> Iterator[str]:
    """Active = eligible, minus range-full, minus link-pending, plus leavers kept by policy."""
    eligible = set(_eligible(sight))
    waiting = {
        each for each, reason in sight.refusals.items() if reason in {"range-full", "link-pending"}
    }
    kept = set(_kept_leavers(sight, eligible)) if sight.settings.leavers.keep else set()
    due = (eligible - waiting) | kept
    active = {
        each for each, seat in sight.seats.items() if seat.state == "active" and not seat.deleted
    }
    if active != due:
        yield f"wrongly active: {sorted(active - due)}, wrongly not: {sorted(due - active)}"


def _eligible(sight: Sight) -> Iterator[str]:
    settings = sight.settings
    for each, known in sight.after.known.items():
        record = known.record
        if record is None or known.removed or not record.enabled:
            continue
        if record.guest and not settings.guests:
            continue
        if settings.people.mode == "only" and each not in sight.selected:
            continue
        if settings.people.mode == "except" and each in sight.selected:
            continue
        named = record.first_name or record.last_name
        usable = named or (settings.names == "display-name" and record.display_name)
        if usable or each in sight.before.seats:
            yield each


def _kept_leavers(sight: Sight, eligible: set[str]) -> Iterator[str]:
    for each, seat in sight.before.seats.items():
        if each not in eligible and seat.state != RELEASED and not seat.deleted:
            yield each


def full_means_full(sight: Sight) -> Iterator[str]:
    """Nobody is told that the range is full while it has a free number."""
    scope, reserved = sight.settings.scope, sight.settings.reserved
    taken = {seat.number for seat in sight.living.values()} | sight.locals.keys()
    kept = {number for number, _ in sight.after.imports.values()}
    free = set(range(scope.first, scope.last + 1)) - taken - kept - reserved
    full = [each for each, reason in sight.refusals.items() if reason == "range-full"]
    if full and free:
        yield f"{full} wait though {sorted(free)} are free"


def numbers_are_unique(sight: Sight) -> Iterator[str]:
    """Nobody shares a number."""
    numbers = Counter([*(seat.number for seat in sight.living.values()), *sight.locals])
    for number, holders in numbers.items():
        if holders > 1:
            yield f"{number} is held {holders} times"


def numbers_are_stable(sight: Sight) -> Iterator[str]:
    """A number once given never moves."""
    for each, seat in sight.before.seats.items():
        now = sight.living.get(each)
        if seat.state != RELEASED and now is not None and now.number != seat.number:
            yield f"{each} had {seat.number} and has {now.number}"


def numbers_are_in_range(sight: Sight) -> Iterator[str]:
    """Reserved numbers are never given, and new ones come from the range."""
    wished = {number for number, _ in sight.before.imports.values()}
    allowed = wished | sight.before.locals.keys()
    for each, seat in sight.living.items():
        known = sight.before.seats.get(each)
        if known is not None and known.number == seat.number:
            continue
        if seat.number in sight.settings.reserved and seat.number not in sight.before.locals:
            yield f"{each} got the reserved number {seat.number}"
        if seat.number not in sight.settings.scope and seat.number not in allowed:
            yield f"{each} got {seat.number}, which is not in {sight.settings.scope}"


def count_due(before: Picture, after: Picture) -> Counts:
    """Return the counts that a run's report must show; how many did not change is left out."""
    kinds = Counter(_kind(before, after, each) for each in after.seats)
    del kinds[""]
    return Counts(**kinds, refused=len(after.refusals))


def _kind(before: Picture, after: Picture, source_id: str) -> str:
    """Return what became of somebody; "" if nothing did."""
    was, now = before.seats.get(source_id), after.seats[source_id]
    if was is None:
        return "linked" if now.number in before.locals else "created"
    if now.state != was.state and now.state in {BLOCKED, RELEASED}:
        return now.state
    if now.works and not was.works:
        return "returned"
    return "changed" if now.profile != was.profile else ""


INVARIANTS: Mapping[str, Callable[[Sight], Iterator[str]]] = {
    "states-agree": states_agree,
    "numbers-agree": numbers_agree,
    "profiles-agree": profiles_agree,
    "refusals-agree": refusals_agree,
    "memory-agrees": memory_agrees,
    "locals-agree": locals_agree,
    "active-is-eligible": active_is_eligible,
    "full-means-full": full_means_full,
    "numbers-are-unique": numbers_are_unique,
    "numbers-are-stable": numbers_are_stable,
    "numbers-are-in-range": numbers_are_in_range,
}
