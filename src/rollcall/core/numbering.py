"""Extension numbers: ranges and what is free in them.

Numbers are integers here: an extension has 3 to 13 digits and no leading zero, so nothing is lost.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import msgspec
from typing_extensions import override

from rollcall.core.errors import SetupError

DEFAULT_RESERVED = frozenset({110, 112, 113, 115, 116, 117, 118, 119, 144, 911, 933, 988, 999})
"""Emergency and feature codes that no extension may shadow, unless a tenant edits the list."""

_NUMBER = re.compile(r"[1-9][0-9]{2,12}\Z")


class NumberRange(msgspec.Struct, frozen=True):
    """First and last extension number, both included; both have the same number of digits."""

    first: int
    last: int

    @override
    def __str__(self) -> str:
        return f"{self.first}–{self.last}"

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.first <= number <= self.last

    def size(self, reserved: AbstractSet[int]) -> int:
        """Return how many numbers of the range can be given at all."""
        return self.last - self.first + 1 - sum(1 for number in reserved if number in self)


def parse_number(text: str) -> int:
    """Return the extension number that `text` spells, or raise SetupError."""
    if not _NUMBER.match(text.strip()):
        raise SetupError(
            f"“{text}” is not an extension number: 3 to 13 digits, the first one not 0.",
            code="bad-number",
        )
    return int(text)


def parse_range(start: str, end: str | None) -> NumberRange:
    """Return the range from `start` to `end`; without an end, all of that width."""
    first = parse_number(start)
    last = parse_number(end) if end else 10 ** len(str(first)) - 1
    if last < first:
        raise SetupError(
            f"The last extension number {last} comes before the first one {first}.",
            code="bad-range",
        )
    if len(str(last)) != len(str(first)):
        raise SetupError(
            f"{first} and {last} must have the same number of digits.", code="bad-range"
        )
    return NumberRange(first=first, last=last)


def free_numbers(
    scope: NumberRange, *, taken: AbstractSet[int], reserved: AbstractSet[int]
) -> Iterator[int]:
    """Yield the numbers of `scope` that nobody has, lowest first."""
    for number in range(scope.first, scope.last + 1):
        if number not in taken and number not in reserved:
            yield number
