"""kill -9 during a restore: the old database is there whole, or the new one is."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from rollcall.host.beside import MARK, database_beside
from rollcall.host.errors import DatabaseServerError
from tests.integration.backup.homes import Company, Home, rows, tell
from tests.integration.faults.outcomes import assert_same
from tests.integration.host.machine import wait_until
from tests.sites import Tables, read_tables

MOMENTS = 24
SHORT = (22,)
"""Moments of a restore, of which so many are tried in every test run and all in the long one."""

DATABASES = "SELECT datname FROM pg_database WHERE datname LIKE 'rollcall%'"


@dataclass
class Victim:
    """A home with a company of its own that a restore is to replace, and how long that takes."""

    home: Home
    company: Company
    before: Tables
    seconds: float

    def tenants(self) -> list[str]:
        """Return the tenants by name."""
        return [slug for (slug,) in self.home.rows("SELECT slug FROM tenants_tenant ORDER BY 1")]

    def put_back(self) -> None:
        """Let the home be as it was before the restore."""
        for slug in ("mine", "yours"):
            self.home.done(
                *("tenant", "add", slug, "--name", slug, "--sip-domain", f"{slug}.example"),
                *("--time-zone", "Europe/Berlin", "--country", "DE"),
            )
        self.home.done("tenant", "delete", self.company.slug, "--yes")


@pytest.fixture(scope="module")
def victim(company: Company, new_home: Callable[[str], Home]) -> Victim:
    """A home whose database is another one than the backup's."""
    home = new_home("victim")
    home.done("restore", company.backup, "--keys", company.key_file)
    victim = Victim(home, company, {}, 0)
    began = time.monotonic()
    home.program.done("restore", str(company.backup), "--replace")
    victim.seconds = time.monotonic() - began
    victim.put_back()
    victim.before = home.tables()
    return victim


@pytest.mark.parametrize(
    "moment",
    [
        *(pytest.param(each, id=f"{each} of {MOMENTS}") for each in SHORT),
        *(
            pytest.param(each, id=f"{each} of {MOMENTS}, long", marks=pytest.mark.long)
            for each in range(MOMENTS)
        ),
    ],
)
def test_a_restore_killed_at_any_moment_leaves_one_of_the_two_whole(
    victim: Victim, moment: int
) -> None:
    with victim.home.program.start("restore", str(victim.company.backup), "--replace") as process:
        time.sleep(victim.seconds * moment / MOMENTS)
        process.kill()
        process.communicate()

    if victim.tenants() == [victim.company.slug]:
        assert_same(victim.home.tables(), victim.company.tables)
        victim.put_back()
    else:
        assert victim.tenants() == ["mine", "yours"]
        assert_same(victim.home.tables(), victim.before)


def test_a_restore_killed_while_it_reads_the_backup_can_be_done_again(victim: Victim) -> None:
    program = victim.home.program
    with program.database() as conninfo:
        beside = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_restore'"
        server = make_conninfo(conninfo, dbname="postgres")
    with program.start("restore", str(victim.company.backup), "--replace") as process:
        wait_until(lambda: _answer(server, beside) > 0)
        process.kill()
        process.communicate()

    killed = victim.tenants()
    victim.home.done("restore", victim.company.backup, "--replace")

    assert killed == ["mine", "yours"]
    assert victim.tenants() == [victim.company.slug]
    assert victim.home.rows(DATABASES) == [("rollcall",)]
    assert_same(victim.home.tables(), victim.company.tables)
    victim.put_back()


def test_only_what_a_restore_has_left_is_removed(conninfo: str) -> None:
    server = make_conninfo(conninfo, dbname="postgres")
    tell(
        server,
        f"CREATE DATABASE x_new_00000000 CONNECTION LIMIT {MARK}",
        f"CREATE DATABASE x_replaced_00000000 CONNECTION LIMIT {MARK}",
        "CREATE DATABASE somebodys_new_00000000",
        f"CREATE DATABASE limited CONNECTION LIMIT {MARK}",
    )

    with database_beside(conninfo) as beside:
        there = {name for (name,) in rows(server, "SELECT datname FROM pg_database")}
    left = {name for (name,) in rows(server, "SELECT datname FROM pg_database")}
    tell(server, "DROP DATABASE somebodys_new_00000000", "DROP DATABASE limited")

    assert not there & {"x_new_00000000", "x_replaced_00000000"}
    assert {beside.new, "somebodys_new_00000000", "limited"} <= there
    assert beside.new not in left


@pytest.mark.long
def test_a_database_that_somebody_is_connected_to_is_not_changed_for_another(
    conninfo: str,
) -> None:
    with (
        psycopg.connect(conninfo),
        database_beside(conninfo) as beside,
        pytest.raises(DatabaseServerError, match="Other programs are connected"),
    ):
        beside.swap()

    assert len(read_tables(conninfo)) > 5


def _answer(server: str, query: str) -> int:
    try:
        ((count,),) = rows(server, query)
    except psycopg.OperationalError:
        return 0
    return int(count)
