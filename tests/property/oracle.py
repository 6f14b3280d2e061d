"""The oracle: PRODUCT.md section 4, object by object, as naively as it can be said.

It shares no decision with the product: it looks at everybody in every run, plans nothing, keeps no
fingerprints, and simply says how the PBX must look afterwards.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollcall.core.plan import Profile
from rollcall.core.records import Removal, Sighting, Unreadable, UserRecord
from rollcall.sync.context import SyncSettings

ACTIVE, BLOCKED, RELEASED = "active", "blocked", "released"
GUARDED = range(4, 51)


@dataclass
class Known:
    """What the directory last said of one object."""

    record: UserRecord | None = None
    removed: bool = False
    unreadable: bool = False


@dataclass
class Seat:
    """A person's extension."""

    number: int
    profile: Profile
    state: str = ACTIVE
    deleted: bool = False
    blocked_at: datetime | None = None

    @property
    def works(self) -> bool:
        """Whether it can be called."""
        return self.state == ACTIVE and not self.deleted


@dataclass
class Picture:
    """A PBX: who sits where, what was made by hand, what was wished, what the directory said."""

    seats: dict[str, Seat] = field(default_factory=dict)
    locals: dict[int, str] = field(default_factory=dict)
    """Hand-made extensions: number -> mail address."""
    refusals: dict[str, frozenset[str]] = field(default_factory=dict)
    """Refused objects, with every reason that holds."""
    links: dict[str, int | None] = field(default_factory=dict)
    """Decisions: the hand-made extension that is somebody's, or None for one of their own."""
    imports: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    """Lines of imports: the number that is kept, and for whom if that is known."""
    known: dict[str, Known] = field(default_factory=dict)

    def taken(self) -> set[int]:
        """Return the numbers that somebody has."""
        living = (seat.number for seat in self.seats.values() if seat.state != RELEASED)
        return {*living, *self.locals}

    def working(self) -> set[str]:
        """Return the people who can be called."""
        return {source_id for source_id, seat in self.seats.items() if seat.works}


def hear(picture: Picture, told: Iterable[Sighting], *, complete: bool) -> None:
    """Take in what a finished reading told."""
    known = picture.known
    last: dict[str, Sighting] = {word.source_id: word for word in told}
    for source_id, word in last.items():
        match word:
            case UserRecord():
                known[source_id] = Known(record=word)
            case Unreadable():
                known.setdefault(source_id, Known()).unreadable = True
            case Removal():
                pass
    for source_id, memory in known.items():
        absent = complete and source_id not in last
        if absent or isinstance(last.get(source_id), Removal):
            memory.removed, memory.unreadable = True, False


def meant_by(picture: Picture, line: str) -> str | None:
    """Return whom a mail address or an object id means, if it is just one who is there."""
    found = {
        source_id
        for source_id, known in picture.known.items()
        if not known.removed
        and known.record is not None
        and line.casefold() in {source_id.casefold(), known.record.email.casefold()}
    }
    return found.pop() if len(found) == 1 else None


def bind_imports(picture: Picture) -> None:
    """Bind the lines of imports to the people without an extension that they mean by now.

    Of two lines that mean the same person the first one counts.
    """
    served = set(picture.seats) | {
        keeper for _, keeper in picture.imports.values() if keeper is not None
    }
    for line, (number, source_id) in picture.imports.items():
        found = meant_by(picture, line) if source_id is None else None
        if found is not None and found not in served:
            picture.imports[line] = (number, found)
            served.add(found)


def settle(
    before: Picture, settings: SyncSettings, selected: Iterable[str], now: datetime
) -> Picture:
    """Return the PBX as a run at `now` must leave it, whoever the directory last spoke of.

    `selected` are the objects on the list of people, whatever the list is for.
    """
    return _Settling(before, settings, frozenset(selected), now).settled()


def must_hold(before: Picture, after: Picture) -> bool:
    """Tell whether so many people lose their phones that somebody has to agree."""
    active = len(before.working())
    away = len(before.working() - after.working())
    wide = away > 10 and away > 0.2 * active
    half = active in GUARDED and away > active / 2
    everybody = active >= 3 and away == active
    return wide or half or everybody


