"""The operating-system user that PostgreSQL runs as, and running programs as that user.

PostgreSQL refuses to run as root. Users are never created here, and no permission of a directory
that is already there is ever changed.
"""

import os
import pwd
import stat
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rollcall.host.errors import DatabaseServerError
from rollcall.host.files import is_root

SERVICE_NAMES = ("rollcall", "nobody")


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """An operating-system user with a name: PostgreSQL looks its own user up by id."""

    name: str
    uid: int
    gid: int


def choose_user(home: Path) -> ServiceUser:
    """Who shall run a new database: we ourselves, or as root somebody else."""
    if not is_root():
        return user_by_id(os.geteuid())
    owner = home.stat().st_uid
    if owner != 0 and (found := _lookup_id(owner)):
        return found
    for name in SERVICE_NAMES:
        if found := _lookup_name(name):
            return found
    raise DatabaseServerError(
        "PostgreSQL does not run as root, and this machine has neither a user rollcall nor nobody. "
        "Create one (useradd --system rollcall), or run rollcall as another user."
    )


def user_by_id(uid: int) -> ServiceUser:
    """The named user with this id."""
    user = _lookup_id(uid)
    if user is None:
        raise DatabaseServerError(
            f"The user with the id {uid} has no name, and PostgreSQL asks for one. "
            "Add the user to /etc/passwd, or set ROLLCALL_DATABASE_URL to use another server."
        )
    return user


def run_as(
    user: ServiceUser, command: Sequence[str | Path], *, seconds: float
) -> subprocess.CompletedProcess[str]:
    """Run a program as the user, out of reach of the terminal's Ctrl-C, and wait for it.

    Raises DatabaseServerError when it cannot be started at all or takes longer.
    """
    other = is_root() and user.uid != 0
    try:
        return subprocess.run(
            [str(part) for part in command],
            user=user.uid if other else None,
            group=user.gid if other else None,
            extra_groups=() if other else None,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            cwd="/",  # ours may be closed to the user
            env={"PATH": os.defpath, "LC_ALL": "C"},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseServerError(f"{command[0]} did not end within {seconds:.0f} s.") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise DatabaseServerError(
            f"{command[0]} could not be run as the user {user.name}: {error}. "
            "Run rollcall as an ordinary user, or set ROLLCALL_DATABASE_URL to use another server."
        ) from error


def can_write(user: ServiceUser, directory: Path) -> bool:
    """Whether the user really gets into a directory and may write there: tried, not guessed."""
    tried = run_as(user, ["test", "-w", directory, "-a", "-x", directory], seconds=10)
    return tried.returncode == 0


def make_private_directory(path: Path, user: ServiceUser) -> None:
    """Make a directory that only the user can enter, or be content with one as safe."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid in {user.uid, os.geteuid()}
    if not ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise DatabaseServerError(
            f"{path} is not a directory that only the user {user.name} can write to. "
            "Remove it, or set ROLLCALL_HOME to another place."
        )
    if is_root():
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def user_label(uid: int) -> str:
    """The name of a user for a sentence, or the id when there is none."""
    user = _lookup_id(uid)
    return user.name if user else f"with the id {uid}"


def _lookup_id(uid: int) -> ServiceUser | None:
    try:
        return _from_entry(pwd.getpwuid(uid))
    except KeyError:
        return None


def _lookup_name(name: str) -> ServiceUser | None:
    try:
        return _from_entry(pwd.getpwnam(name))
    except KeyError:
        return None


def _from_entry(entry: pwd.struct_passwd) -> ServiceUser:
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
