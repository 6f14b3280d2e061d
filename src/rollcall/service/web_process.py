"""One process of the web server: granian with Django in it, on a socket that its parent opened.

The parent writes what to do to standard input, and keeps it open: when it ends, so does this
process. Of granian only the worker is used; how many there are, and when one takes the place of
another, is the parent's business (`web_crew`), because granian's own way of replacing workers
resets connections that are just being made.
"""

import logging
import os
import pickle
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from types import FrameType
from typing import Any, BinaryIO

from granian.constants import Interfaces, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.net import SocketHolder
from granian.server.mp import MPServer

from rollcall.environment import Environment
from rollcall.host.certificate import ServerPair
from rollcall.host.logs import configure_logs

APPLICATION = "rollcall.config.wsgi:load_application"
"""By name: it stands above this layer."""

SERVING = b"serving"
LEAVE = signal.SIGUSR1
BACKLOG = 1024
THREADS = 4
CONNECTIONS = 512
HEADERS_WITHIN_MS = 15_000
PING_EVERY_MS = 20_000
STOP_SECONDS = 5.0
LOOK_EVERY = 0.02

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process is told: its number, the machine, and the descriptors that it was given."""

    number: int
    environment: Environment
    conninfo: str = field(repr=False)
    pair: ServerPair | None
    listener: int
    news: int


def main() -> None:
    """Be a process of the web server until told to stop."""
    # noqa below: it comes from our parent, through a pipe that nobody else has
    assignment = pickle.load(sys.stdin.buffer)  # noqa: S301 - see above
    if not isinstance(assignment, Assignment):
        raise TypeError("standard input holds no assignment")
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    _Granian(assignment).work()


class _Granian(MPServer):
    """Granian's description of a worker, and the worker itself, in this very process."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(
            APPLICATION,
            interface=Interfaces.WSGI,
            blocking_threads=THREADS,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
            http2_settings=HTTP2Settings(keep_alive_interval=PING_EVERY_MS),
            websockets=False,
            log_level=LogLevels.warning,
            log_dictconfig={"handlers": {}, "loggers": {"_granian": {}, "granian.access": {}}},
        )
        self._assignment = assignment
        self._ssp = None
        self._shd = SocketHolder(assignment.listener, False, BACKLOG)  # noqa: FBT003 - granian's signature
        self._sso = None
"""placeholder"""
