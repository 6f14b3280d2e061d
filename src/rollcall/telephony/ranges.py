"""What is taken and what is free in a range of numbers, summed up: ranges may be huge."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from rollcall.tenants.queries import get_tenant_by_id
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.telephony", "ranges.sql")
BLOCKS: Final = 100
"""Into how many parts a range is cut at most."""


class RangeBlock(msgspec.Struct, frozen=True):
    """A part of a range, first and last number included, and how many numbers of it are what."""

    first: int
    last: int
    used: int
    kept: int
    reserved: int

    @property
    def size(self) -> int:
        """How many numbers the block has."""
        return self.last - self.first + 1

    @property
    def free(self) -> int:
        """How many of them can still be given."""
        return self.size - self.used - self.kept - self.reserved


class RangeSummary(msgspec.Struct, frozen=True):
    """A range and its blocks.

    *Used* numbers have an extension, *kept* ones wait for a person (deleted by hand, or named in
    an import), *reserved* ones are never given, *free* is the rest. `next_free` is the lowest.
    """

    first: int
    last: int
    used: int
    kept: int
    reserved: int
    next_free: int | None
    blocks: tuple[RangeBlock, ...]

    @property
    def size(self) -> int:
        """How many numbers the range has."""
        return self.last - self.first + 1

    @property
    def free(self) -> int:
        """How many of them can still be given."""
        return self.size - self.used - self.kept - self.reserved


def range_summary(
    tenant_id: int, first: int, last: int, *, kept: Iterable[int] = ()
) -> RangeSummary:
    """Sum up a range in four queries, however large. `kept` are the numbers of an import."""
    size = _block_size(first, last)
    scope = {"tenant": tenant_id, "first": first, "last": last, "size": size}
    reserved = _within(get_tenant_by_id(tenant_id).reserved_numbers, first, last)
    waiting = _within(kept, first, last) - reserved
    special = sorted(reserved | waiting)
    taken = {
        number for (number,) in fetch(SQL["taken_among"], {"tenant": tenant_id, "numbers": special})
    }
    counts = {block: (used, gone) for block, used, gone in fetch(SQL["taken_by_block"], scope)}
    blocks = _blocks(first, last, size, counts, waiting - taken, reserved - taken)
    return RangeSummary(
        first=first,
        last=last,
        used=sum(block.used for block in blocks),
        kept=sum(block.kept for block in blocks),
        reserved=sum(block.reserved for block in blocks),
        next_free=_next_free(tenant_id, blocks, special),
        blocks=blocks,
    )


def _block_size(first: int, last: int) -> int:
    """Return 1, 10, 100, …: the smallest power of ten that cuts the range into few blocks."""
    size = 1
    while (last - first) // size >= BLOCKS:
        size *= 10
    return size


def _within(numbers: Iterable[int], first: int, last: int) -> set[int]:
    return {number for number in numbers if first <= number <= last}


def _blocks(
    first: int,
    last: int,
    size: int,
    counts: dict[int, tuple[int, int]],
    waiting: AbstractSet[int],
    reserved: AbstractSet[int],
) -> tuple[RangeBlock, ...]:
    kept = Counter((number - first) // size for number in waiting)
    never = Counter((number - first) // size for number in reserved)
    made = []
    for index, start in enumerate(range(first, last + 1, size)):
        end = min(start + size - 1, last)
        used, gone = counts.get(index, (0, 0))
        made.append(
            RangeBlock(
                first=start,
                last=end,
                used=used,
                kept=gone + kept[index],
                reserved=never[index],
            )
        )
    return tuple(made)


def _next_free(tenant_id: int, blocks: Sequence[RangeBlock], special: Iterable[int]) -> int | None:
    block = next((block for block in blocks if block.free > 0), None)
    if block is None:
        return None
    others = sorted(_within(special, block.first, block.last))
    values = {"tenant": tenant_id, "first": block.first, "last": block.last, "others": others}
    ((number,),) = fetch(SQL["next_free"], values)
    return int(number)
