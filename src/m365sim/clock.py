"""The simulator's own clock: the machine's time plus an offset that tests set."""

import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """The time Entra and Graph believe it is."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time() + self.offset_seconds

    def stamp(self) -> str:
        """Return the time as Graph writes it in properties."""
        return written(self.now())


def written(seconds: float) -> str:
    """Write a time as `2026-11-23T00:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(seconds: float) -> str:
    """Write a time as HTTP headers want it."""
    return formatdate(seconds, usegmt=True)