class _Settling:
    def __init__(
        self, before: Picture, settings: SyncSettings, listed: frozenset[str], now: datetime
    ) -> None:
        self.before = before
        self.after = deepcopy(before)
        self.settings = settings
        self.listed = listed
        self.now = now

    def settled(self) -> Picture:
        after = self.after
        after.refusals = {}
        for source_id, seat in after.seats.items():
            if self.leaves(source_id):
                self.see_off(seat)
        for source_id, seat in after.seats.items():
            if not self.leaves(source_id) and seat.state != RELEASED:
                seat.state, seat.deleted, seat.blocked_at = ACTIVE, False, None
        newcomers = self.let_in()
        homeless = self.bring_back()
        self.give_kept(newcomers)
        for source_id in (*homeless, *newcomers):
            if not self.sits(source_id):
                self.give_any(source_id)
        for source_id, seat in after.seats.items():
            record = after.known[source_id].record
            if record and not after.known[source_id].removed:
                seat.profile = profile_of(record)
        return after

    # leavers

    def leaves(self, source_id: str) -> bool:
        known = self.after.known[source_id]
        return known.removed or known.record is None or bool(self.objections(known.record))

    def objections(self, record: UserRecord) -> set[str]:
        """Return why somebody may neither come nor stay."""
        mode = self.settings.people.mode
        there = record.source_id in self.listed
        wanted = mode == "all" or (mode == "only" and there) or (mode == "except" and not there)
        reasons = {
            "disabled": not record.enabled,
            "guest": record.guest and not self.settings.guests,
            "not-selected": not wanted,
        }
        return {reason for reason, holds in reasons.items() if holds}

    def see_off(self, seat: Seat) -> None:
        leavers = self.settings.leavers
        if seat.state == RELEASED:
            return
        if seat.deleted:
            self.release(seat)
        elif leavers.keep:
            seat.state, seat.blocked_at = ACTIVE, None
        else:
            if seat.state == ACTIVE:
                seat.state, seat.blocked_at = BLOCKED, self.now
            days, since = leavers.release_days, seat.blocked_at or self.now
            if days is not None and since + timedelta(days=days) <= self.now:
                self.release(seat)

    def release(self, seat: Seat) -> None:
        seat.state, seat.deleted = RELEASED, False
        seat.blocked_at = seat.blocked_at or self.now

    # numbers

    def free(self) -> Iterator[int]:
        scope = self.settings.scope
        kept = {number for number, _ in self.after.imports.values()}
        for number in range(scope.first, scope.last + 1):
            if number not in self.after.taken() | kept | self.settings.reserved:
                yield number

    def is_free(self, number: int, source_id: str) -> bool:
        others = {kept for kept, keeper in self.after.imports.values() if keeper != source_id}
        return number not in self.after.taken() | others | self.settings.reserved

    # people who come (back)

    def let_in(self) -> list[str]:
        """Refuse whom nothing can help, link who is to be linked; return who needs a number."""
        welcome = []
        for source_id, known in self.after.known.items():
            if source_id in self.after.seats or (known.removed and not known.unreadable):
                continue
            reasons = self.reasons_against(known)
            if reasons:
                self.after.refusals[source_id] = frozenset(reasons)
            else:
                welcome.append(source_id)
        undecided = [each for each in welcome if each not in self.after.links]
        mails = [self.record(each).email.casefold() for each in undecided]
        newcomers = []
        for source_id in self.in_order(welcome):
            rivals = mails.count(self.record(source_id).email.casefold()) - 1
            chosen = self.chosen(source_id, rivals)
            if chosen is not None:
                self.adopt(source_id, chosen)
            elif self.waits_for_link(source_id):
                self.after.refusals[source_id] = frozenset({"link-pending"})
            else:
                newcomers.append(source_id)
        return newcomers

    def bring_back(self) -> list[str]:
        """Bring everybody back whose number can be had; return the others."""
        homeless = []
        for source_id in self.in_order(self.after.seats):
            seat = self.after.seats[source_id]
            if seat.state != RELEASED or self.leaves(source_id):
                continue
            number = self.kept_for(source_id)
            if number is None and self.is_free(seat.number, source_id):
                number = seat.number
            if number is None:
                homeless.append(source_id)
            else:
                self.seat(source_id, number)
        return homeless

    def give_kept(self, newcomers: Iterable[str]) -> None:
        """Give everybody the number that is kept for them, if there is one."""
        for source_id in newcomers:
            number = self.kept_for(source_id)
            if number is not None:
                self.seat(source_id, number)

    def give_any(self, source_id: str) -> None:
        """Give somebody the lowest free number."""
        number = next(self.free(), None)
        if number is None:
            self.after.refusals[source_id] = frozenset({"range-full"})
        else:
            self.seat(source_id, number)

    def reasons_against(self, known: Known) -> set[str]:
        record = known.record
        if record is None or known.removed:
            return {"unreadable"}
        reasons = self.objections(record)
        names = [record.first_name, record.last_name]
        if self.settings.names == "display-name":
            names.append(record.display_name)
        if not any(name.strip() for name in names):
            reasons.add("no-name")
        return reasons

    def twin(self, source_id: str) -> int | None:
        """Return the one hand-made extension with somebody's mail address.

        One that an administrator gave to somebody is proposed to nobody else.
        """
        email = self.record(source_id).email.casefold()
        given = self.before.links.values()
        twins = [
            number
            for number, mail in self.before.locals.items()
            if email and mail.casefold() == email and number not in given
        ]
        return twins[0] if len(twins) == 1 and twins[0] in self.after.locals else None

    def chosen(self, source_id: str, rivals: int) -> int | None:
        """Return the hand-made extension that is somebody's by decision or by policy."""
        if source_id in self.after.links:
            number = self.after.links[source_id]
            return number if number in self.after.locals else None
        return self.twin(source_id) if self.settings.link == "link" and not rivals else None

    def waits_for_link(self, source_id: str) -> bool:
        asked = self.settings.link != "never" and source_id not in self.after.links
        return asked and self.twin(source_id) is not None

    def adopt(self, source_id: str, number: int) -> None:
        del self.after.locals[number]
        self.seat(source_id, number)

    def kept_for(self, source_id: str) -> int | None:
        """Return the number that an import keeps for somebody, unless it cannot be given."""
        kept = [number for number, keeper in self.after.imports.values() if keeper == source_id]
        return next((number for number in kept if self.is_free(number, source_id)), None)

    def sits(self, source_id: str) -> bool:
        seat = self.after.seats.get(source_id)
        return seat is not None and seat.state != RELEASED

    def seat(self, source_id: str, number: int) -> None:
        self.after.seats[source_id] = Seat(number, profile_of(self.record(source_id)))
        self.after.links.pop(source_id, None)
        self.after.imports = {
            line: kept for line, kept in self.after.imports.items() if kept[1] != source_id
        }

    def record(self, source_id: str) -> UserRecord:
        record = self.after.known[source_id].record
        assert record is not None
        return record

    def in_order(self, ids: Iterable[str]) -> list[str]:
        with_record = [each for each in ids if self.after.known[each].record is not None]
        return sorted(with_record, key=self.place_in_order)

    def place_in_order(self, source_id: str) -> tuple[str, str]:
        return (self.record(source_id).display_name.casefold(), source_id)


def profile_of(record: UserRecord) -> Profile:
    """Return what the PBX shows of somebody."""
    names = [
        record.display_name,
        f"{record.first_name} {record.last_name}".strip(),
        record.principal_name,
        record.email,
        record.source_id,
    ]
    return Profile(
        principal_name=record.principal_name,
        first_name=record.first_name,
        last_name=record.last_name,
        display_name=next(name for name in names if name),
        email=record.email,
        mobile_phone=record.mobile_phone,
        business_phone=record.business_phone,
        job_title=record.job_title,
        department=record.department,
        office=record.office,
        company=record.company,
    )
