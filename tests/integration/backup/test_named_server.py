"""A PostgreSQL server of one's own, of another version: into it, and out of it again."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rollcall.host.binaries import find_client_programs
from tests.integration.backup.homes import Company, Home, rows
from tests.integration.commands.program import Program
from tests.integration.faults.outcomes import assert_same
from tests.integration.server.cluster import (
    PASSWORD,
    Cluster,
    debian_programs,
    documented_statements,
    running_cluster,
)
from tests.sites import read_tables

SPY = """#!/bin/sh
{{ echo "$0 $*"; tr '\\0' ' ' < /proc/$$/cmdline; }} >> {log}
exec {program} "$@"
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server with what the how-to page has its superuser make."""
    with running_cluster() as cluster:
        cluster.tell(*documented_statements())
        yield cluster


@pytest.fixture(scope="module")
def named(new_home: Callable[..., Home], cluster: Cluster) -> Home:
    """A home whose database is in that server."""
    address = cluster.address("rollcall", password=PASSWORD)
    return new_home("named", ROLLCALL_DATABASE_URL=address)


def test_a_company_moves_into_a_server_of_its_own_and_out_again(
    company: Company, named: Home, other: Home, cluster: Cluster
) -> None:
    address = cluster.address("rollcall", password=PASSWORD)
    back = company.backup.with_name("back.backup")

    refused = named.program.run("restore", str(company.backup), "--keys", str(company.key_file))
    cluster.tell("ALTER ROLE rollcall CREATEDB")
    named.program.done("restore", str(company.backup), "--keys", str(company.key_file))
    cluster.tell("ALTER ROLE rollcall NOCREATEDB")
    moved = read_tables(address)
    synchronised = named.program.asked("sync", "run", company.slug)
    named.program.done("backup", str(back))
    other.done("restore", back, "--replace", "--keys", named.key_file)

    assert refused.code == 1
    assert "ALTER ROLE rollcall CREATEDB" in refused.err
    assert_same(moved, company.tables)
    assert synchronised["state"] == "applied"
    assert_same(other.tables(), read_tables(address))
    names = rows(address, "SELECT datname FROM pg_database WHERE datname LIKE 'rollcall%'")
    assert names == [("rollcall",)]


def test_the_password_stands_on_no_command_line_and_in_no_log(
    company: Company, named: Home, cluster: Cluster, tmp_path: Path
) -> None:
    log = tmp_path / "commands.log"
    named.program.done("doctor")
    programs = _spied(tmp_path / "bin", log)
    spied = Program(named.path, {**named.program.variables, "ROLLCALL_POSTGRES_BIN": str(programs)})

    ended = spied.done("backup", str(company.backup.with_name("spied.backup")))

    commands = log.read_text()
    assert "--dbname=" in commands
    logs = [log.read_text() for log in (named.path / "log").iterdir()]
    for text in (commands, ended.out, ended.err, *logs):
        assert PASSWORD not in text
        assert PASSWORD.replace(" ", "%20") not in text


@pytest.mark.long
def test_a_backup_takes_a_home_to_another_version_of_postgresql(
    company: Company, new_home: Callable[..., Home], cluster: Cluster
) -> None:
    older = debian_programs()
    home = new_home("older", ROLLCALL_POSTGRES_BIN=str(older))
    file, keys = company.backup.with_name("older.backup"), str(company.key_file)
    newer = home.program.run("restore", str(company.backup), "--keys", keys)
    home.program.done(
        *("tenant", "add", "fabrikam", "--name", "Fabrikam", "--sip-domain", "fabrikam.example"),
        *("--time-zone", "Europe/Berlin", "--country", "DE"),
    )
    home.program.done("backup", str(file))
    home = Home(Program(home.path), home.simulator)

    refused = home.refused("tenant", "list")
    (home.path / "database").rename(home.path / "database-before")
    (home.path / "database.json").unlink()
    home.done("restore", file)

    assert "was written by programs of a newer PostgreSQL" in newer.err
    assert "run “rollcall backup FILE”" in refused
    assert [tenant["slug"] for tenant in home.asked("tenant", "list")] == ["fabrikam"]


def test_an_older_programs_directory_is_named_with_what_to_do(
    company: Company, cluster: Cluster
) -> None:
    older = Program(company.office.program.home, {"ROLLCALL_POSTGRES_BIN": str(debian_programs())})

    refused = older.run("backup", str(company.backup.with_name("x.backup")))

    assert refused.code == 1
    assert "Set ROLLCALL_POSTGRES_BIN to programs of" in refused.err


def _spied(directory: Path, log: Path) -> Path:
    """Return a directory with PostgreSQL's programs that write down how they are called."""
    directory.mkdir()
    programs = find_client_programs(None).directory
    for program in programs.iterdir():
        if program.name in {"pg_dump", "pg_restore"}:
            script = directory / program.name
            script.write_text(SPY.format(log=log, program=program))
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
        else:
            (directory / program.name).symlink_to(program)
    return directory
