"""Files and directories that Rollcall itself keeps beside the database, never those inside it.

What root makes belongs to whom its directory belongs to, so that a service running as the owner
of the home can still write there. A symbolic link is never followed: the directory may belong to
somebody who has less rights than we have.
"""

import os
import stat
from pathlib import Path


def is_root() -> bool:
    """Whether this process may become another user."""
    return os.geteuid() == 0


def make_directory(path: Path, *, mode: int) -> None:
    """Make a directory unless it is there. Raises OSError, also for a link."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise
        return
    path.chmod(mode)
    inherit_owner(path)


def write_file(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Put a file in place whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        inherit_owner(draft)
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise


def inherit_owner(path: Path) -> None:
    """Give what root made to the owner of the directory it is in."""
    if is_root():
        above = path.parent.stat()
        os.chown(path, above.st_uid, above.st_gid, follow_symlinks=False)


def flush_directory(path: Path) -> None:
    """Make a rename inside the directory survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def last_lines(path: Path, *, count: int) -> tuple[str, ...]:
    """The end of a log, empty when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return ()
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - count * 400))
        return tuple(file.read().decode(errors="replace").splitlines()[-count:])
