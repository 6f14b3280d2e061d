"""Time and chance for the HTTP side: passed in, so that tests need not wait."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Pace:
    """How to wait, what time it is (by the wall, and steadily), and a number between 0 and 1."""

    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep)
    now: Callable[[], datetime] = field(default=_utc_now)
    steady: Callable[[], float] = field(default=time.monotonic)
    jitter: Callable[[], float] = field(default=random.random)


class Pauses:
    """Until when each scope (a directory, a mailbox) must be left alone, in steady seconds."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._until: dict[str, float] = {}
        self.waited = 0.0

    def pause(self, scope: str, seconds: float) -> None:
        """Leave `scope` alone for `seconds` from now."""
        until = self._pace.steady() + seconds
        self._until[scope] = max(until, self._until.get(scope, 0.0))

    def remaining(self, scope: str) -> float:
        """Return for how many seconds `scope` is to be left alone."""
        until = self._until.get(scope)
        if until is None:
            return 0.0
        remaining = until - self._pace.steady()
        if remaining <= 0:
            del self._until[scope]
            return 0.0
        return remaining

    async def wait(self, scope: str) -> None:
        """Wait until `scope` may be asked again."""
        while (remaining := self.remaining(scope)) > 0:
            self.waited += remaining
            await self._pace.sleep(remaining)
