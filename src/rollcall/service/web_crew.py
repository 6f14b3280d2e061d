"""The processes of the web server: started together, started again when they die, replaced.

They all take connections from one socket, which stays open from the first to the last: while some
take the place of others nobody is turned away. Those that leave first stop taking connections,
then finish what they have, then end.
"""

import os
import pickle
import select
import socket
import subprocess
import sys
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog

from rollcall.host.certificate import ServerPair
from rollcall.service.stopping import Stopping
from rollcall.service.web_process import LEAVE, SERVING, STOP_SECONDS, Assignment
from rollcall.wiring.machine import Machine

START_SECONDS = 60.0
GOODBYE_SECONDS = 2.0
"""For so long those that leave answer on connections that they have."""

PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0)
"""Seconds before a process that died is started again, by how many starts failed in a row."""

LOOK_EVERY = 0.1
PROGRAM = "from rollcall.service.web_process import main; main()"

_log = structlog.get_logger(__name__)


class CrewError(Exception):
    """A process of the web server ended while it started, or did not get there in time."""


@dataclass(eq=False, slots=True)
class _Member:
    """A process, and the pipe on which it says that it serves."""

    number: int
    process: "subprocess.Popen[bytes]"
    news: int
    end_at: float = 0.0
    """When it is told to end; nothing until it leaves."""

    @property
    def lives(self) -> bool:
        return self.process.poll() is None


class Crew:
    """So many processes on one listening socket."""

    def __init__(
        self, machine: Machine, listener: socket.socket, stopping: Stopping, *, size: int
    ) -> None:
        self._machine = machine
        self._listener = listener
        self._stopping = stopping
        self._size = size
        self._pair: ServerPair | None = None
        self._members: list[_Member] = []
        self._leaving: list[_Member] = []
        self._failures = 0
        self._try_at = 0.0

    def begin(self, pair: ServerPair | None) -> None:
        """Start all. Raises CrewError."""
        self._members = self._start(range(1, self._size + 1), pair)
        self._pair = pair

    def renew(self, pair: ServerPair) -> None:
        """Have all replaced by others with another certificate. Raises CrewError; then all stay."""
        fresh = self._start(range(1, self._size + 1), pair)
        old, self._members, self._pair = self._members, fresh, pair
        for member in old:
            self._dismiss(member)

    def look_after(self) -> None:
        """Start again what died, and see those off that leave."""
        now = time.monotonic()
        dead = [member for member in self._members if not member.lives]
        if dead and now >= self._try_at:
            self._replace(dead)
        for member in self._leaving[:]:
            self._see_off(member, now)

    def end(self) -> None:
        """Stop all, within some seconds."""
        everybody = [*self._members, *self._leaving]
        for member in everybody:
            member.process.terminate()
        give_up_at = time.monotonic() + STOP_SECONDS
        for member in everybody:
            _await_end(member, give_up_at)
        self._members, self._leaving = [], []

    def _replace(self, dead: Collection[_Member]) -> None:
        for member in dead:
            _log.error("web.process_died", number=member.number, code=member.process.returncode)
        try:
            started = self._start([member.number for member in dead], self._pair)
        except CrewError:
            self._failures += 1
            self._try_at = time.monotonic() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            return
        self._failures = 0
        self._members = [member for member in self._members if member not in dead] + started
        for member in dead:
            _close(member)

    def _start(self, numbers: Iterable[int], pair: ServerPair | None) -> list[_Member]:
        members: list[_Member] = []
        try:
            members.extend(self._launch(number, pair) for number in numbers)
            self._await_news(members)
        except CrewError:
            for member in members:
                member.process.kill()
                _await_end(member, time.monotonic() + STOP_SECONDS)
            raise
        return members

    def _launch(self, number: int, pair: ServerPair | None) -> _Member:
        reading, writing = os.pipe()
        listener = self._listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdin=subprocess.PIPE,
            pass_fds=(listener, writing),
            process_group=0,  # Ctrl-C in a terminal is for the parent alone
        )
        os.close(writing)
        machine = self._machine
        assignment = Assignment(
            number=number,
            environment=machine.environment,
            conninfo=machine.conninfo,
            pair=pair,
            listener=listener,
            news=writing,
        )
        _tell(process, pickle.dumps(assignment))
        return _Member(number, process, reading)

    def _await_news(self, members: Collection[_Member]) -> None:
        """Wait until all serve, or it is time to stop."""
        give_up_at = time.monotonic() + START_SECONDS
        silent = {member.news: member for member in members}
        while silent and not self._stopping:
            ready, _, _ = select.select(list(silent), [], [], LOOK_EVERY)
            for news in ready:
                member = silent.pop(news)
                if os.read(news, len(SERVING)) != SERVING:
                    raise CrewError(f"Process {member.number} of the web server ended at once.")
            if time.monotonic() > give_up_at:
                raise CrewError(f"The web server is not ready after {START_SECONDS:.0f} s.")

    def _dismiss(self, member: _Member) -> None:
        member.process.send_signal(LEAVE)
        member.end_at = time.monotonic() + GOODBYE_SECONDS
        self._leaving.append(member)

    def _see_off(self, member: _Member, now: float) -> None:
        if not member.lives:
            _close(member)
            self._leaving.remove(member)
        elif now >= member.end_at + STOP_SECONDS:
            member.process.kill()
        elif now >= member.end_at:
            member.process.terminate()


def _tell(process: "subprocess.Popen[bytes]", words: bytes) -> None:
    if process.stdin is None:
        raise CrewError("A process of the web server has no standard input.")
    try:
        process.stdin.write(words)
        process.stdin.flush()
    except BrokenPipeError as error:
        raise CrewError("A process of the web server ended at once.") from error


def _await_end(member: _Member, give_up_at: float) -> None:
    try:
        member.process.wait(max(0.1, give_up_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        member.process.kill()
        member.process.wait()
    _close(member)


def _close(member: _Member) -> None:
    """Close the pipes to a process that has ended."""
    os.close(member.news)
    if member.process.stdin is not None:
        member.process.stdin.close()
