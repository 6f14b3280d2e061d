"""Where the switch keeps what it is told, and as whom it runs.

`switch` in the home, unless the user that it runs as cannot get there; the control socket beside
it, or in a short directory of its own, because the kernel takes no long paths of sockets.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from rollcall.environment import ConfigurationError, Environment
from rollcall.host.cluster import SHELTER, find_cluster, short_hash
from rollcall.host.errors import DatabaseServerError
from rollcall.host.files import is_root, make_directory
from rollcall.host.service_user import (
    ServiceUser,
    can_write,
    choose_user,
    make_private_directory,
)
from rollcall.host.sockets import LONGEST_SOCKET_PATH

CONTROL = "control"


@dataclass(frozen=True, slots=True)
class SwitchPlaces:
    """Directories that only the user of the switch enters."""

    user: ServiceUser
    directory: Path
    control: Path
    """The socket at which Kamailio is asked."""

    @property
    def run(self) -> Path:
        """The directory of the control socket."""
        return self.control.parent


def find_switch_places(environment: Environment, *, shelter: Path = SHELTER) -> SwitchPlaces:
    """Return the places, made if missing. Raises ConfigurationError where none can be made."""
    home = environment.home
    try:
        cluster = find_cluster(home) if environment.database_url is None else None
        user = cluster.user if cluster else choose_user(home)
        directory = _directory(home, user, shelter)
        return SwitchPlaces(user, directory, _run(directory, home, user) / CONTROL)
    except (DatabaseServerError, OSError) as error:
        raise ConfigurationError(f"The switch has no place for its files. {error}") from error


def look_for_switch_places(environment: Environment, *, shelter: Path = SHELTER) -> SwitchPlaces:
    """Return where the switch that runs here has its places, without making any."""
    home = environment.home
    cluster = find_cluster(home) if environment.database_url is None else None
    user = cluster.user if cluster else choose_user(home)
    outside = _outside(home, shelter)
    directory = outside if is_root() and outside.is_dir() else home / "switch"
    if _fits(directory):
        return SwitchPlaces(user, directory, directory / CONTROL)
    return SwitchPlaces(user, directory, _place_of_socket(home) / CONTROL)


def _directory(home: Path, user: ServiceUser, shelter: Path) -> Path:
    inside = home / "switch"
    make_private_directory(inside, user)
    if can_write(user, inside):
        return inside
    if not is_root():
        raise ConfigurationError(f"{inside} cannot be written to.")
    inside.rmdir()
    make_directory(shelter, mode=0o755)
    outside = _outside(home, shelter)
    make_private_directory(outside, user)
    if not can_write(user, outside):
        raise ConfigurationError(
            f"The user {user.name}, as whom the switch runs, can write neither in {home} nor in "
            f"{shelter}."
        )
    return outside


def _run(directory: Path, home: Path, user: ServiceUser) -> Path:
    if _fits(directory):
        return directory
    place = _place_of_socket(home)
    make_private_directory(place, user)
    return place


def _outside(home: Path, shelter: Path) -> Path:
    return shelter / f"{short_hash(home)}-switch"


def _fits(directory: Path) -> bool:
    return len(os.fsencode(directory / CONTROL)) <= LONGEST_SOCKET_PATH


def _place_of_socket(home: Path) -> Path:
    above = Path("/run") if is_root() else Path("/tmp")  # noqa: S108 - owner and mode are checked
    mine = "" if is_root() else f"{os.getuid()}-"
    return above / f"rollcall-switch-{mine}{short_hash(home)}"
