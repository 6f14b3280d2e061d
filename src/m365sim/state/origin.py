"""What a directory held before anybody changed it: computed when asked for, always the same."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from m365sim.seeds import guid
from m365sim.state.contents import Contents
from m365sim.state.mailbox import Mailbox, MailboxKind
from m365sim.state.photo import Photo

Properties = dict[str, object]
"""A user's properties that ever had a value; None where it was cleared."""


class GroupSeed(Struct, frozen=True):
    """A group of the beginning; members are slots of people or names of other groups."""

    name: str
    members: tuple[int | str, ...]
    mail_nickname: str


class Origin(Protocol):
    """The beginnings of a directory. Slots count its user objects from 0."""

    @property
    def seed(self) -> str: ...

    @property
    def count(self) -> int: ...

    def object_id(self, slot: int) -> str: ...

    def properties(self, slot: int) -> Properties: ...

    def mailbox(self, slot: int) -> Mailbox: ...

    def photo(self, slot: int) -> Photo | None: ...

    def contents(self, slot: int) -> Contents: ...

    def groups(self) -> Sequence[GroupSeed]: ...


class EmptyOrigin:
    """A directory that began with nobody in it."""

    count = 0

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def object_id(self, slot: int) -> str:
        """Return the id that a slot would have."""
        return guid(self.seed, "user", slot)

    def properties(self, slot: int) -> Properties:
        """Never asked: there is nobody."""
        raise IndexError(slot)

    def mailbox(self, slot: int) -> Mailbox:
        """Return what stands behind somebody who came later."""
        return Mailbox(kind=MailboxKind.USER)

    def photo(self, slot: int) -> Photo | None:
        """Nobody brings a photo along."""
        return None

    def contents(self, slot: int) -> Contents:
        """Return an empty mailbox."""
        return Contents(self.object_id(slot))

    def groups(self) -> Sequence[GroupSeed]:
        """There are no groups."""
        return ()
