"""How a process of the web server takes its leave of those whom it has on the line."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from rollcall.service.web_process import say_goodbye

OWN = [("Content-Type", "text/plain")]
CLOSE = [*OWN, ("Connection", "close")]


def application(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", OWN)
    return [b"ok"]


@pytest.mark.parametrize(
    ("protocol", "leaves", "headers"),
    [
        ("HTTP/1.1", False, OWN),
        ("HTTP/1.1", True, CLOSE),
        ("HTTP/1", True, CLOSE),
        ("HTTP/2", True, OWN),  # it has a frame of its own for that
    ],
)
def test_a_connection_is_ended_with_its_next_answer(
    protocol: str, *, leaves: bool, headers: list[tuple[str, str]]
) -> None:
    leaving, started = threading.Event(), []
    if leaves:
        leaving.set()

    def start(*words: Any) -> None:
        started.append(words)

    body = say_goodbye(application, leaving)({"SERVER_PROTOCOL": protocol}, start)

    assert started == [("200 OK", headers)]
    assert list(body) == [b"ok"]
    assert len(OWN) == 1
