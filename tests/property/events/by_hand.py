"""What people do to extensions by hand."""

from random import Random

from rollcall.core.plan import Profile
from tests.property.events.people import new_person
from tests.property.events.registry import event
from tests.property.history import History
from tests.property.oracle import RELEASED


def listed_seats(history: History) -> list[str]:
    return [
        each
        for each, seat in history.picture.seats.items()
        if seat.state != RELEASED and not seat.deleted
    ]


@event
def somebody_is_deleted_by_hand(history: History, dice: Random) -> bool:
    seats = listed_seats(history)
    if not seats:
        return False
    seat = history.picture.seats[dice.choice(seats)]
    history.pbx.delete_extension(seat.number, now=history.clock())
    if seat.state == "blocked":
        seat.state = RELEASED
    else:
        seat.deleted = True
    return True


def free_number(history: History, dice: Random) -> int:
    scope, taken = history.settings.scope, history.picture.taken()
    taken |= {number for number, _ in history.picture.imports.values()}
    free = [each for each in range(scope.first, scope.last + 30) if each not in taken]
    return free[0] if dice.random() < 0.5 else dice.choice(free)


def _add_local(history: History, number: int, email: str) -> None:
    history.pbx.add_local(number, Profile(display_name="By hand", email=email))
    history.picture.locals[number] = email


@event
def an_extension_is_made_by_hand(history: History, dice: Random) -> bool:
    _add_local(history, free_number(history, dice), "")
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
        _add_local(history, free_number(history, dice), dice.choice((email, email.upper())))
    return bool(free)


@event
def a_joiner_has_a_hand_made_extension(history: History, dice: Random) -> bool:
    record = new_person(dice, email=f"Twin.{dice.getrandbits(32):08x}@contoso.example")
    history.directory.put(record)
    for _ in range(dice.choice((1, 1, 1, 2))):
        _add_local(history, free_number(history, dice), record.email.lower())
    return True


@event
def two_joiners_share_a_hand_made_extension(history: History, dice: Random) -> bool:
    record = new_person(dice, email=f"Rival.{dice.getrandbits(32):08x}@contoso.example")
    history.directory.put(record, new_person(dice, email=record.email.lower()))
    _add_local(history, free_number(history, dice), record.email.upper())
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
    seats = listed_seats(history)
    if not seats:
        return False
    _change_number(history, dice.choice(seats), free_number(history, dice))
    return True


def _change_number(history: History, person: str, number: int) -> None:
    seat = history.picture.seats[person]
    history.pbx.change_number(seat.number, number)
    seat.number = number


@event
def a_number_comes_free_while_somebody_waits(history: History, dice: Random) -> bool:
    waiting = any("range-full" in each for each in history.picture.refusals.values())
    scope, seats = history.settings.scope, history.picture.seats
    inside = [each for each in listed_seats(history) if seats[each].number in scope]
    if not waiting or not inside:
        return False
    far_away = max(scope.last, *history.picture.taken()) + 100
    _change_number(history, dice.choice(inside), far_away)
    return True
