"""The texts that PostgreSQL reads, and the one that it writes about itself: no server needed."""

from pathlib import Path

import pytest

from rollcall.host.configuration import (
    render_access,
    render_names,
    render_settings,
    server_settings,
    shared_buffers,
)
from rollcall.host.postmaster import Postmaster, parse_pid_file

GIBIBYTE = 1024**3
PID_FILE = "4711\n/srv/data\n1795000000\n5432\n/srv/run\n\n  8826964     65536\n"


@pytest.mark.parametrize(
    ("memory", "mebibytes"),
    [(GIBIBYTE // 8, 64), (GIBIBYTE, 256), (2 * GIBIBYTE, 512), (64 * GIBIBYTE, 512)],
)
def test_a_quarter_of_the_memory_is_shared_within_bounds(memory: int, mebibytes: int) -> None:
    assert shared_buffers(memory) == mebibytes


def test_paths_are_quoted_for_postgresql() -> None:
    settings = server_settings(
        files=Path("/it's/files"),
        log=Path("/it's/log"),
        socket_directory=Path("/a,b/run"),
        memory=GIBIBYTE,
    )
    text = render_settings(settings)
    assert "hba_file = '/it''s/files/pg_hba.conf'\n" in text
    assert "unix_socket_directories = '\"/a,b/run\"'\n" in text
    assert "shared_buffers = '256MB'\n" in text


def test_only_this_machine_gets_in_and_only_by_its_kernels_word() -> None:
    assert render_access() == "local all all peer map=rollcall\n"


def test_each_user_may_take_each_role_once() -> None:
    assert render_names(["root", "pbx", "root"]) == (
        'rollcall "pbx" rollcall\nrollcall "pbx" rollcall_web\n'
        'rollcall "pbx" rollcall_system\nrollcall "pbx" rollcall_switch\n'
        'rollcall "root" rollcall\nrollcall "root" rollcall_web\n'
        'rollcall "root" rollcall_system\nrollcall "root" rollcall_switch\n'
    )


def test_a_whole_pid_file_says_where_the_socket_is() -> None:
    found = parse_pid_file(PID_FILE + "ready   \n")
    assert found == Postmaster(4711, Path("/srv/run"), "ready")
    assert found.is_ready


@pytest.mark.parametrize("status", ["starting", "stopping", ""])
def test_a_server_that_starts_or_stops_is_not_ready(status: str) -> None:
    found = parse_pid_file(f"{PID_FILE}{status}\n")
    assert found is not None
    assert not found.is_ready


def test_a_pid_file_that_is_being_written_says_as_much_as_it_holds() -> None:
    assert parse_pid_file("4711\n/srv/data\n") == Postmaster(4711, None, "")


@pytest.mark.parametrize("text", ["", "\n", "-4711\n", "x"])
def test_a_pid_file_without_a_pid_is_none(text: str) -> None:
    assert parse_pid_file(text) is None
