"""The log of requests that tests read, and, when asked for, whole exchanges with their bodies."""

from collections import deque
from collections.abc import Mapping

from msgspec import Struct, field

KEPT_ENTRIES = 200_000
LOGGED_HEADERS = (
    "accept",
    "accept-encoding",
    "client-request-id",
    "consistencylevel",
    "content-type",
    "prefer",
    "user-agent",
    "x-ms-throttle-priority",
)


class ItemEntry(Struct, omit_defaults=True):
    """One item of a batch."""

    id: str
    method: str
    url: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)


class Entry(Struct):
    """One request."""

    number: int
    at: float
    """The simulator's time, seconds since the epoch."""
    host: str
    method: str
    path: str
    """With the query, as the client wrote it."""
    status: int
    """0 when the connection was dropped instead."""
    directory: str
    headers: dict[str, str]
    items: list[ItemEntry] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)


class Exchange(Struct):
    """One request and its answer in full. Bodies are text; those that are not are base64."""

    number: int
    host: str
    method: str
    path: str
    request_headers: dict[str, str]
    request_body: str
    status: int
    response_headers: dict[str, str]
    response_body: str


class Journal:
    """The requests of this life, oldest first, up to a bound."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self.exchanges: list[Exchange] = []
        self.recording = False
        self._last = 0

    @property
    def last_number(self) -> int:
        """The number of the newest request."""
        return self._last

    def next_number(self) -> int:
        """Count a request and return its number."""
        self._last += 1
        return self._last

    def clear(self) -> None:
        """Forget all requests; numbers go on, so that no two are ever the same."""
        self.entries.clear()
        self.exchanges.clear()
        self.recording = False

    def since(self, number: int) -> list[Entry]:
        """Return the requests after a number."""
        found: list[Entry] = []
        for entry in reversed(self.entries):
            if entry.number <= number:
                break
            found.append(entry)
        return found[::-1]


def logged_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Pick the headers that tests ask about; never the token."""
    return {name: headers[name] for name in LOGGED_HEADERS if name in headers}
