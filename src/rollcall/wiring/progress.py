"""How far a run has come: kept in its row once a second, and told to whoever listens here."""

import time
from collections.abc import Callable

from rollcall.core.errors import CancelRequestedError
from rollcall.core.policy import Stage
from rollcall.core.report import Usage
from rollcall.store.session import Session

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
        self._kept_at = 0.0
        self._stages: dict[str, dict[str, int | None]] = {}

    async def __call__(self, stage: Stage, *, done: int, total: int | None) -> None:
        """Take note; raise CancelRequestedError if somebody asked to cancel."""
        if self._listener is not None:
            self._listener(stage, done, total)
        self._stages[stage.value] = {"done": done, "total": total}
        if time.monotonic() - self._kept_at >= KEEP_EVERY:
            await self.keep()

    async def keep(self) -> None:
        """Write the note now."""
        self._kept_at = time.monotonic()
        usage = self._usage()
        given = {
            "requests": usage.requests,
            "items": usage.items,
            "throttled_seconds": usage.throttled_seconds,
        }
        if await self._session.save_progress(self._stages, given):
            raise CancelRequestedError("Somebody asked to cancel this run.")
