"""What Kamailio and rtpengine say on stderr, as events of our log: few, and without people.

Their sentences may hold addresses of people, names and numbers: these are taken out. A flood of
lines ends in a count.
"""

import re
import threading
import time
from collections.abc import Callable
from typing import IO

import structlog

MOST_LINES = 40
WITHIN_SECONDS = 60.0
LAST_LINES = 6
LONGEST_LINE = 400
UNNAMED = "debug"

_LEVELS = {
    "ALERT": "error",
    "BUG": "error",
    "CRITICAL": "error",
    "CRIT": "error",
    "EMERG": "error",
    "ERROR": "error",
    "ERR": "error",
    "WARNING": "warning",
    "WARN": "warning",
    "NOTICE": "info",
    "INFO": "info",
    "DEBUG": "debug",
}
_LINE = re.compile(rf"^.{{0,80}}?\b(?P<level>{'|'.join(_LEVELS)}):\s*(?P<words>.*)$", re.DOTALL)
_SAYS_NOTHING = re.compile(r"qm_free\(\): BUG: freeing|receive_fd\(\): EOF|^Query: ")
"""Of a Kamailio that ends, its processes notice that the others have gone; and what it asked of a
database that is away."""

_PRIVATE = (
    (re.compile(r"(?i)\b(sips?|tel):[^\s;,\]>]+"), r"\1:…"),
    (re.compile(r"\"[^\"]*\"|<[^<>\s]+@[^<>\s]*>"), "…"),
    (re.compile(r"[^\s@\[\]<>]+@[^\s@\[\]<>]+"), "…"),
    (re.compile(r"(?<![\w.:/-])\+?\d{3,}(?![\w.:/-])"), "…"),
)

_log = structlog.get_logger(__name__)


def read_line(line: str) -> tuple[str, str]:
    """Return level and sentence of a line, without addresses, names and numbers of people.

    A line without a level goes on with the one before, or is somebody else's: it is not logged.
    """
    match = _LINE.match(line.strip())
    level = _LEVELS[match["level"]] if match else UNNAMED
    words = match["words"] if match else line.strip()
    for pattern, instead in _PRIVATE:
        words = pattern.sub(instead, words)
    return level, words[:LONGEST_LINE]


class LineReader:
    """Reads what a program says, in a thread of its own, until the program ends."""

    def __init__(
        self, program: str, stream: IO[bytes], *, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._program = program
        self._stream = stream
        self._steady = steady
        self._since = steady()
        self._lines = 0
        self._last: list[str] = []
        self._thread = threading.Thread(target=self._read, name=f"{program} says", daemon=True)
        self._thread.start()

    @property
    def last_words(self) -> tuple[str, ...]:
        """What it complained about last, with what nobody gave a level."""
        self._thread.join(1.0)
        return tuple(self._last)

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                self._take(line.decode(errors="replace"))

    def _take(self, line: str) -> None:
        level, words = read_line(line)
        if not words or _SAYS_NOTHING.search(words):
            return
        if level in {"warning", "error", UNNAMED}:
            self._last = [*self._last, words][-LAST_LINES:]
        now = self._steady()
        if now - self._since >= WITHIN_SECONDS:
            self._tell_left_out()
            self._since, self._lines = now, 0
        if level == "debug":
            return
        self._lines += 1
        if self._lines <= MOST_LINES:
            getattr(_log, level)("switch.said", program=self._program, words=words)

    def _tell_left_out(self) -> None:
        if self._lines > MOST_LINES:
            left_out = self._lines - MOST_LINES
            _log.warning("switch.said_more", program=self._program, lines=left_out)
