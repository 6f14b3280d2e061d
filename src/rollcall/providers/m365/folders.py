"""How to read a contact folder: since its cursor, from the start with a cursor to follow, or as a
list each time. Decides, reads nothing.

Delta is not there in every cloud, and a folder with a handful of contacts costs the same either
way, without a cursor to lose. Both kinds of reading give a FolderReading.
"""

import enum

from rollcall.core.ports import FolderPlace
from rollcall.core.records import FolderId

DEFAULT_FOLDER = FolderId("contacts")
"""The default folder, by its well-known name; /contactFolders does not list it."""

ROOT_PATH = "Contacts"

LISTED = "list"
"""The cursor of a folder that is listed each time."""

FEW = 20
"""A folder that lost its cursor and has no more contacts than these is listed from then on."""

MANY = 200
"""A listed folder with more contacts than these is worth another try with delta."""


class Manner(enum.Enum):
    """How to read a folder now."""

    SINCE = enum.auto()
    FROM_START = enum.auto()
    LIST = enum.auto()


def choose_manner(place: FolderPlace | None, *, delta: bool) -> Manner:
    """Choose how to read the folder that was left at `place`; `delta` says the cloud has it."""
    if not delta:
        return Manner.LIST
    if place is None or not place.cursor:
        return Manner.FROM_START
    if place.cursor == LISTED:
        return Manner.FROM_START if place.contacts > MANY else Manner.LIST
    return Manner.SINCE


def after_lost_cursor(place: FolderPlace | None) -> Manner:
    """Choose how to read a folder whose cursor the mailbox does not know any more."""
    return Manner.LIST if place is not None and place.contacts <= FEW else Manner.FROM_START
