"""The embedded server from its first start to the end of its use."""

from pathlib import Path

import psycopg
import pytest
from tests.integration.host.machine import (
    Machine,
    ask,
    lives,
    open_links,
    tell,
    wait_until,
)

from rollcall.host.errors import DatabaseServerError


def test_the_first_start_makes_a_database_and_the_end_of_its_use_stops_it(machine: Machine) -> None:
    with machine.database() as address:
        pid = machine.server_pid
        assert ask(address, "select current_user::text, current_database()::text") == (
            "rollcall",
            "rollcall",
        )
    assert machine.postmaster is None
    wait_until(lambda: not lives(pid))


def test_a_second_start_finds_what_the_first_one_wrote(machine: Machine) -> None:
    with machine.database() as address:
        tell(address, "create table kept as select 42 as answer")
    with machine.database() as address:
        assert ask(address, "select answer from kept") == (42,)


def test_a_home_may_have_spaces_and_quotes_in_its_name(directory: Path) -> None:
    machine = Machine(home=directory / "it's my home", shelter=directory / "shelter")
    with machine.database() as address:
        assert ask(address, "select 1") == (1,)


def test_a_home_too_long_for_a_socket_gets_one_elsewhere(directory: Path) -> None:
    machine = Machine(home=directory / ("long/" * 30), shelter=directory / "shelter")
    with machine.database() as address:
        assert ask(address, "select 1") == (1,)
        assert machine.postmaster is not None
        place = machine.postmaster.socket_directory
        assert place is not None
        assert place.stat().st_mode & 0o077 == 0
    assert not place.is_relative_to(directory)
    assert not place.exists()


def test_a_socket_directory_that_others_can_write_to_is_refused(directory: Path) -> None:
    machine = Machine(home=directory / ("long/" * 30), shelter=directory / "shelter")
    with machine.database():
        assert machine.postmaster is not None
        place = machine.postmaster.socket_directory
        assert place is not None
    place.mkdir()
    place.chmod(0o777)
    try:
        with (
            pytest.raises(DatabaseServerError, match=r"that only the user .* can write to"),
            machine.database(),
        ):
            pass
    finally:
        place.rmdir()


def test_nothing_is_left_open_in_a_process_that_used_it(machine: Machine) -> None:
    with machine.database():
        pass
    before = open_files(), children()
    with machine.database():
        pass
    assert (open_files(), children()) == before


def test_the_server_holds_none_of_our_files(machine: Machine) -> None:
    with machine.database():
        held = open_links(machine.server_pid)
    assert held
    assert not [path for path in held if "/database." in path]


def test_the_server_listens_to_this_machine_alone(machine: Machine) -> None:
    with machine.database() as address:
        assert ask(address, "show listen_addresses") == ("",)
        assert not open_links(machine.server_pid) & internet_sockets()


def test_only_those_whom_the_kernel_knows_get_in(machine: Machine) -> None:
    with machine.database() as address:
        for role in ("rollcall_web", "rollcall_system"):
            tell(address, f"create role {role} login")
            with psycopg.connect(address.conninfo, user=role) as connection:
                assert connection.info.user == role
        tell(address, "create role stranger login")
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(address.conninfo, user="stranger")


def test_text_is_sorted_and_folded_the_same_on_every_machine(machine: Machine) -> None:
    with machine.database() as address:
        row = ask(
            address,
            "select datlocprovider, datlocale, pg_encoding_to_char(encoding), lower('\u00c4') "
            "from pg_database where datname = 'rollcall'",
        )
        assert row == ("b", "C.UTF-8", "UTF8", "\u00e4")
        assert ask(address, "show data_checksums") == ("on",)
        assert ask(address, "show timezone") == ("UTC",)


def test_the_log_tells_of_an_error_but_not_of_people(machine: Machine) -> None:
    with machine.database() as address:
        tell(address, "create table people (name text primary key)")
        tell(address, "insert into people values ('Ada Lovelace')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            tell(address, "insert into people values ('Ada Lovelace')")
    logged = "".join(log.read_text() for log in machine.cluster.log.iterdir())
    assert "duplicate key value violates unique constraint" in logged
    assert "Ada" not in logged


def open_files() -> list[str]:
    return sorted(link.name for link in Path("/proc/self/fd").iterdir())


def children() -> set[str]:
    """Return the processes, zombies as well, that this one has started and not waited for."""
    lists = Path("/proc/self/task").glob("*/children")
    return {pid for each in lists for pid in each.read_text().split()}


def internet_sockets() -> set[str]:
    tables = (Path("/proc/net", name) for name in ("tcp", "tcp6", "udp", "udp6"))
    rows = [r.split() for t in tables if t.exists() for r in t.read_text().splitlines()]
    return {f"socket:[{row[9]}]" for row in rows}
