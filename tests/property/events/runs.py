"""Runs of every kind, and a person's word on what they hold."""

from random import Random

from rollcall.core.errors import SyncError
from rollcall.core.policy import ListLine, Mode
from tests.property.events.registry import event
from tests.property.history import Ended, History, KilledError


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
def a_reading_that_broke_off_loses_its_place(history: History, dice: Random) -> bool:
    there = history.directory.there()
    if len(there) < 2:
        return False
    history.directory.lose_cursors()
    history.directory.break_after = dice.randint(1, 2)
    history.directory.break_with = SyncError("The directory broke off.")
    history.run()
    history.directory.break_after = None
    history.directory.remove(dice.choice(there).source_id)
    history.directory.lose_cursors()
    _look_again(history, dice, history.run())
    return True


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
