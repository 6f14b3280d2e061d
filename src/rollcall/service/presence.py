"""A part of the service says that it is alive, from a thread of its own, as long as it is."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from uuid import uuid4

import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.fleet.operations import Identity, beat, leave

BEAT_EVERY = 5.0

_log = structlog.get_logger(__name__)


def new_identity(kind: str, *, capacity: int = 0) -> Identity:
    """Return who this process is."""
    return Identity(
        id=uuid4(),
        kind=kind,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=version("rollcall"),
        capacity=capacity,
    )


def no_load() -> int:
    """Say that this process has no runs in hand."""
    return 0


@contextmanager
def present(identity: Identity, *, load: Callable[[], int] = no_load) -> Iterator[None]:
    """Say every few seconds that the process is alive, while the block runs."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_beat_on, args=(identity, load, ended), name="presence", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(BEAT_EVERY)


def _beat_on(identity: Identity, load: Callable[[], int], ended: threading.Event) -> None:
    while True:
        _try(lambda: beat(identity, load=load()))
        if ended.wait(BEAT_EVERY):
            break
    _try(lambda: leave(identity))
    connection.close()


def _try(say: Callable[[], None]) -> None:
    try:
        say()
    except (DatabaseError, InterfaceError) as error:
        _log.warning("presence.not_told", error=type(error).__name__)
        connection.close()
