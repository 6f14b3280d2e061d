"""A machine to try the embedded database on: a home, its processes, and their end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from rollcall.environment import Environment, read_environment
from rollcall.host.cluster import Cluster, find_cluster
from rollcall.host.postgres import DatabaseAddress, running_database, server_status
from rollcall.host.postmaster import Postmaster, find_postmaster

Row = tuple[object, ...]


@dataclass(frozen=True)
class Machine:
    """A home that the server's user can reach, and the shelter for when it cannot."""

    home: Path
    shelter: Path

    @property
    def environment(self) -> Environment:
        return read_environment(environ={"ROLLCALL_HOME": str(self.home)}, cwd=Path("/"))

    @property
    def cluster(self) -> Cluster:
        cluster = find_cluster(self.home)
        assert cluster is not None
        return cluster

    @property
    def postmaster(self) -> Postmaster | None:
        return find_postmaster(self.cluster.data)

    @property
    def server_pid(self) -> int:
        assert self.postmaster is not None
        return self.postmaster.pid

    @contextmanager
    def database(self) -> Iterator[DatabaseAddress]:
        with running_database(self.environment, shelter=self.shelter) as address:
            yield address

    @contextmanager
    def user_process(self, *, uid: int | None = None) -> Iterator[subprocess.Popen[str]]:
        """Another process that uses the database, in a process group of its own."""
        script = Path(__file__).with_name("user_process.py")
        with subprocess.Popen(
            [sys.executable, str(script), str(self.home), str(self.shelter), str(uid or "")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def users(self) -> tuple[int, ...]:
        status = server_status(self.environment, shelter=self.shelter)
        assert status is not None
        return status.users


def said(process: subprocess.Popen[str]) -> str:
    """The next line of a user process."""
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def leave(process: subprocess.Popen[str]) -> None:
    """Let a user process go as it likes to."""
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def kill(pid: int) -> None:
    """kill -9, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lives(pid))


def lives(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.005)


def ask(address: DatabaseAddress, question: str) -> Row:
    """The only row of an answer."""
    with psycopg.connect(address.conninfo) as connection:
        (row,) = connection.execute(question.encode()).fetchall()
        return tuple(row)


def tell(address: DatabaseAddress, statement: str) -> None:
    with psycopg.connect(address.conninfo, autocommit=True) as connection:
        connection.execute(statement.encode())


def write_as_server(machine: Machine, path: Path, text: str) -> None:
    """Write a file of the server's and leave it the server's."""
    path.write_text(text)
    user = machine.cluster.user
    os.chown(path, user.uid, user.gid)
    path.chmod(0o600)


def open_links(pid: int) -> set[str]:
    """What the process has open."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(link.readlink()))
    return found
