"""The home as a place to work in: made when missing, refused when it is another user's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollcall.host.errors import DatabaseServerError, server_failure
from rollcall.host.files import is_root
from rollcall.host.service_user import user_label

_SHELL_CHARACTERS = frozenset('"$`\\\n')


def open_home(home: Path) -> None:
    """Make the home unless it is there. Raises DatabaseServerError when we may not use it."""
    refuse_shell_characters(home)
    try:
        # As root, the user that PostgreSQL runs as shall get through to its own directory.
        home.mkdir(mode=0o711 if is_root() else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseServerError(
            f"{home} cannot be made ({error.strerror}). "
            "Set ROLLCALL_HOME to a directory that you may write to."
        ) from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise not_ours(home)


def refuse_shell_characters(path: Path) -> None:
    """Refuse a path that pg_ctl, which puts it between double quotes, would have a shell read."""
    if _SHELL_CHARACTERS & set(str(path)):
        raise DatabaseServerError(
            f"{str(path)!r} holds a character that PostgreSQL's programs do not take in a path "
            '(", $, `, \\ or a line break). Choose another directory.'
        )


def not_ours(place: Path) -> DatabaseServerError:
    """The error for a place that only another user may use."""
    return DatabaseServerError(
        f"{place} belongs to the user {_owner(place)}, and this is {user_label(os.geteuid())}. "
        "Run rollcall as that user or as root, or set ROLLCALL_HOME to a directory of your own."
    )


@contextmanager
def plain_errors(home: Path) -> Iterator[None]:
    """Say what the system refused (a closed file, a full disk) in a sentence."""
    try:
        yield
    except PermissionError as error:
        raise not_ours(Path(error.filename or home)) from error
    except OSError as error:
        raise server_failure(f"The database of {home} cannot be used.", [str(error)]) from error


def _owner(place: Path) -> str:
    """Of the place, or of the nearest directory above it that we can see."""
    for path in (place, *place.parents):
        try:
            return user_label(path.stat().st_uid)
        except OSError:
            continue
    return "root"
