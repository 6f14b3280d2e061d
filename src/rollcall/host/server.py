"""Starting and stopping the server of a cluster. The caller holds the gate (see `locks`)."""

import os
import shlex
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from rollcall.host.binaries import Binaries
from rollcall.host.cluster import Cluster, check_version, clear_drafts
from rollcall.host.configuration import (
    OWNER_ROLE,
    PORT,
    render_access,
    render_names,
    render_settings,
    server_settings,
)
from rollcall.host.errors import DatabaseServerError, StillStartingError, server_failure
from rollcall.host.files import last_lines, make_directory, write_file
from rollcall.host.memory import machine_memory
from rollcall.host.postmaster import (
    Postmaster,
    find_orphans,
    find_postmaster,
    is_server_of,
    is_taken,
    read_postmaster,
)
from rollcall.host.service_user import (
    can_write,
    make_private_directory,
    run_as,
    user_label,
)
from rollcall.host.sockets import clear_directory, remove_directory, socket_directory

START_SECONDS = 300  # a crash after much writing is recovered from by reading all of it again
STOP_SECONDS = 120
FAST_SECONDS = 30  # what is not written by then is in the log, and read from it at the next start
ORPHANS_SECONDS = 60.0
CONNECT_TRIES = 5
DATABASE = "rollcall"

_LOOK_AGAIN_SECONDS = 0.1
_ORPHANS_SIGN = "pre-existing shared memory block"
_LINES_SHOWN = 10


def open_database(cluster: Cluster, binaries: Binaries) -> str:
    """The conninfo of Rollcall's database, made if missing, on a server started if need be."""
    failure: psycopg.Error | None = None
    for _ in range(CONNECT_TRIES):
        directory = _ensure_running(cluster, binaries)
        try:
            return _ensure_database(directory)
        except psycopg.Error as error:
            failure = error
            time.sleep(_LOOK_AGAIN_SECONDS)  # it may have been dying when we found it alive
    raise server_failure(
        f"The database server in {cluster.data} runs, but it cannot be used.",
        str(failure).splitlines(),
    ) from failure


def stop_server(cluster: Cluster, binaries: Binaries) -> bool:
    """Stop the server, ending its connections; False when none of ours is running."""
    found = find_postmaster(cluster.data)
    # A pid that is no server here belongs to another container: not ours to signal.
    if found is None or not is_server_of(cluster.data, found.pid):
        return False
    modes = ("immediate",) if _is_recovering(found) else ("fast", "immediate")
    said: list[str] = []
    for mode in modes:
        seconds = FAST_SECONDS if mode == "fast" else STOP_SECONDS
        options = ("-D", str(cluster.data), "-m", mode, "-w", "-t", str(seconds), "-s")
        ended = run_as(cluster.user, [binaries.pg_ctl, "stop", *options], seconds=seconds + 30)
        if ended.returncode == 0 or find_postmaster(cluster.data) is None:
            break
        said += ended.stderr.splitlines()
    else:
        raise server_failure(
            f"The database server in {cluster.data} did not stop within {STOP_SECONDS} s.",
            said[-_LINES_SHOWN:],
        )
    if found.socket_directory is not None:
        remove_directory(found.socket_directory, cluster)
    return True


def _is_recovering(found: Postmaster) -> bool:
    """Tell whether the server lives and takes no connections.

    One that recovers from the crash of a process of its own never ends when it is told to stop
    fast: the processes that it has started again meanwhile are not told. Stopped at once it ends,
    and recovers at the next start.
    """
    conninfo = make_conninfo(host=str(found.socket_directory), port=PORT, user=OWNER_ROLE)
    return pq.PGconn.ping(conninfo.encode()) == pq.Ping.REJECT


def _ensure_database(directory: Path) -> str:
    conninfo = make_conninfo(host=str(directory), port=PORT, user=OWNER_ROLE, connect_timeout=30)
    with psycopg.connect(conninfo, dbname="postgres", autocommit=True) as connection:
        found = connection.execute(
            "select from pg_catalog.pg_database where datname = %s", [DATABASE]
        )
        if found.rowcount == 0:
            connection.execute(f"create database {DATABASE}")
    return make_conninfo(conninfo, dbname=DATABASE)


