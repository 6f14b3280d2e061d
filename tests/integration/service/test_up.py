"""`rollcall up`: its parts are started, started again, and stopped; nothing is left behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from rollcall.host.cluster import find_cluster
from rollcall.host.postmaster import Postmaster, find_postmaster
from tests.integration.commands.program import PROGRAM, Program
from tests.integration.host.machine import wait_until
from tests.integration.nights.plant import children_of
from tests.ports import free_port

PARTS = {"web", "scheduler", "worker"}


class Up:
    """`rollcall up` of a home without tenants."""

    def __init__(self, program: Program, process: "subprocess.Popen[str]", out: Path) -> None:
        self.program = program
        self.process = process
        self._out = out

    @property
    def out(self) -> str:
        """What it said so far."""
        return self._out.read_text()

    def parts(self) -> dict[str, int]:
        """Return the parts by name, with their processes."""
        return {
            name: pid
            for pid, words in children_of(self.process.pid)
            for name in PARTS
            if f" {name} " in f" {words} "
        }

    def server(self) -> Postmaster | None:
        """Return the database server, if one runs."""
        cluster = find_cluster(self.program.home)
        return find_postmaster(cluster.data) if cluster else None

    def await_ready(self) -> None:
        """Wait until it says that it is ready."""
        wait_until(lambda: "ready after" in self.out, seconds=60)


@pytest.fixture
def program() -> Iterator[Program]:
    """The program with an empty home."""
    with TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        home = Path(place) / "home"
        home.mkdir()
        listen = f'listen = "127.0.0.1:{free_port()}"\nworkers = 1\n'
        (home / "rollcall.toml").write_text(listen)
        yield Program(home)


@contextmanager
def started(program: Program) -> Iterator[Up]:
    """Have `rollcall up` run; it must end well when it is told to stop."""
    out = program.home / "out"
    environ = {
        "PATH": os.environ["PATH"],
        "ROLLCALL_HOME": str(program.home),
        "ROLLCALL_SWITCH": "off",
    }
    with out.open("w") as log:
        process = subprocess.Popen(
            [str(PROGRAM), "up"],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    up = Up(program, process, out)
    try:
        up.await_ready()
        yield up
    finally:
        process.terminate()
        process.wait(60)


def test_it_starts_all_parts_and_leaves_nothing_when_it_is_told_to_stop(program: Program) -> None:
    with started(program) as up:
        parts, server = up.parts(), up.server()
        assert parts.keys() == PARTS
        assert server is not None
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert up.process.returncode == 0
    assert not any(Path("/proc", str(pid)).exists() for pid in parts.values())
    assert up.server() is None
    assert up.out.rstrip().endswith("stopped")


def test_a_part_that_fails_is_started_again(program: Program) -> None:
    with started(program) as up:
        before = up.parts()
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len(up.parts().keys() & PARTS) == 3 and up.parts() != before)
        after = up.parts()
        assert set(after.values()).isdisjoint(before.values())
        assert "was ended by signal 9; it is started again now" in up.out


def test_the_parts_end_when_the_supervisor_is_killed(program: Program) -> None:
    with started(program) as up:
        parts = up.parts()
        up.process.kill()
        wait_until(lambda: not any(Path("/proc", str(pid)).exists() for pid in parts.values()))
        wait_until(lambda: up.server() is None)


def test_a_database_that_is_killed_is_brought_back(program: Program) -> None:
    with started(program) as up:
        server = up.server()
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: "answers again" in up.out, seconds=60)
        found = up.server()
        assert found is not None
        assert found.pid != server.pid
        assert "does not answer" in up.out


def test_a_second_one_for_the_same_home_is_refused(program: Program) -> None:
    with started(program):
        ended = program.run("up")
        assert ended.code == 1
        assert "runs for" in ended.err


def test_a_port_that_is_taken_is_named_and_the_other_parts_work_on(program: Program) -> None:
    listen = program.environment.listen
    with socket.socket() as other:
        other.bind((listen.host, listen.port))
        other.listen()
        out = program.home / "out"
        with program.start("up") as process:
            wait_until(lambda: "worker" in _processes(program), seconds=60)
            time.sleep(1)
            process.terminate()
            said, errors = process.communicate(timeout=60)
    assert not out.exists()
    assert "something else listens there already" in said + errors


def _processes(program: Program) -> set[str]:
    try:
        with program.database() as conninfo, psycopg.connect(conninfo) as connection:
            rows = connection.execute("SELECT kind FROM fleet_process").fetchall()
            return {kind for (kind,) in rows}
    except psycopg.Error:
        return set()
