"""What an administrator decides beforehand: links, separations, numbers to be kept."""

from random import Random

from tests.property.events.by_hand import free_number, listed_seats
from tests.property.events.people import new_person
from tests.property.events.registry import event
from tests.property.history import History
from tests.property.oracle import RELEASED


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
    seats = listed_seats(history)
    if not seats:
        return False
    person = dice.choice(seats)
    history.pbx.separate_person(person)
    seat = history.picture.seats.pop(person)
    history.picture.locals[seat.number] = seat.profile.email
    history.picture.links[person] = None
    return True


@event
def somebody_deleted_by_hand_is_unlinked(history: History, dice: Random) -> bool:
    deleted = [each for each, seat in history.picture.seats.items() if seat.deleted]
    if deleted:
        person = dice.choice(deleted)
        history.pbx.separate_person(person)
        del history.picture.seats[person]
        history.picture.links[person] = None
    return bool(deleted)


def _keep(history: History, dice: Random, person: str) -> None:
    number = free_number(history, dice)
    history.pbx.keep_number(person, number, person)
    imports = history.picture.imports
    history.picture.imports = {
        line: kept for line, kept in imports.items() if person not in {line, kept[1]}
    }
    history.picture.imports[person] = (number, person)


@event
def a_number_is_imported_for_a_known_person(history: History, dice: Random) -> bool:
    known = history.picture.known
    strangers = [each for each in _strangers(history) if not known[each].removed]
    if strangers:
        _keep(history, dice, dice.choice(strangers))
    return bool(strangers)


@event
def a_number_is_imported_for_a_released_person(history: History, dice: Random) -> bool:
    known = history.picture.known
    released = [
        each
        for each, seat in history.picture.seats.items()
        if seat.state == RELEASED and not known[each].removed
    ]
    if released:
        _keep(history, dice, dice.choice(released))
    return bool(released)


def _keep_line(history: History, dice: Random, line: str) -> None:
    number = free_number(history, dice)
    history.pbx.keep_number(line, number)
    history.picture.imports[line] = (number, None)


@event
def a_number_is_imported_for_a_joiner(history: History, dice: Random) -> bool:
    record = new_person(dice, email=f"Import.{dice.getrandbits(32):08x}@contoso.example")
    _keep_line(history, dice, record.email.lower())
    history.directory.put(record)
    return True


@event
def two_numbers_are_imported_for_a_joiner(history: History, dice: Random) -> bool:
    record = new_person(dice, email=f"Import.{dice.getrandbits(32):08x}@contoso.example")
    _keep_line(history, dice, record.email.lower())
    _keep_line(history, dice, record.source_id)
    history.directory.put(record)
    return True


@event
def a_number_is_imported_for_nobody(history: History, dice: Random) -> bool:
    _keep_line(history, dice, f"nobody.{dice.getrandbits(32):08x}@contoso.example")
    return True
