"""Read ahead: fetch the next piece while the one before is being worked on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar, cast

T = TypeVar("T")

_END = object()


async def prefetch(pieces: AsyncGenerator[T], *, ahead: int = 2) -> AsyncGenerator[T]:
    """Yield `pieces`, at most `ahead` of them read before they are wanted."""
    queue: asyncio.Queue[object] = asyncio.Queue()
    room = asyncio.Semaphore(ahead)  # bounds the queue, so that the end fits whoever still listens

    async def fill() -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    await room.acquire()
                    queue.put_nowait(piece)
        finally:
            queue.put_nowait(_END)

    task = asyncio.ensure_future(fill())
    try:
        while (piece := await queue.get()) is not _END:
            room.release()
            yield cast("T", piece)
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
