"""How far a run has come: kept in its row once a second, and told to whoever listens here."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TypeVar

from rollcall.core.errors import CancelRequestedError
from rollcall.core.policy import Stage
from rollcall.core.report import Usage
from rollcall.store.session import Session

T = TypeVar("T")

KEEP_EVERY = 1.0
"""Seconds between two notes in the database, where a request to cancel is found, too."""

Listener = Callable[[Stage, int, int | None], None]
"""Hears stage, done, total (None: unknown)."""


class RunProgress:
    """The engine's progress port for one run."""

    def __init__(
        self, session: Session, usage: Callable[[], Usage], listener: Listener | None
    ) -> None:
        self._session = session
        self._usage = usage
        self._listener = listener
        self._stages: dict[str, dict[str, int | None]] = {}

    async def __call__(self, stage: Stage, *, done: int, total: int | None) -> None:
        """Take note."""
        if self._listener is not None:
            self._listener(stage, done, total)
        self._stages[stage.value] = {"done": done, "total": total}

    async def watch(self, stages: Coroutine[Any, Any, T]) -> T:
        """Return what `stages` comes to, keeping notes meanwhile, also while it only waits.

        Raises CancelRequestedError within a second or two after somebody asked to cancel.
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
            await asyncio.sleep(KEEP_EVERY)

    async def _keep(self) -> None:
        usage = self._usage()
        given = {
            "requests": usage.requests,
            "items": usage.items,
            "throttled_seconds": usage.throttled_seconds,
        }
        if await self._session.save_progress(self._stages, given):
            raise CancelRequestedError("Somebody asked to cancel this run.")
