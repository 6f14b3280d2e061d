"""A list of changes, made in order."""

from msgspec import Struct

from m365sim.control.asking import Ask, ControlError
from m365sim.control.group_changes import (
    GroupOperation,
    change_group,
)
from m365sim.control.mailbox_changes import MailboxOperation, change_mailbox
from m365sim.control.people_changes import PeopleOperation, Result, change_people
from m365sim.state.directory import Directory

AnyOperation = PeopleOperation | MailboxOperation | GroupOperation


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request for changes."""

    changes: list[AnyOperation]


def make_changes(ask: Ask) -> object:
    """Make changes in order; the first that cannot be made stops the rest and says its place."""
    results: list[Result] = []
    for place, operation in enumerate(ask.read(Changes).changes):
        try:
            results.append(apply_change(ask.directory, operation, ask.world.clock.stamp()))
        except ControlError as error:
            raise ControlError(f"Change {place}: {error}", status=error.status) from error
    return {"results": results}


def apply_change(directory: Directory, operation: AnyOperation, now: str) -> Result:
    """Make one change."""
    if isinstance(operation, GroupOperation):
        return change_group(directory, operation, now)
    if isinstance(operation, MailboxOperation):
        return change_mailbox(directory, operation, now)
    return change_people(directory, operation, now)
