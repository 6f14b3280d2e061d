"""The database of this machine: an embedded PostgreSQL server, or the one that was named instead.

The embedded server runs while anybody uses it and stops with the last who does. A process that
was killed counts no longer, and a server that it left is used, and in the end stopped, by the next.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollcall.environment import ConfigurationError, Environment
from rollcall.host.binaries import Binaries, find_binaries
from rollcall.host.cluster import (
    SHELTER,
    Cluster,
    find_cluster,
    make_cluster,
    remember_cluster,
)
from rollcall.host.errors import DatabaseServerError, StillStartingError
from rollcall.host.home import not_ours, open_home, plain_errors
from rollcall.host.locks import HomeLocks, holders, home_locks, users_file
from rollcall.host.postmaster import find_postmaster
from rollcall.host.server import open_database, stop_server
from rollcall.host.service_user import choose_user

PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 "
    "-c tcp_keepalives_count=3 -c tcp_user_timeout=20000",
}
"""How soon either end of a connection finds out that the cable between them is cut: in 25 s.

What the URL says itself counts. https://www.postgresql.org/docs/current/libpq-connect.html
"""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where the database is. The text may hold a password, so it does not print."""

    conninfo: str = field(repr=False)
    """For libpq: keywords or a URL."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What `rollcall doctor` tells of the embedded server."""

    status: str
    """PostgreSQL's own word (starting, ready, stopping), `stopped`, or `new` before the first."""
    program_version: str
    data_major: int | None
    service_user: str
    data: Path | None
    log: Path | None
    socket_directory: Path | None
    users: tuple[int, ...]
    """Processes that use it; empty also where the kernel does not tell (macOS)."""


@contextmanager
def running_database(
    environment: Environment, *, shelter: Path = SHELTER
) -> Iterator[DatabaseAddress]:
    """Have a database while the block runs.

    Raises ConfigurationError or DatabaseServerError. Inside another such block of this or another
    process it costs little, and brings back a server that was killed meanwhile.
    """
    if environment.database_url is not None:
        yield _named_address(environment.database_url.value)
        return
    open_home(environment.home)
    with home_locks(environment.home) as locks:
        cluster, binaries, address = _enter(environment, locks, shelter)
        try:
            yield address
        finally:
            with plain_errors(environment.home), locks.alone():
                _leave(locks, cluster, binaries)


def stop_database(
    environment: Environment, *, force: bool = False, shelter: Path = SHELTER
) -> bool:
    """Stop a server that nobody uses, or with `force` any; False when none is running.

    Raises DatabaseServerError while it is in use.
    """
    home = environment.home
    if environment.database_url is not None:
        return False
    with plain_errors(home):
        cluster = find_cluster(home)
        if cluster is None:
            return False
        _refuse_foreign(cluster)
        with home_locks(home) as locks, locks.alone():
            if not (locks.leave_users() or force):
                raise DatabaseServerError(_in_use(home))
            binaries = find_binaries(environment.postgres_bin, cluster.user, shelter=shelter)
            return stop_server(cluster, binaries)


def server_status(environment: Environment, *, shelter: Path = SHELTER) -> ServerStatus | None:
    """What can be seen of the embedded server without touching it; None when another is named."""
    if environment.database_url is not None:
        return None
    home = environment.home
    with plain_errors(home):
        cluster = find_cluster(home)
        user = cluster.user if cluster else choose_user(_nearest(home))
        binaries = find_binaries(environment.postgres_bin, user, shelter=shelter)
        found = find_postmaster(cluster.data) if cluster else None
        stopped = "stopped" if cluster else "new"
        return ServerStatus(
            status=found.status or "starting" if found else stopped,
            program_version=binaries.version,
            data_major=cluster.major if cluster else None,
            service_user=user.name,
            data=cluster.data if cluster else None,
            log=cluster.log if cluster else None,
            socket_directory=found.socket_directory if found else None,
            users=holders(users_file(home)),
        )


def _enter(
    environment: Environment, locks: HomeLocks, shelter: Path
) -> tuple[Cluster, Binaries, DatabaseAddress]:
    with plain_errors(environment.home), locks.alone():
        cluster, binaries = _find_or_make(environment, shelter)
        locks.join_users()
        try:
            address = DatabaseAddress(open_database(cluster, binaries))
        except StillStartingError:
            raise  # stopped now, it would have to recover from the beginning
        except BaseException:
            _leave(locks, cluster, binaries)
            raise
    return cluster, binaries, address


def _leave(locks: HomeLocks, cluster: Cluster, binaries: Binaries) -> None:
    if locks.leave_users():
        stop_server(cluster, binaries)


def _find_or_make(environment: Environment, shelter: Path) -> tuple[Cluster, Binaries]:
    home = environment.home
    cluster = find_cluster(home)
    if cluster is not None:
        _refuse_foreign(cluster)
    user = cluster.user if cluster else choose_user(home)
    binaries = find_binaries(environment.postgres_bin, user, shelter=shelter)
    if cluster is None:
        cluster = make_cluster(home, user, binaries, shelter=shelter)
    remember_cluster(cluster)
    return cluster, binaries


def _refuse_foreign(cluster: Cluster) -> None:
    if os.geteuid() not in {0, cluster.user.uid}:
        raise not_ours(cluster.data)


def _in_use(home: Path) -> str:
    pids = ", ".join(str(pid) for pid in holders(users_file(home)))
    who = f" by the processes {pids}" if pids else ""
    return f"The database of {home} is in use{who}. End them first, or stop it by force."


def _nearest(home: Path) -> Path:
    return next(path for path in (home, *home.parents) if path.exists())


def _named_address(url: str) -> DatabaseAddress:
    try:
        named = conninfo_to_dict(url)
    except psycopg.Error:
        # libpq's own words repeat parts of the URL, a password among them.
        raise ConfigurationError(
            "database_url (ROLLCALL_DATABASE_URL): this is not an address that PostgreSQL's "
            "client understands, such as postgresql://rollcall@db.example.com/rollcall."
        ) from None
    unsaid = {name: value for name, value in PATIENCE.items() if name not in named}
    return DatabaseAddress(make_conninfo(url, **unsaid))
