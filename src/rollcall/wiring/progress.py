"""How far a run has come: kept in its row once a second, and told to whoever listens here."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from rollcall.core.errors import CancelRequestedError, HandOverError
from rollcall.core.policy import Stage
from rollcall.core.report import Usage
from rollcall.store.session import Session

T = TypeVar("T")

KEEP_EVERY = 1.0
"""Seconds between two notes in the database, where a request to cancel is found, too."""

LOOKS = 4
"""So often between two notes it is looked whether the worker is to stop."""

Listener = Callable[[Stage, int, int | None], None]
"""Hears stage, done, total (None: unknown)."""


class RunProgress:
    """The engine's progress port for one run."""

    def __init__(
        self,
        session: Session,
        usage: Callable[[], Usage],
        listener: Listener | None,
        *,
        stopping: Callable[[], bool],
        photos_until: str = "",
    ) -> None:
        self._session = session
        self._usage = usage
        self._listener = listener
        self._stopping = stopping
        self._photos_until = photos_until
        self._stages: dict[str, dict[str, int | None]] = {}

    async def __call__(
        self, stage: Stage, *, done: int, total: int | None, until: str = ""
    ) -> None:
        """Take note."""
        if stage is Stage.PHOTOS:
            self._photos_until = until
        if self._listener is not None:
            self._listener(stage, done, total)
        self._stages[stage.value] = {"done": done, "total": total}

    async def watch(self, stages: Coroutine[Any, Any, T]) -> T:
        """Return what `stages` comes to, keeping notes meanwhile, also while it only waits.

        Raises CancelRequestedError within a second or two after somebody asked to cancel, and
        HandOverError after the worker was told to stop.
        """
        work = asyncio.ensure_future(stages)
        notes = asyncio.ensure_future(self._keep_notes())
        try:
            await asyncio.wait((work, notes), return_when=asyncio.FIRST_COMPLETED)
            return await (work if work.done() else notes)
        finally:
            work.cancel()
            notes.cancel()
            await asyncio.gather(work, notes, return_exceptions=True)

    async def _keep_notes(self) -> NoReturn:
        while True:
            await self._keep()
            await self._rest()

    async def _rest(self) -> None:
        for _ in range(LOOKS):
            if self._stopping():
                await self._keep()
                raise HandOverError("The worker of this run is to stop.")
            await asyncio.sleep(KEEP_EVERY / LOOKS)

    async def _keep(self) -> None:
        usage = self._usage()
        given = {
            "requests": usage.requests,
            "items": usage.items,
            "throttled_seconds": usage.throttled_seconds,
        }
        if await self._session.save_progress(self._stages, given, photos_until=self._photos_until):
            raise CancelRequestedError("Somebody asked to cancel this run.")
