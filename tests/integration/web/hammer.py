"""Clients that ask again and again, and what became of their requests."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.integration.web.server import Web

PAUSE = 0.003
"""Seconds between two requests on a connection that is kept: the others need room as well."""


@dataclass
class Hammer:
    """How many requests were answered, and what went wrong with the others."""

    web: Web
    answered: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask_anew(self) -> None:
        """Ask on a new connection each time."""
        while not self.stop.is_set():
            self._note("new", self._ask_once)

    def ask_on(self) -> None:
        """Ask on one connection as long as the server keeps it."""
        while not self.stop.is_set():
            self._note("kept", self._ask_many)

    def _ask_once(self) -> None:
        with self.web.connection() as connection:
            self._ask(connection, "new")

    def _ask_many(self) -> None:
        with self.web.connection() as connection:
            while not self.stop.is_set() and not self._ask(connection, "kept"):
                pass

    def _ask(self, connection: http.client.HTTPConnection, kind: str) -> bool:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"ok\n")
        self.answered[kind] += 1
        if kind == "kept":
            self.stop.wait(PAUSE)
        return bool(answer.will_close)

    def _note(self, kind: str, ask: Callable[[], None]) -> None:
        try:
            ask()
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.failures.append(f"{kind}: {type(error).__name__} {error}")


@contextmanager
def hammering(web: Web) -> Iterator[Hammer]:
    """Have clients ask while the block runs."""
    hammer = Hammer(web)
    kinds = [hammer.ask_anew] * 4 + [hammer.ask_on] * 2
    threads = [threading.Thread(target=kind) for kind in kinds]
    for thread in threads:
        thread.start()
    try:
        yield hammer
    finally:
        hammer.stop.set()
        for thread in threads:
            thread.join()
