"""What happens to the settings."""

from random import Random

import msgspec

from rollcall.core.numbering import NumberRange
from rollcall.core.policy import Leavers, LinkPolicy, ListLine, Mode, Names
from tests.property.events.registry import event
from tests.property.history import History
from tests.property.oracle import RELEASED


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
def a_number_that_somebody_waits_for_is_reserved(history: History, dice: Random) -> bool:
    seats, imports = history.picture.seats.values(), history.picture.imports.values()
    numbers = [seat.number for seat in seats if seat.state == RELEASED]
    numbers += [number for number, _ in imports]
    return bool(numbers) and _set(history, reserved=frozenset({dice.choice(numbers)}))


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
