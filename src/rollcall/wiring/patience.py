"""Waiting for those who do not answer, one at a time: a process has few threads for its pages.

Whoever made somebody wait in vain is asked by one thread at a time from then on, until an answer
comes; who comes meanwhile is told at once. So one company's trouble does not take the pages of all.
"""

import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from rollcall.core.errors import TransientError

LONG: Final = 2.0
"""Seconds; what fails sooner holds nobody up."""
MOST: Final = 1024


class Patience:
    """Who was slow, and who of them is being waited for."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._slow: dict[Hashable, bool] = {}

    @contextmanager
    def waiting_for(self, whom: Hashable) -> Iterator[None]:
        """Wait in the block; raise TransientError at once where somebody waits in vain already."""
        self._begin(whom)
        began = time.monotonic()
        try:
            yield
        except TransientError:
            self._end(whom, slow=time.monotonic() - began >= LONG)
            raise
        except BaseException:
            self._end(whom, slow=False)
            raise
        self._end(whom, slow=False)

    def _begin(self, whom: Hashable) -> None:
        with self._lock:
            if self._slow.get(whom):
                raise TransientError(
                    "Microsoft's sign-in service does not answer for now; it is being tried.",
                    code="sign-in-unavailable",
                )
            if whom in self._slow:
                self._slow[whom] = True

    def _end(self, whom: Hashable, *, slow: bool) -> None:
        with self._lock:
            if not slow:
                self._slow.pop(whom, None)
            elif whom in self._slow or len(self._slow) < MOST:
                self._slow[whom] = False
