"""What happens to the directory's feed, and to the time."""

from random import Random

from tests.property.events.registry import event
from tests.property.history import History


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


@event
def hours_pass(history: History, dice: Random) -> bool:
    history.clock.forward(hours=dice.randint(1, 23))
    return True


@event
def days_pass(history: History, dice: Random) -> bool:
    history.clock.forward(days=dice.randint(1, 31))
    return True
