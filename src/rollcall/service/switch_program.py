"""One program of the switch as processes: started, watched, ended; nothing of it is left behind.

It is told to end when this process dies, by the kernel (Linux). What escaped that nevertheless, it
or its children, is found by the directory that they work in, which nothing else works in.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from rollcall.host.files import is_root
from rollcall.host.service_user import ServiceUser
from rollcall.service.switch_lines import LineReader

STOP_SECONDS = 8.0
LOOK_EVERY = 0.05

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a program is started, and how it is known that it is there."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(repr=False)
    user: ServiceUser
    directory: Path
    answers: Callable[[], bool]


class RunningProgram:
    """A program that was started just now: a process group of its own."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        other = is_root() and recipe.user.uid != os.geteuid()
        self._process = subprocess.Popen(
            [*_death_signal(), *recipe.command],
            user=recipe.user.uid if other else None,
            group=recipe.user.gid if other else None,
            extra_groups=() if other else None,
            umask=0o077,
            process_group=0,  # Ctrl-C in a terminal is for the parent alone
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=recipe.directory,
            env=dict(recipe.environ),
        )
        if self._process.stderr is None:
            raise RuntimeError("a pipe was asked for")
        self._reader = LineReader(recipe.name, self._process.stderr)

    @property
    def pid(self) -> int:
        """The first of its processes."""
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Tell whether its first process is there."""
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code, negative for a signal; None while it lives."""
        return self._process.returncode

    @property
    def last_words(self) -> tuple[str, ...]:
        """What it complained about last; for when it has ended."""
        return self._reader.last_words

    def end(self, *, seconds: float = STOP_SECONDS) -> None:
        """End it, within some seconds, and whatever is left of its group."""
        if self.lives:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                _log.warning("switch.ended_by_force", program=self._recipe.name)
        self.clear()

    def clear(self) -> None:
        """Kill what is left of it; for when it ended by itself, or was killed."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def end_orphans(directory: Path, programs: Sequence[Path]) -> int:
    """Kill processes of these programs that work in the directory; return how many there were."""
    names = {program.name for program in programs}
    found = [
        process for process in Path("/proc").glob("[0-9]*") if _works(process, directory, names)
    ]
    for process in found:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(int(process.name), signal.SIGKILL)
    give_up_at = time.monotonic() + STOP_SECONDS
    while any(_works(process, directory, names) for process in found):
        if time.monotonic() > give_up_at:
            break
        time.sleep(LOOK_EVERY)
    return len(found)


def _works(process: Path, directory: Path, names: set[str]) -> bool:
    try:
        program = (process / "cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
        return Path(program).name in names and (process / "cwd").samefile(directory)
    except OSError:  # it ended meanwhile, or it is another user's
        return False


def _death_signal() -> tuple[str, ...]:
    """Return the words before a command that have it told to end when we die."""
    setpriv = shutil.which("setpriv", path=f"{os.environ.get('PATH', os.defpath)}:/usr/bin:/bin")
    return (setpriv, "--pdeathsig", "TERM", "--") if setpriv else ()
