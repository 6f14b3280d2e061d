"""Several processes with one server: who starts it, who stops it, and who must not."""

import os
import signal

import pytest
from tests.integration.host.machine import (
    Machine,
    ask,
    leave,
    lives,
    said,
)

from rollcall.host.errors import DatabaseServerError
from rollcall.host.postgres import server_status, stop_database


def test_the_last_one_out_stops_it(machine: Machine) -> None:
    with machine.user_process() as first, machine.user_process() as second:
        assert (said(first), said(second)) == ("ready", "ready")
        pid = machine.server_pid
        assert machine.users() == tuple(sorted((first.pid, second.pid)))
        leave(first)
        assert machine.server_pid == pid
        leave(second)
        assert machine.postmaster is None


def test_processes_that_start_together_agree_on_one_server(machine: Machine) -> None:
    with (
        machine.user_process() as first,
        machine.user_process() as second,
        machine.user_process() as third,
    ):
        everybody = (first, second, third)
        assert [said(process) for process in everybody] == ["ready"] * 3
        assert len(machine.users()) == 3
        for process in everybody:
            assert lives(machine.server_pid)
            leave(process)
        assert machine.postmaster is None


def test_one_process_may_use_it_twice(machine: Machine) -> None:
    with machine.database() as address:
        with machine.database() as again:
            assert again == address
        assert ask(address, "select 1") == (1,)


def test_it_is_not_stopped_under_those_who_use_it(machine: Machine) -> None:
    with machine.user_process() as process:
        assert said(process) == "ready"
        with pytest.raises(DatabaseServerError, match=rf"in use by the processes {process.pid}"):
            stop_database(machine.environment, shelter=machine.shelter)
        assert stop_database(machine.environment, force=True, shelter=machine.shelter)
        assert machine.postmaster is None


def test_ctrl_c_in_the_terminal_leaves_the_server_to_the_end_handler(machine: Machine) -> None:
    with machine.user_process() as process:
        assert said(process) == "ready"
        os.killpg(process.pid, signal.SIGINT)
        assert said(process) == "interrupted, and the database is still there"
        assert process.wait(timeout=60) == 0
    assert machine.postmaster is None


def test_the_status_says_what_is_running(machine: Machine) -> None:
    new = server_status(machine.environment, shelter=machine.shelter)
    assert new is not None
    assert (new.status, new.data, new.users) == ("new", None, ())
    with machine.database():
        ready = server_status(machine.environment, shelter=machine.shelter)
        assert ready is not None
        assert (ready.status, ready.users) == ("ready", (os.getpid(),))
        assert ready.program_version.startswith(f"{ready.data_major}.")
    stopped = server_status(machine.environment, shelter=machine.shelter)
    assert stopped is not None
    assert (stopped.status, stopped.data) == ("stopped", machine.cluster.data)
