"""What can happen to a tenant: every kind has a name, and is counted when it really happened.

An event takes the history and dice of its own, so that a history stays a history when some of its
events are left out. It returns False where it cannot happen.
"""

from collections.abc import Callable
from random import Random

import msgspec

from rollcall.core.errors import SyncError
from rollcall.core.numbering import NumberRange
from rollcall.core.plan import Profile
from rollcall.core.policy import Leavers, LinkPolicy, ListLine, Mode, Names
from rollcall.core.records import SourceId, UserRecord
from tests.property.history import Ended, History, KilledError
from tests.property.oracle import RELEASED

Event = Callable[[History, Random], bool]

EVENTS: dict[str, Event] = {}
FIRST = (
    "anna",
    "Anna",
    "Bob",
    "Änne",
    "Straße",
    "STRASSE",
    "émile",
    "Zoë",
    "李",
    "O'Neil",
    "von der Aa",
)
WORDS = ("Sales", "Support", "Berlin", "Lisbon", "+49 30 901820", "+1 425 555 0109")
FIELDS = ("mobile_phone", "business_phone", "job_title", "department", "office", "company")


def event(kind: Event) -> Event:
    """Register a kind of event under its function's name."""
    EVENTS[kind.__name__.replace("_", " ")] = kind
    return kind


# people


def _new_person(dice: Random, **values: object) -> UserRecord:
    name = dice.choice(FIRST)
    tail = f"{dice.getrandbits(48):012x}"
    record = UserRecord(
        source_id=SourceId(tail),
        display_name=f"{name} {dice.choice(FIRST)}",
        first_name=name,
        last_name=dice.choice(("", "Weber", "weber")),
        principal_name=f"{tail}@login.example",
        email=f"Mail.{tail[:6]}@contoso.example" if dice.random() < 0.8 else "",
    )
    return msgspec.structs.replace(record, **values)


def _somebody(history: History, dice: Random) -> UserRecord | None:
    there = history.directory.there()
    return dice.choice(there) if there else None


def _change(history: History, dice: Random, **values: object) -> bool:
    record = _somebody(history, dice)
    if record is None:
        return False
    changed = msgspec.structs.replace(record, **values)
    history.directory.put(changed)
    return changed != record


@event
def somebody_joins(history: History, dice: Random) -> bool:
    history.directory.put(_new_person(dice))
    return True


@event
def many_join(history: History, dice: Random) -> bool:
    for _ in range(dice.randint(4, 13)):
        history.directory.put(_new_person(dice))
    return True


@event
def a_guest_joins(history: History, dice: Random) -> bool:
    history.directory.put(_new_person(dice, guest=True))
    return True


@event
def a_disabled_account_joins(history: History, dice: Random) -> bool:
    history.directory.put(_new_person(dice, enabled=False))
    return True


@event
def somebody_without_a_name_joins(history: History, dice: Random) -> bool:
    shown = dice.choice(("", "Conf Room Adams"))
    history.directory.put(_new_person(dice, first_name="", last_name="", display_name=shown))
    return True


