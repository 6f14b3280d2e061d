"""Numbers and ids that follow from a name, so that the same seed always makes the same data.

Not a source of secrets.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def digest(*parts: object, size: int = 16) -> bytes:
    """Return `size` bytes that follow from the parts alone."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=size).digest()


def number(*parts: object) -> int:
    """Return a number of 64 bits that follows from the parts alone."""
    return int.from_bytes(digest(*parts, size=8))


def guid(*parts: object) -> str:
    """Return an id in the form of a random GUID that follows from the parts alone."""
    text = digest(*parts).hex()
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"


class Dice:
    """A run of choices out of one seed; good for some forty of them."""

    def __init__(self, *parts: object) -> None:
        self._left = int.from_bytes(digest(*parts, size=64))

    def below(self, limit: int) -> int:
        """Return a number from 0 up to, not including, the limit."""
        self._left, value = divmod(self._left, limit)
        return value

    def take(self, *limits: int) -> list[int]:
        """Return a number below each limit, faster than one by one."""
        found: list[int] = []
        left = self._left
        for limit in limits:
            left, value = divmod(left, limit)
            found.append(value)
        self._left = left
        return found

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def chance(self, share: float) -> bool:
        """Say yes in about `share` (0 to 1) of all cases."""
        return self.below(10_000) < share * 10_000
