"""The programs of the switch together: started in order, started again when they end, stopped."""

import time
from collections.abc import Callable, Sequence

import structlog

from rollcall.environment import ConfigurationError
from rollcall.service.stopping import Stopping
from rollcall.service.switch_program import Recipe, RunningProgram

START_SECONDS = 30.0
STEADY_SECONDS = 60.0
ASK_EVERY = 3.0
HANG_SECONDS = 15.0
"""A program that lives and says nothing for so long is ended, and started again."""

LOOK_EVERY = 0.05
PAUSES = (0.0, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a program that ended is started again, by how often it ended in a row."""

_log = structlog.get_logger(__name__)


class SwitchError(ConfigurationError):
    """A program of the switch does not start: what it said."""


class _Member:
    """A program, its processes if there are any, and when it is to be started (again)."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.running: RunningProgram | None = None
        self.began_at = 0.0
        self.start_at = 0.0
        self.failures = 0
        self.forget()

    def forget(self) -> None:
        """Begin to listen: nothing was heard of it yet."""
        self.answered = False
        self.ask_at = 0.0
        self.silent_since: float | None = None

    def hangs(self, now: float) -> bool:
        """Ask whether it is there if that is due, and tell whether it was silent for too long."""
        if now < self.ask_at:
            return False
        self.ask_at = now + ASK_EVERY
        if self.recipe.answers():
            self.answered, self.silent_since = True, None
            return False
        if self.silent_since is None:
            self.silent_since = now
        return now - self.silent_since >= (HANG_SECONDS if self.answered else START_SECONDS)


class SwitchCrew:
    """The programs, in the order in which they start; `prepare` clears what a dead one left."""

    def __init__(self, recipes: Sequence[Recipe], *, prepare: Callable[[str], None]) -> None:
        self._members = [_Member(recipe) for recipe in recipes]
        self._prepare = prepare
        self.starts = dict.fromkeys((recipe.name for recipe in recipes), 0)
        """How often each was started: one that is started anew has forgotten everything."""

    def begin(self, stopping: Stopping) -> None:
        """Start all, one after the other. Raises SwitchError when one does not get there."""
        for member in self._members:
            self._start(member)
            self._await_answer(member, stopping)

    def look_after(self) -> None:
        """Start again what ended."""
        now = time.monotonic()
        for member in self._members:
            if member.running is not None and not member.running.lives:
                self._note_end(member, now)
            if member.running is None and now >= member.start_at:
                self._start(member)

    def end_hung(self) -> None:
        """End what lives and answers no more; `look_after` starts it again."""
        for member in self._members:
            running = member.running
            if running is not None and running.lives and member.hangs(time.monotonic()):
                _log.error("switch.program_hangs", program=member.recipe.name)
                running.clear()

    def pids(self) -> dict[str, int]:
        """Return the first process of each program that runs."""
        running = [member for member in self._members if member.running is not None]
        return {each.recipe.name: each.running.pid for each in running if each.running is not None}

    def end(self) -> None:
        """Stop all, the last that was started first."""
        for member in reversed(self._members):
            if member.running is not None:
                member.running.end()
                self._prepare(member.recipe.name)
                member.running = None

    def _start(self, member: _Member) -> None:
        self._prepare(member.recipe.name)
        member.began_at = time.monotonic()
        member.forget()
        try:
            member.running = RunningProgram(member.recipe)
        except OSError as error:
            _log.error("switch.not_started", program=member.recipe.name, error=type(error).__name__)
            self._pause(member, member.began_at)
            return
        self.starts[member.recipe.name] += 1

    def _await_answer(self, member: _Member, stopping: Stopping) -> None:
        name = member.recipe.name
        give_up_at = time.monotonic() + START_SECONDS
        while not stopping:
            if member.running is None or not member.running.lives:
                said = member.running.last_words if member.running else ()
                raise SwitchError("\n  ".join([f"{name} ended while it started.", *said]))
            if member.recipe.answers():
                member.answered = True
                return
            if time.monotonic() > give_up_at:
                raise SwitchError(f"{name} does not answer after {START_SECONDS:.0f} s.")
            stopping.wait(LOOK_EVERY)

    def _note_end(self, member: _Member, now: float) -> None:
        if member.running is None:
            return
        member.running.clear()
        _log.error("switch.program_ended", program=member.recipe.name, code=member.running.code)
        member.running = None
        if now - member.began_at >= STEADY_SECONDS:
            member.failures = 0
        self._pause(member, now)

    def _pause(self, member: _Member, now: float) -> None:
        member.start_at = now + PAUSES[min(member.failures, len(PAUSES) - 1)]
        member.failures += 1