@event
def somebody_leaves(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is not None:
        history.directory.remove(record.source_id)
    return record is not None


@event
def somebody_is_deleted_for_good(history: History, dice: Random) -> bool:
    gone = history.directory.removed()
    record = _somebody(history, dice)
    if gone and dice.random() < 0.5:
        history.directory.remove(dice.choice(gone), permanent=True)
    elif record is not None:
        history.directory.remove(record.source_id, permanent=True)
    return bool(gone) or record is not None


@event
def somebody_is_restored(history: History, dice: Random) -> bool:
    used = {record.email.casefold() for record in history.directory.there() if record.email}
    gone = [
        each
        for each in history.directory.removed()
        if history.directory.record(each).email.casefold() not in used
    ]
    if gone:
        history.directory.restore(dice.choice(gone))
    return bool(gone)


@event
def somebody_is_created_anew(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is None:
        return False
    history.directory.remove(record.source_id, permanent=dice.random() < 0.5)
    tail = f"{dice.getrandbits(48):012x}"
    history.directory.put(msgspec.structs.replace(record, source_id=SourceId(tail)))
    return True


@event
def somebody_is_disabled(history: History, dice: Random) -> bool:
    return _change(history, dice, enabled=False)


@event
def somebody_is_enabled(history: History, dice: Random) -> bool:
    disabled = [record for record in history.directory.there() if not record.enabled]
    if disabled:
        history.directory.put(msgspec.structs.replace(dice.choice(disabled), enabled=True))
    return bool(disabled)


@event
def many_are_disabled(history: History, dice: Random) -> bool:
    there = [record for record in history.directory.there() if record.enabled]
    for record in there:
        if dice.random() < 0.6:
            history.directory.put(msgspec.structs.replace(record, enabled=False))
    return bool(there)


@event
def many_are_enabled(history: History, dice: Random) -> bool:
    disabled = [record for record in history.directory.there() if not record.enabled]
    for record in disabled:
        history.directory.put(msgspec.structs.replace(record, enabled=True))
    return bool(disabled)


@event
def somebody_is_renamed(history: History, dice: Random) -> bool:
    name = dice.choice(FIRST)
    return _change(history, dice, first_name=name, display_name=f"{name} {dice.choice(FIRST)}")


@event
def a_name_becomes_empty(history: History, dice: Random) -> bool:
    shown = dice.choice(("", "Somebody"))
    return _change(history, dice, first_name="", last_name="", display_name=shown)


@event
def a_name_comes_back(history: History, dice: Random) -> bool:
    nameless = [record for record in history.directory.there() if not record.named]
    if nameless:
        name = dice.choice(FIRST)
        changed = msgspec.structs.replace(dice.choice(nameless), first_name=name, display_name=name)
        history.directory.put(changed)
    return bool(nameless)


@event
def a_mail_address_changes(history: History, dice: Random) -> bool:
    return _change(history, dice, email=f"new.{dice.getrandbits(32):08x}@contoso.example")


@event
def a_field_changes(history: History, dice: Random) -> bool:
    return _change(history, dice, **{dice.choice(FIELDS): dice.choice(WORDS)})


@event
def a_member_becomes_a_guest(history: History, dice: Random) -> bool:
    return _change(history, dice, guest=True)


@event
def a_guest_becomes_a_member(history: History, dice: Random) -> bool:
    guests = [record for record in history.directory.there() if record.guest]
    if guests:
        history.directory.put(msgspec.structs.replace(dice.choice(guests), guest=False))
    return bool(guests)


@event
def a_record_is_garbled(history: History, dice: Random) -> bool:
    record = _somebody(history, dice)
    if record is not None:
        history.directory.garble(record.source_id)
    return record is not None


@event
def garbled_records_are_mended(history: History, dice: Random) -> bool:
    garbled = [each for each, known in history.picture.known.items() if known.unreadable]
    there = {record.source_id for record in history.directory.there()}
    mended = [each for each in garbled if each in there]
    for each in mended:
        history.directory.restore(each)
    return bool(mended)


# the feed


@event
def the_cursor_is_lost(history: History, dice: Random) -> bool:
    history.directory.lose_cursors()
    return True


@event
def the_feed_begins_to_stutter(history: History, dice: Random) -> bool:
    history.directory.stutters = not history.directory.stutters
    return history.directory.stutters


@event
def pages_change_their_size(history: History, dice: Random) -> bool:
    history.directory.page_size = dice.choice((1, 2, 5, 100))
    return True


@event
def the_question_changes(history: History, dice: Random) -> bool:
    history.directory.users_shape = f"people {dice.randrange(3)}"
    return True


# settings


def _set(history: History, **values: object) -> bool:
    before = history.settings
    history.settings = msgspec.structs.replace(before, **values)
    return history.settings != before


@event
def the_range_is_widened(history: History, dice: Random) -> bool:
    scope = history.settings.scope
    last = min(scope.last + dice.randint(1, 15), 999)
    return _set(history, scope=NumberRange(first=scope.first, last=last))


@event
def the_range_is_narrowed(history: History, dice: Random) -> bool:
    first = dice.choice((200, 200, 205))
    return _set(history, scope=NumberRange(first=first, last=first + dice.randint(2, 9)))


@event
def a_number_is_reserved(history: History, dice: Random) -> bool:
    scope = history.settings.scope
    return _set(history, reserved=frozenset({dice.randint(scope.first, scope.last)}))


@event
def the_guests_switch_is_turned(history: History, dice: Random) -> bool:
    return _set(history, guests=not history.settings.guests)


@event
def the_names_switch_is_turned(history: History, dice: Random) -> bool:
    skip = history.settings.names is Names.SKIP
    return _set(history, names=Names.DISPLAY_NAME if skip else Names.SKIP)


@event
def leavers_are_blocked(history: History, dice: Random) -> bool:
    return _set(history, leavers=Leavers())


@event
def leavers_keep_working(history: History, dice: Random) -> bool:
    return _set(history, leavers=Leavers(keep=True))


@event
def leavers_are_released(history: History, dice: Random) -> bool:
    return _set(history, leavers=Leavers(release_days=dice.choice((0, 1, 2, 30))))


@event
def links_are_asked_for(history: History, dice: Random) -> bool:
    return _set(history, link=LinkPolicy.ASK)


@event
def links_are_made(history: History, dice: Random) -> bool:
    return _set(history, link=LinkPolicy.LINK)


@event
def links_are_never_made(history: History, dice: Random) -> bool:
    return _set(history, link=LinkPolicy.NEVER)


@event
def everybody_is_selected(history: History, dice: Random) -> bool:
    news = history.settings.people.mode is not Mode.ALL
    history.set_people(Mode.ALL, ())
    return news


def _some_lines(history: History, dice: Random) -> tuple[ListLine, ...]:
    """Return lines of which some are bound, as a picker does, and some are mail addresses."""
    lines = []
    for record in history.directory.there():
        if dice.random() < 0.5:
            line = record.email if record.email and dice.random() < 0.4 else record.source_id
            bound = record.source_id if line == record.source_id else None
            lines.append(ListLine(line=line, source_id=bound))
    return tuple(lines)


@event
def some_are_selected(history: History, dice: Random) -> bool:
    lines = _some_lines(history, dice)
    if lines:
        history.set_people(Mode.ONLY, lines)
    return bool(lines)


@event
def some_are_left_out(history: History, dice: Random) -> bool:
    lines = _some_lines(history, dice)[:3]
    if lines:
        history.set_people(Mode.EXCEPT, lines)
    return bool(lines)


# by hand


def _listed_seats(history: History) -> list[str]:
    return [
        each
        for each, seat in history.picture.seats.items()
        if seat.state != RELEASED and not seat.deleted
    ]


@event
def somebody_is_deleted_by_hand(history: History, dice: Random) -> bool:
    seats = _listed_seats(history)
    if not seats:
        return False
    seat = history.picture.seats[dice.choice(seats)]
    history.pbx.delete_extension(seat.number, now=history.clock())
    if seat.state == "blocked":
        seat.state = RELEASED
    else:
        seat.deleted = True
    return True


def _free_number(history: History, dice: Random) -> int:
    scope, taken = history.settings.scope, history.picture.taken()
    taken |= {number for number, _ in history.picture.imports.values()}
    free = [each for each in range(scope.first, scope.last + 30) if each not in taken]
    return free[0] if dice.random() < 0.5 else dice.choice(free)


def _add_local(history: History, number: int, email: str) -> None:
    history.pbx.add_local(number, Profile(display_name="By hand", email=email))
    history.picture.locals[number] = email


@event
def an_extension_is_made_by_hand(history: History, dice: Random) -> bool:
    _add_local(history, _free_number(history, dice), "")
    return True


@event
def a_released_number_is_taken_by_hand(history: History, dice: Random) -> bool:
    taken = history.picture.taken()
    numbers = [
        seat.number
        for seat in history.picture.seats.values()
        if seat.state == RELEASED and seat.number not in taken
    ]
    if numbers:
        _add_local(history, dice.choice(numbers), "")
    return bool(numbers)


@event
def an_extension_with_the_same_mail_is_made(history: History, dice: Random) -> bool:
    used = {email.casefold() for email in history.picture.locals.values()}
    mails = [
        record.email
        for record in history.directory.there()
        if record.email and record.source_id not in history.picture.seats
    ]
    free = [email for email in mails if email.casefold() not in used]
    if free:
        email = dice.choice(free)
        _add_local(history, _free_number(history, dice), dice.choice((email, email.upper())))
    return bool(free)


@event
def a_joiner_has_a_hand_made_extension(history: History, dice: Random) -> bool:
    record = _new_person(dice, email=f"Twin.{dice.getrandbits(32):08x}@contoso.example")
    history.directory.put(record)
    for _ in range(dice.choice((1, 1, 1, 2))):
        _add_local(history, _free_number(history, dice), record.email.lower())
    return True


@event
def a_hand_made_extension_is_deleted(history: History, dice: Random) -> bool:
    numbers = sorted(history.picture.locals)
    if numbers:
        number = dice.choice(numbers)
        history.pbx.delete_extension(number, now=history.clock())
        del history.picture.locals[number]
        links = history.picture.links
        for each in [each for each, chosen in links.items() if chosen == number]:
            del links[each]
    return bool(numbers)


@event
def a_number_is_changed_by_hand(history: History, dice: Random) -> bool:
    seats = _listed_seats(history)
    if not seats:
        return False
    seat = history.picture.seats[dice.choice(seats)]
    number = _free_number(history, dice)
    history.pbx.change_number(seat.number, number)
    seat.number = number
    return True


def _strangers(history: History, *, known: bool = True) -> list[str]:
    """Return objects that are known (or not), are there, and never had an extension."""
    picture = history.picture
    there = {record.source_id for record in history.directory.there()}
    return [
        each
        for each in sorted(there)
        if (each in picture.known and picture.known[each].record is not None) == known
        and each not in picture.seats
    ]


@event
def somebody_is_to_be_linked(history: History, dice: Random) -> bool:
    picture = history.picture
    strangers, numbers = _strangers(history), sorted(picture.locals)
    if not strangers or not numbers:
        return False
    person, number = dice.choice(strangers), dice.choice(numbers)
    history.pbx.link_person(person, number)
    picture.links = {each: chosen for each, chosen in picture.links.items() if chosen != number}
    picture.links[person] = number
    return True


@event
def somebody_is_to_be_separate(history: History, dice: Random) -> bool:
    strangers = _strangers(history)
    if strangers:
        person = dice.choice(strangers)
        history.pbx.separate_person(person)
        history.picture.links[person] = None
    return bool(strangers)


@event
def somebody_is_unlinked(history: History, dice: Random) -> bool:
    seats = _listed_seats(history)
    if not seats:
        return False
    person = dice.choice(seats)
    history.pbx.separate_person(person)
    seat = history.picture.seats.pop(person)
    history.picture.locals[seat.number] = seat.profile.email
    history.picture.links[person] = None
    return True


@event
def a_number_is_imported_for_a_known_person(history: History, dice: Random) -> bool:
    strangers = [each for each in _strangers(history) if not history.picture.known[each].removed]
    if strangers:
        person, number = dice.choice(strangers), _free_number(history, dice)
        history.pbx.keep_number(person, number, person)
        imports = history.picture.imports
        history.picture.imports = {
            line: kept for line, kept in imports.items() if kept[1] != person and line != person
        }
        history.picture.imports[person] = (number, person)
    return bool(strangers)


@event
def a_number_is_imported_for_a_joiner(history: History, dice: Random) -> bool:
    record = _new_person(dice, email=f"Import.{dice.getrandbits(32):08x}@contoso.example")
    number = _free_number(history, dice)
    history.pbx.keep_number(record.email.lower(), number)
    history.picture.imports[record.email.lower()] = (number, None)
    history.directory.put(record)
    return True


@event
def hours_pass(history: History, dice: Random) -> bool:
    history.clock.forward(hours=dice.randint(1, 23))
    return True


@event
def days_pass(history: History, dice: Random) -> bool:
    history.clock.forward(days=dice.randint(1, 31))
    return True


# runs


@event
def a_run(history: History, dice: Random) -> bool:
    _look_again(history, dice, history.run())
    return True


@event
def a_full_run(history: History, dice: Random) -> bool:
    _look_again(history, dice, history.run(full=True))
    return True


@event
def a_preview_and_the_run(history: History, dice: Random) -> bool:
    _look_again(history, dice, history.preview_and_run())
    return True


@event
def a_reading_breaks_off(history: History, dice: Random) -> bool:
    history.directory.break_after = dice.randint(0, 3)
    history.directory.break_with = SyncError("The directory broke off.")
    history.run()
    history.directory.break_after = None
    return history.unfinished


@event
def a_run_is_killed_while_it_reads(history: History, dice: Random) -> bool:
    history.directory.break_after = dice.randint(0, 3)
    history.directory.break_with = KilledError()
    history.run()
    history.directory.break_after = None
    return history.unfinished


@event
def a_run_is_killed_before_it_applies(history: History, dice: Random) -> bool:
    history.run(dies=True)
    return history.unfinished


@event
def the_list_means_nobody(history: History, dice: Random) -> bool:
    mode, lines = history.settings.people.mode, history.pbx.people_list()
    history.set_people(Mode.ONLY, (ListLine(line="nobody@contoso.example"),))
    history.run()
    history.set_people(mode, lines)
    return True


@event
def the_directory_answers_nobody(history: History, dice: Random) -> bool:
    history.directory.hides_everybody = True
    history.run(full=True)
    history.directory.hides_everybody = False
    return True


@event
def a_held_plan_is_approved(history: History, dice: Random) -> bool:
    if history.hold is None:
        return False
    history.approve()
    return True


@event
def a_held_plan_is_discarded(history: History, dice: Random) -> bool:
    if history.hold is None:
        return False
    history.discard()
    return True


def _look_again(history: History, dice: Random, ended: Ended | None) -> None:
    """Most times, run again at once: that must not change anything."""
    if ended is None or dice.random() < 0.3:
        return
    if history.hold is None:
        history.check_settled()
    else:
        history.check_held_again()
