"""Many mailboxes at once: a window of readers behind one batch queue.

The queue fills its batches from whatever the readers in the window ask for; as one reader ends,
the next mailbox is drawn. What is read waits until it is taken, and not much may wait.
"""

import asyncio
from collections.abc import AsyncGenerator

from rollcall.core.errors import ContractError
from rollcall.core.ports import BookFailure, BookReading, BookRequest
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.contacts import BookReader, MailboxError

WINDOW = 160
"""Mailboxes being read at once: enough for four full batches whatever their folders."""

SHELF = 64
"""Readings that may wait to be taken before no more mailboxes are drawn."""

_Outcome = BookReading | BookFailure


class _Shelf:
    """What was read and not yet taken; the end of it always fits, whoever still listens."""

    def __init__(self) -> None:
        self._outcomes: asyncio.Queue[_Outcome | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(SHELF)

    async def put(self, outcome: _Outcome) -> None:
        """Put one more there, as soon as there is room."""
        await self._room.acquire()
        self._outcomes.put_nowait(outcome)

    def end(self) -> None:
        """Say that no more will come."""
        self._outcomes.put_nowait(None)

    async def take(self) -> _Outcome | None:
        """Wait for the next; None is the end."""
        outcome = await self._outcomes.get()
        self._room.release()
        return outcome


class BooksReader:
    """Reads the mailboxes of one directory."""

    def __init__(self, queue: BatchQueue, *, root: str, delta: bool) -> None:
        self._queue = queue
        self._root = root
        self._delta = delta

    async def read(self, requests: AsyncGenerator[BookRequest]) -> AsyncGenerator[_Outcome]:
        """Yield what became of each request, in whatever order they are done."""
        done = _Shelf()
        pump = asyncio.ensure_future(self._pump(requests, done))
        try:
            while (outcome := await done.take()) is not None:
                yield outcome
            await pump
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)

    async def _pump(self, requests: AsyncGenerator[BookRequest], done: _Shelf) -> None:
        window = asyncio.Semaphore(WINDOW)
        try:
            async with asyncio.TaskGroup() as readers, self._queue.producing():
                async for request in requests:
                    await self._admit(window)
                    readers.create_task(self._read_one(request, window, done))
        except BaseExceptionGroup as group:
            raise _first_error(group) from group
        finally:
            done.end()
            await requests.aclose()

    async def _admit(self, window: asyncio.Semaphore) -> None:
        """Wait for a place in the window; while it is full, nothing more can come."""
        if window.locked():
            with self._queue.resting():
                await window.acquire()
        else:
            await window.acquire()

    async def _read_one(
        self,
        request: BookRequest,
        window: asyncio.Semaphore,
        done: _Shelf,
    ) -> None:
        reader = BookReader(self._queue, request, root=self._root, delta=self._delta)
        try:
            outcome: _Outcome = await reader.read()
        except MailboxError as error:
            outcome = BookFailure(
                book_id=request.book_id, status=error.status, code=error.code, message=str(error)
            )
        except ContractError as error:
            outcome = BookFailure(
                book_id=request.book_id,
                status="failed",
                code=error.code,
                message=str(error),
            )
        async with self._queue.producing():
            await done.put(outcome)
        window.release()


def _first_error(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong first: the rest of the group only fell with it."""
    first = group.exceptions[0]
    return _first_error(first) if isinstance(first, BaseExceptionGroup) else first
