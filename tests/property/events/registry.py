"""Kinds of events: every kind has a name, and is counted when it really happened.

An event takes the history and dice of its own, so that a history stays a history when some of its
events are left out. It returns False where it cannot happen.
"""

from collections.abc import Callable
from random import Random

from tests.property.history import History

Event = Callable[[History, Random], bool]

EVENTS: dict[str, Event] = {}


def event(kind: Event) -> Event:
    """Register a kind of event under its function's name."""
    EVENTS[kind.__name__.replace("_", " ")] = kind
    return kind