def _ensure_running(cluster: Cluster, binaries: Binaries) -> Path:
    """The socket directory of a server that is ready."""
    give_up_at = time.monotonic() + START_SECONDS
    while (found := find_postmaster(cluster.data)) is not None:
        if found.is_ready and found.socket_directory:
            return found.socket_directory
        if time.monotonic() > give_up_at:
            raise _still_starting(cluster)
        time.sleep(_LOOK_AGAIN_SECONDS)
    return _start(cluster, binaries)


def _start(cluster: Cluster, binaries: Binaries) -> Path:
    check_version(cluster, binaries)
    _check_reach(cluster)
    directory = socket_directory(cluster)
    _write_files(cluster, directory)
    _clear_remains(cluster, directory)
    clear_drafts(cluster.directory)
    give_up_at = time.monotonic() + ORPHANS_SECONDS
    while (said := _try_start(cluster, binaries)) is not None:
        if find_postmaster(cluster.data) is not None:
            raise _still_starting(cluster)
        orphans = any(_ORPHANS_SIGN in line for line in said)
        if not orphans or time.monotonic() > give_up_at:
            raise server_failure(f"The database server in {cluster.data} did not start.", said)
        _end_orphans(cluster)
        time.sleep(_LOOK_AGAIN_SECONDS)
    return directory


def _try_start(cluster: Cluster, binaries: Binaries) -> tuple[str, ...] | None:
    """Start it and wait until it is ready; else what it said last."""
    said_at_start = cluster.log / "start.log"
    said_at_start.unlink(missing_ok=True)
    begun_at = time.time()
    settings = f"-c config_file={shlex.quote(str(cluster.files / 'postgresql.conf'))}"
    options = ("-D", str(cluster.data), "-l", str(said_at_start), "-o", settings)
    patience = ("-w", "-t", str(START_SECONDS), "-s")
    started = run_as(
        cluster.user,
        [binaries.pg_ctl, "start", *options, *patience],
        seconds=START_SECONDS + 30,
    )
    if started.returncode == 0:
        return None
    fresh = [
        log for log in sorted(cluster.log.glob("*.log")) if log.lstat().st_mtime >= begun_at - 1
    ]
    lines = [line for log in fresh for line in last_lines(log, count=_LINES_SHOWN)]
    return tuple(lines or started.stderr.splitlines())[-_LINES_SHOWN:]


def _check_reach(cluster: Cluster) -> None:
    if not can_write(cluster.user, cluster.data):
        raise DatabaseServerError(
            f"The user {cluster.user.name}, who runs PostgreSQL, cannot get into {cluster.data}. "
            "Let everybody pass the directories above it (chmod o+x), as when it was made."
        )


def _write_files(cluster: Cluster, directory: Path) -> None:
    make_private_directory(cluster.log, cluster.user)
    make_directory(cluster.files, mode=0o755)
    settings = server_settings(
        files=cluster.files,
        log=cluster.log,
        socket_directory=directory,
        memory=machine_memory(),
    )
    users = {"root", cluster.user.name, user_label(cluster.home.stat().st_uid)}
    write_file(cluster.files / "postgresql.conf", render_settings(settings))
    write_file(cluster.files / "pg_hba.conf", render_access())
    write_file(cluster.files / "pg_ident.conf", render_names(users))


def _clear_remains(cluster: Cluster, directory: Path) -> None:
    """Take away what would make PostgreSQL believe that it is running already.

    It judges a dead pid by itself, and the rest of the file helps it to find orphans; only a pid
    that has become somebody else's would stop it for good.
    """
    clear_directory(directory)
    remains = read_postmaster(cluster.data)
    if remains is not None and is_taken(remains.pid):
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _end_orphans(cluster: Cluster) -> None:
    """Do what their server would have done: a statement that runs does not notice its death."""
    for pid in find_orphans(cluster.data):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def _still_starting(cluster: Cluster) -> StillStartingError:
    return StillStartingError(
        f"The database server in {cluster.data} is still not ready after {START_SECONDS} s, "
        f"perhaps recovering from a crash. It goes on; try again later, and see {cluster.log}."
    )
