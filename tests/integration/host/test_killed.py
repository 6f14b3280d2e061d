"""What is killed at any moment, and the start after that, which succeeds by itself."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from tests.integration.host.machine import (
    Machine,
    ask,
    kill,
    leave,
    lives,
    said,
    tell,
    wait_until,
    write_as_server,
)

from rollcall.host.cluster import find_cluster


def test_a_user_that_was_killed_counts_no_longer(machine: Machine) -> None:
    with machine.user_process() as process:
        assert said(process) == "ready"
        pid = machine.server_pid
        kill(process.pid)
        assert lives(pid)
    with machine.database():
        assert machine.server_pid == pid
    assert machine.postmaster is None


def test_a_server_killed_in_the_middle_of_writing_keeps_what_was_committed(
    machine: Machine,
) -> None:
    with machine.database() as address:
        tell(address, "create table numbers as select generate_series(1, 300000) as n")
        writer = threading.Thread(target=write_until_cut_off, args=(address.conninfo,))
        writer.start()
        busy = "select count(*) from pg_stat_activity where query like 'insert into numbers%'"
        wait_until(lambda: ask(address, busy) == (1,))
        kill(machine.server_pid)
        assert writer.is_alive()
        with machine.database() as again:
            assert ask(again, "select count(*), sum(n) from numbers") == (
                300_000,
                300_000 * 300_001 // 2,
            )
        writer.join(timeout=60)
        assert not writer.is_alive()


def test_a_server_that_was_killed_comes_back_for_those_who_still_use_it(machine: Machine) -> None:
    with machine.database() as address:
        kill(machine.server_pid)
        with pytest.raises(psycopg.OperationalError):
            ask(address, "select 1")
        with machine.database():
            assert ask(address, "select 1") == (1,)
        assert ask(address, "select 1") == (1,)


def test_everything_may_be_killed_at_once(machine: Machine) -> None:
    with machine.user_process() as process:
        assert said(process) == "ready"
        pid = machine.server_pid
        kill(process.pid)
        kill(pid)
    with machine.database() as address:
        assert ask(address, "select 1") == (1,)
    assert machine.postmaster is None


def test_a_start_waits_for_the_orphans_of_a_killed_server(machine: Machine) -> None:
    with machine.database() as address:
        connection = psycopg.connect(address.conninfo)
        orphan = connection.info.backend_pid
        os.kill(orphan, signal.SIGSTOP)
        kill(machine.server_pid)
        with machine.user_process() as process:
            start_log = machine.cluster.log / "start.log"
            wait_until(
                lambda: start_log.exists() and "pre-existing shared" in start_log.read_text()
            )
            assert lives(orphan)
            os.kill(orphan, signal.SIGKILL)
            assert said(process) == "ready"
            connection.close()
            assert ask(address, "select 1") == (1,)
            leave(process)


def test_a_first_start_that_was_killed_is_done_again(machine: Machine) -> None:
    with machine.user_process() as process:
        wait_until(lambda: bool(list(machine.home.glob("database/draft-*/base/*"))))
        kill(process.pid)
    assert find_cluster(machine.home) is None
    with machine.database() as address:
        assert ask(address, "select 1") == (1,)
    wait_until(lambda: not processes_about(machine.home))


def test_the_remains_of_a_killed_first_start_are_cleared_away(machine: Machine) -> None:
    remains = machine.home / "database" / "draft-killed"
    (remains / "base").mkdir(parents=True)
    machine.home.chmod(0o755)
    with machine.database():
        assert not remains.exists()


@pytest.mark.parametrize("note", ["postmaster.pid", ".s.PGSQL.5432.lock"])
def test_a_pid_that_is_somebody_elses_by_now_stops_no_start(machine: Machine, note: str) -> None:
    with machine.database():
        pid = machine.server_pid
        place = machine.cluster.data if note == "postmaster.pid" else run_directory(machine)
        remains = (place / note).read_text()
    with sleeping_process(machine) as stranger:
        write_as_server(machine, place / note, remains.replace(str(pid), str(stranger.pid), 1))
        assert machine.postmaster is None
        with machine.database() as address:
            assert ask(address, "select 1") == (1,)
        assert stranger.poll() is None


def test_a_server_that_is_still_starting_is_waited_for(machine: Machine) -> None:
    with machine.database():
        pid = machine.server_pid
        note = machine.cluster.data / "postmaster.pid"
        ready = note.read_text()
        write_as_server(machine, note, ready.replace("ready   ", "starting"))
        with machine.user_process() as process:
            assert machine.postmaster is not None
            assert machine.postmaster.status == "starting"
            wait_until(lambda: process.pid in machine.users())
            write_as_server(machine, note, ready)
            assert said(process) == "ready"
            assert machine.server_pid == pid
            leave(process)


def write_until_cut_off(conninfo: str) -> None:
    with pytest.raises(psycopg.OperationalError), psycopg.connect(conninfo) as connection:
        connection.execute("insert into numbers select generate_series(1, 100000000)")


def run_directory(machine: Machine) -> Path:
    return machine.cluster.directory / "run"


@contextmanager
def sleeping_process(machine: Machine) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's user that is no server."""
    user = machine.cluster.user
    uid = user.uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "600"], user=uid) as process:
        try:
            yield process
        finally:
            process.kill()


def processes_about(path: Path) -> list[str]:
    """The processes that have the path among their arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(path) in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found
