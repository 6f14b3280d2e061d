"""How a part of the service is told to stop: a signal, or the end of the supervisor's pipe."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType


class Stopping:
    """Whether it is time to stop, and who wants to hear of it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._listeners: list[Callable[[], None]] = []

    def __bool__(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for so long at most; tell whether it is time to stop."""
        return self._event.wait(seconds)

    def tell(self, listener: Callable[[], None]) -> None:
        """Call `listener`, from whatever thread, when it is time; now, if it is."""
        self._listeners.append(listener)
        if self:
            listener()

    def begin(self) -> None:
        """Say that it is time."""
        self._event.set()
        for listener in self._listeners:
            listener()

    def on_signals(self) -> None:
        """Stop on SIGTERM and SIGINT."""
        signal.signal(signal.SIGTERM, self._take)
        signal.signal(signal.SIGINT, self._take)

    def with_pipe(self) -> None:
        """Stop when the other end of standard input is closed: the supervisor's, dead or alive."""
        threading.Thread(target=self._read_pipe, name="pipe", daemon=True).start()

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self.begin()

    def _read_pipe(self) -> None:
        # not through sys.stdin, whose buffer is locked by a reader that waits when Python ends
        while os.read(sys.stdin.fileno(), 1):
            pass
        self.begin()
