"""Whether the server of a data directory is running, and what it says of itself.

postmaster.pid alone proves nothing: after a crash it stays, and its number may be another
process's by now. It is believed when something answers at its socket or the process is a server
in that directory.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from rollcall.host.sockets import answers

_SOCKET_LINE = 4
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class Postmaster:
    """The parent process of a server, as its postmaster.pid describes it."""

    pid: int
    socket_directory: Path | None
    status: str

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections; before, it starts or recovers, after, it stops."""
        return self.status == "ready" and self.socket_directory is not None


def find_postmaster(data: Path) -> Postmaster | None:
    """The living server of this data directory."""
    noted = read_postmaster(data)
    if noted is None:
        return None
    listens = noted.socket_directory is not None and answers(noted.socket_directory)
    return noted if listens or is_server_of(data, noted.pid) else None


def read_postmaster(data: Path) -> Postmaster | None:
    """What postmaster.pid says, dead or alive."""
    try:
        return parse_pid_file((data / "postmaster.pid").read_text(errors="surrogateescape"))
    except FileNotFoundError:
        return None


def parse_pid_file(text: str) -> Postmaster | None:
    """The lines of postmaster.pid; they come one by one while a server starts."""
    lines = [*(line.strip() for line in text.splitlines()), *[""] * (_STATUS_LINE + 1)]
    if not lines[0].isdecimal():
        return None
    place = lines[_SOCKET_LINE]
    return Postmaster(int(lines[0]), Path(place) if place else None, lines[_STATUS_LINE])


def is_server_of(data: Path, pid: int) -> bool:
    """Whether the process is a PostgreSQL server at work in the data directory."""
    if not Path("/proc/self").exists():
        return _is_listed_server(data, pid)
    return _program_in(data, Path("/proc", str(pid))).endswith(b"/postgres")


def find_orphans(data: Path) -> tuple[int, ...]:
    """Processes of a killed server that work on in the data directory, as far as /proc tells."""
    return tuple(
        int(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if _program_in(data, process).startswith(b"postgres: ")
    )


def is_taken(pid: int) -> bool:
    """Whether any process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _program_in(data: Path, process: Path) -> bytes:
    """What a process of /proc that works in the data directory calls itself; empty for others."""
    try:
        if not (process / "cwd").samefile(data):
            return b""
        return (process / "cmdline").read_bytes().split(b"\0")[0]
    except OSError:  # it ended meanwhile, or it is another user's
        return b""


def _is_listed_server(data: Path, pid: int) -> bool:
    """The same where there is no /proc (macOS)."""
    command = subprocess.run(
        ["/bin/ps", "-ww", "-p", str(pid), "-o", "command="],
        capture_output=True, text=True, timeout=10, check=False,
    ).stdout  # fmt: skip
    return "/postgres " in command and str(data) in command
