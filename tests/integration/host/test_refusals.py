"""What is refused, and the sentence that says so; and the database that was named instead."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.integration.host.machine import Machine, write_as_server

from rollcall.environment import ConfigurationError, read_environment
from rollcall.host.errors import DatabaseServerError
from rollcall.host.postgres import PATIENCE, running_database, server_status, stop_database


def test_data_of_another_major_version_is_left_alone(machine: Machine) -> None:
    with machine.database():
        pass
    write_as_server(machine, machine.cluster.data / "PG_VERSION", "16\n")
    with (
        pytest.raises(
            DatabaseServerError,
            match=r"is of PostgreSQL 16, and .*rollcall backup .*rollcall restore",
        ),
        machine.database(),
    ):
        pass


def test_a_database_that_went_missing_is_not_replaced_by_an_empty_one(machine: Machine) -> None:
    with machine.database():
        pass
    elsewhere = machine.home / "elsewhere"
    place = machine.cluster.directory
    place.rename(elsewhere)
    with (
        pytest.raises(DatabaseServerError, match=r"is missing: it should be in .*/database\."),
        machine.database(),
    ):
        pass
    elsewhere.rename(place)


def test_a_note_that_cannot_be_read_is_named(machine: Machine) -> None:
    machine.home.mkdir()
    (machine.home / "database.json").write_text("{}")
    with (
        pytest.raises(DatabaseServerError, match=r"database\.json does not say where"),
        machine.database(),
    ):
        pass
    (machine.home / "database.json").unlink()


def test_a_server_that_does_not_start_says_why(machine: Machine) -> None:
    with machine.database():
        pass
    settings = machine.cluster.data / "postgresql.auto.conf"
    write_as_server(machine, settings, "max_connections = 'many'\n")
    with pytest.raises(DatabaseServerError) as raised, machine.database():
        pass
    assert str(raised.value).startswith(
        f"The database server in {machine.cluster.data} did not start."
    )
    assert 'invalid value for parameter "max_connections"' in str(raised.value)
    assert machine.users() == ()


def test_a_home_that_cannot_be_made_is_named(directory: Path) -> None:
    machine = Machine(home=Path("/proc/none/home"), shelter=directory / "shelter")
    with (
        pytest.raises(DatabaseServerError, match=r"^/proc/none/home cannot be made \(.*HOME"),
        machine.database(),
    ):
        pass


@pytest.mark.parametrize("name", ['a"b', "a$(id)", "a`id`", "a\\b", "a\nb"])
def test_a_home_that_a_shell_would_read_is_refused(directory: Path, name: str) -> None:
    machine = Machine(home=directory / name, shelter=directory / "shelter")
    with (
        pytest.raises(DatabaseServerError, match="Choose another directory"),
        machine.database(),
    ):
        pass
    assert not machine.home.exists()


def test_programs_that_do_not_run_are_named(machine: Machine, directory: Path) -> None:
    programs = directory / "bin"
    programs.mkdir()
    for name in ("initdb", "pg_ctl", "postgres"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    environment = read_environment(
        environ={"ROLLCALL_HOME": str(machine.home), "ROLLCALL_POSTGRES_BIN": str(programs)},
        cwd=Path("/"),
    )
    with (
        pytest.raises(DatabaseServerError, match=r"cannot run .*/bin/postgres"),
        running_database(environment, shelter=machine.shelter),
    ):
        pass


def test_a_database_that_is_named_is_used_and_nothing_is_started(machine: Machine) -> None:
    url = "postgresql://u:secret@db.example:6543/pbx?sslmode=require"
    environment = read_environment(
        environ={"ROLLCALL_HOME": str(machine.home), "ROLLCALL_DATABASE_URL": url},
        cwd=Path("/"),
    )
    with running_database(environment) as address:
        told = conninfo_to_dict(address.conninfo)
        assert told["host"] == "db.example"
        assert told["sslmode"] == "require"
        assert told["tcp_user_timeout"] == PATIENCE["tcp_user_timeout"]
        assert "secret" not in repr(address)
    assert not machine.home.exists()
    assert server_status(environment) is None
    assert not stop_database(environment)


def test_an_address_that_libpq_cannot_read_is_refused_without_repeating_it(
    machine: Machine,
) -> None:
    environment = read_environment(
        environ={
            "ROLLCALL_HOME": str(machine.home),
            "ROLLCALL_DATABASE_URL": "postgresql://u:secret@db.example/pbx?nonsense=1",
        },
        cwd=Path("/"),
    )
    with (
        pytest.raises(ConfigurationError, match="ROLLCALL_DATABASE_URL") as raised,
        running_database(environment),
    ):
        pass
    assert "secret" not in str(raised.value)
