"""How often a token may ask: a bucket for each, in this process.

With several web processes each of them counts for itself, so a token can have as many times the
allowance; that is enough to keep one script from crowding out the people.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Final

PER_MINUTE: Final = 600
BURST: Final = 120
REMEMBERED: Final = 10_000


@dataclass(slots=True)
class Buckets:
    """A bucket for each token: `burst` requests at once, then `per_minute` as time goes on."""

    per_minute: int = PER_MINUTE
    burst: int = BURST
    clock: Callable[[], float] = monotonic
    _left: dict[int, tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, token_id: int) -> int:
        """Take one; return 0, or after how many seconds there is one again."""
        now = self.clock()
        pace = self.per_minute / 60
        with self._lock:
            left, at = self._left.get(token_id, (float(self.burst), now))
            left = min(float(self.burst), left + (now - at) * pace)
            if left < 1:
                return math.ceil((1 - left) / pace)
            if len(self._left) >= REMEMBERED:
                self._left.clear()
            self._left[token_id] = (left - 1, now)
        return 0


buckets: Final = Buckets()
"""Those of this process."""
