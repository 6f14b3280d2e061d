"""Read ahead: fetch the next piece while the one before is being worked on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


async def prefetch(pieces: AsyncGenerator[T], *, ahead: int = 2) -> AsyncGenerator[T]:
    """Yield `pieces`, at most `ahead` of them read before they are wanted."""
    queue: asyncio.Queue[object] = asyncio.Queue(maxsize=ahead)

    async def fill() -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    await queue.put(piece)
        finally:
            if not task.cancelling():  # else nobody takes the end any more, and it may not fit
                await queue.put(_END)

    task = asyncio.ensure_future(fill())
    try:
        while (piece := await queue.get()) is not _END:
            yield cast("T", piece)
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
