"""The record of changes behind a delta query: append-only, so that a round keeps its place."""

import zlib
from collections.abc import Iterable
from typing import Protocol


class History(Protocol):
    """What a delta token is checked against: this record of changes, and no other."""

    @property
    def position(self) -> int: ...

    def mark(self, position: int) -> int: ...


class UserFeed:
    """Which user changed in which properties, in order.

    A position is the number of changes before it. Masks say which properties a change touched;
    the lowest bit stands for coming and going.
    """

    EXISTENCE = 1

    def __init__(self) -> None:
        self._slots: list[int] = []
        self._masks: list[int] = []
        self._marks: list[int] = [0]
        self._bits: dict[str, int] = {}

    @property
    def position(self) -> int:
        """How many changes there have been."""
        return len(self._slots)

    def mark(self, position: int) -> int:
        """Return a checksum of the changes before a position: it tells two histories apart."""
        return self._marks[position]

    def record(self, slot: int, properties: Iterable[str] | None = None) -> None:
        """Note a change of these properties, or, without any, that the user came or went."""
        mask = self.EXISTENCE if properties is None else self.mask_of(properties)
        self._slots.append(slot)
        self._masks.append(mask)
        entry = f"{slot}:{','.join(sorted(properties or ()))}".encode()
        self._marks.append(zlib.crc32(entry, self._marks[-1]))

    def mask_of(self, properties: Iterable[str]) -> int:
        """Return the mask of some properties."""
        mask = 0
        for name in properties:
            mask |= self._bits.setdefault(name, 2 << len(self._bits))
        return mask

    def names_in(self, mask: int) -> set[str]:
        """Return the properties of a mask."""
        return {name for name, bit in self._bits.items() if mask & bit}

    def between(self, since: int, upto: int, mask: int) -> dict[int, int]:
        """Return {slot: changed properties} of those who changed in any property of the mask.

        The order is that of each one's last change.
        """
        found: dict[int, int] = {}
        wanted = mask | self.EXISTENCE
        for position in range(since, upto):
            slot, touched = self._slots[position], self._masks[position] & wanted
            if touched:
                found[slot] = found.pop(slot, 0) | touched
        return found
