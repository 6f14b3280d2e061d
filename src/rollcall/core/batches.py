"""Work in pieces of a bounded size."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def split_batches(items: Sequence[T], size: int) -> Iterator[tuple[int, Sequence[T]]]:
    """Yield slices of at most `size`, each with the number of items done after it."""
    for start in range(0, len(items), size):
        batch = items[start : start + size]
        yield start + len(batch), batch
