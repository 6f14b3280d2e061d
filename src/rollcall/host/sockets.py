"""The directory of the server's socket: short enough, and nobody else's."""

import os
import socket
from contextlib import suppress
from pathlib import Path

from rollcall.host.cluster import Cluster, short_hash
from rollcall.host.configuration import PORT
from rollcall.host.files import is_root
from rollcall.host.service_user import make_private_directory

LONGEST_SOCKET_PATH = 103  # bytes; Linux takes 107 and macOS 103 (sun_path without its last zero)
SOCKET_NAME = f".s.PGSQL.{PORT}"


def socket_directory(cluster: Cluster) -> Path:
    """Where a server started now puts its socket; made when it is not there.

    A server that runs says itself where its socket is, so this may change from start to start.
    """
    inside = cluster.directory / "run"
    if is_short(inside):
        make_private_directory(inside, cluster.user)
        return inside
    outside = _place_for_root(cluster) if is_root() else _place_in_tmp(cluster)
    make_private_directory(outside, cluster.user)
    return outside


def is_short(directory: Path) -> bool:
    """Whether the kernel takes a socket's path in this directory."""
    return len(os.fsencode(directory / SOCKET_NAME)) <= LONGEST_SOCKET_PATH


def clear_directory(directory: Path) -> None:
    """Remove what a killed server left, its lock file too: the pid in it may be somebody else's."""
    (directory / SOCKET_NAME).unlink(missing_ok=True)
    (directory / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)


def remove_directory(directory: Path, cluster: Cluster) -> None:
    """Take the directory away with its server, if it stands by itself and nothing is left in it."""
    if not directory.is_relative_to(cluster.directory):
        with suppress(OSError):
            directory.rmdir()


def answers(directory: Path) -> bool:
    """Whether a server listens at the socket in this directory, ready or not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(1.0)
        try:
            client.connect(str(directory / SOCKET_NAME))
        except (BlockingIOError, TimeoutError):
            return True  # its queue is full, so there is somebody to empty it
        except OSError:
            return False
    return True


def _place_for_root(cluster: Cluster) -> Path:
    runtime = Path("/run") if Path("/run").is_dir() else Path("/var/run")
    return runtime / f"rollcall-{short_hash(cluster.home)}"


def _place_in_tmp(cluster: Cluster) -> Path:
    # Not XDG_RUNTIME_DIR: it goes away when the user logs out, and the server may outlive that.
    # PostgreSQL touches its socket every hour, which keeps it from those who tidy /tmp.
    return Path("/tmp", f"rollcall-{os.getuid()}-{short_hash(cluster.home)}")  # noqa: S108 - owner and mode are checked
