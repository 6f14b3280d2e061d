"""Time for tests: it stands still, moves when told, and nobody waits for it."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime | None = None) -> None:
        self.moment = moment or datetime.now(UTC)

    def __call__(self) -> datetime:
        """Return the moment that was set."""
        return self.moment

    def forward(self, **span: float) -> None:
        """Move on: forward(hours=2)."""
        self.moment += timedelta(**span)


class Naps:
    """Sleeping that takes no time, and a steady clock that believes it did."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Note the nap and let others work."""
        import asyncio

        self.slept.append(seconds)
        await asyncio.sleep(0)

    def steady(self) -> float:
        """Return the seconds that were slept so far."""
        return sum(self.slept)
