"""Ask many single things in batches and take the answers as they come."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TypeVar

from rollcall.core.batches import split_batches
from rollcall.providers.m365.batch import MOST_ITEMS, Item, ItemAnswer
from rollcall.providers.m365.batch_queue import BatchQueue

K = TypeVar("K")
T = TypeVar("T")

AT_ONCE = 20 * MOST_ITEMS


async def gather_answers(
    queue: BatchQueue, items: Mapping[K, Item], decode: Callable[[bytes], T]
) -> AsyncGenerator[tuple[K, T | ItemAnswer]]:
    """Yield what `decode` makes of the answer to each of `items` (or the answer), with its key."""
    for _, part in split_batches(list(items.items()), AT_ONCE):
        answers = await asyncio.gather(*(queue.ask(item, decode) for _, item in part))
        for (key, _), answer in zip(part, answers, strict=True):
            yield key, answer
