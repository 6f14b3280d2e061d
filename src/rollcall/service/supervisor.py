"""The supervisor of `rollcall up`: starts the parts, starts again what fails, stops them all.

Each part is a process. It is told to stop by SIGTERM, and by its standard input ending, which the
kernel sees to when the supervisor itself is killed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rollcall.service.stopping import Stopping

LOOK_EVERY = 0.25
STEADY_SECONDS = 60.0
"""A part that ran for so long had no trouble starting."""

PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds before a part that ended is started again, by how often it ended in a row."""

STOP_SECONDS = 40.0

Say = Callable[[str, str], None]
"""Tells people: which part, what of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A command of the program that runs for long."""

    name: str
    words: tuple[str, ...]


@dataclass
class _Child:
    """A part, its process if there is one, and when it is to be started (again).

    `pipe` is the writing end of its standard input: it is open as long as the part is wanted.
    """

    part: Part
    pipe: int | None = None
    process: "subprocess.Popen[bytes] | None" = None
    began_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0


def supervise(
    parts: Iterable[Part], *, stopping: Stopping, say: Say, chore: Callable[[], None]
) -> None:
    """Keep the parts running until it is time to stop; `chore` is done over and over meanwhile."""
    children = [_Child(part) for part in parts]
    try:
        while not stopping:
            for child in children:
                _look_after(child, say)
            chore()
            stopping.wait(LOOK_EVERY)
    finally:
        _stop(children, say)


def _look_after(child: _Child, say: Say) -> None:
    now = time.monotonic()
    if child.process is None:
        if now >= child.start_at:
            _start(child, say)
        return
    code = child.process.poll()
    if code is None:
        return
    steady = now - child.began_at >= STEADY_SECONDS
    child.failures = 1 if steady else child.failures + 1
    pause = PAUSES[min(child.failures, len(PAUSES)) - 1]
    child.process = None
    child.start_at = now + pause
    when = f"in {pause:.0f} s" if pause else "now"
    say(child.part.name, f"{_describe_end(code)}; it is started again {when}")


def _start(child: _Child, say: Say) -> None:
    reading, writing = os.pipe()
    try:
        child.process = subprocess.Popen(
            [sys.executable, "-m", "rollcall.cli", *child.part.words],
            stdin=reading,
            process_group=0,  # Ctrl-C in a terminal is for the supervisor alone
        )
    finally:
        os.close(reading)
        _close_pipe(child)
        child.pipe = writing
    child.began_at = time.monotonic()
    say(child.part.name, f"started (process {child.process.pid})")


def _close_pipe(child: _Child) -> None:
    if child.pipe is not None:
        os.close(child.pipe)
        child.pipe = None


def _stop(children: Iterable[_Child], say: Say) -> None:
    living = [child for child in children if child.process and child.process.poll() is None]
    for child in living:
        if child.process:
            child.process.terminate()
    give_up_at = time.monotonic() + STOP_SECONDS
    for child in living:
        _await_end(child, give_up_at, say)
    for child in children:
        _close_pipe(child)


def _await_end(child: _Child, give_up_at: float, say: Say) -> None:
    if child.process is None:
        return
    try:
        code = child.process.wait(max(0.1, give_up_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.process.kill()
        child.process.wait()
        say(child.part.name, f"did not stop within {STOP_SECONDS:.0f} s and was ended by force")
    else:
        say(child.part.name, "stopped" if code == 0 else _describe_end(code))


def _describe_end(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended by itself (exit code {code})"
