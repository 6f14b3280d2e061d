"""Who uses the database of a home, told by file locks, which the kernel drops with a process.

Two files: whoever uses the database holds `database.users` shared, and whoever starts or stops the
server holds `database.gate` alone. Nothing is written into them, so nothing in them can be stale.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rollcall.host.errors import DatabaseServerError
from rollcall.host.files import inherit_owner
from rollcall.host.home import plain_errors

GATE_SECONDS = 480.0  # longer than a server may take to start after a crash, and then to stop
_LOOK_AGAIN_SECONDS = 0.02


def users_file(home: Path) -> Path:
    """The file that every user of the database holds."""
    return home / "database.users"


@dataclass(frozen=True, slots=True)
class HomeLocks:
    """Open lock files of one home: descriptors that no program we start inherits."""

    home: Path
    gate: int
    users: int

    @contextmanager
    def alone(self, *, seconds: float = GATE_SECONDS) -> Iterator[None]:
        """Hold the gate: nobody else starts or stops the server meanwhile."""
        give_up_at = time.monotonic() + seconds
        while not _lock(self.gate, fcntl.LOCK_EX):
            if time.monotonic() > give_up_at:
                raise DatabaseServerError(
                    f"Another rollcall has been starting or stopping the database of {self.home} "
                    f"for more than {seconds:.0f} s. Wait for it, or end it, and try again."
                )
            time.sleep(_LOOK_AGAIN_SECONDS)
        try:
            yield
        finally:
            fcntl.flock(self.gate, fcntl.LOCK_UN)

    def join_users(self) -> None:
        """Become one of those who use the database. Only while holding the gate."""
        fcntl.flock(self.users, fcntl.LOCK_SH)

    def leave_users(self) -> bool:
        """Stop being one of them; True when nobody else is left. Only while holding the gate."""
        # Converting a lock gives it up first, so a refusal leaves us without: what we want here.
        last = _lock(self.users, fcntl.LOCK_EX)
        fcntl.flock(self.users, fcntl.LOCK_UN)
        return last


@contextmanager
def home_locks(home: Path) -> Iterator[HomeLocks]:
    """Open the lock files of a home."""
    with plain_errors(home):
        gate = _open(home / "database.gate")
    try:
        with plain_errors(home):
            users = _open(users_file(home))
        try:
            yield HomeLocks(home, gate, users)
        finally:
            os.close(users)
    finally:
        os.close(gate)


@contextmanager
def only_one(home: Path, name: str, sentence: str) -> Iterator[None]:
    """Be the only process that holds the lock `name` of a home, or raise with `sentence`."""
    with plain_errors(home):
        descriptor = _open(home / name)
    try:
        if not _lock(descriptor, fcntl.LOCK_EX):
            raise DatabaseServerError(sentence)
        yield
    finally:
        os.close(descriptor)


def holders(path: Path) -> tuple[int, ...]:
    """The processes that hold a lock on the file, as far as this kernel tells (Linux does)."""
    try:
        about = path.stat()
        lines = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ()
    place = f"{os.major(about.st_dev):02x}:{os.minor(about.st_dev):02x}:{about.st_ino}"
    rows = (line.split() for line in lines)
    return tuple(sorted(int(row[4]) for row in rows if row[1] == "FLOCK" and row[5] == place))


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    inherit_owner(path)
    return descriptor


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True
