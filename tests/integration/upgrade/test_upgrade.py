"""An old database is brought up to date once, by a person's word, and everything in it stays."""

import subprocess
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from rollcall.host.postgres import stop_database
from tests.integration.commands.program import Program, await_end
from tests.integration.host.machine import wait_until
from tests.integration.upgrade.conftest import restore_old
from tests.integration.upgrade.old import (
    ENCRYPTION_KEYS,
    NEW_TABLES,
    OLD_SQL,
    OldDatabase,
    OldProgram,
)

OLD_TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
    "AND relname <> 'django_migrations' ORDER BY 1"
)
FEW = (
    "SELECT number, display_name, email, state FROM telephony_extension ORDER BY number",
    "SELECT directory_contact_id, display_name FROM phonebook_contact ORDER BY id",
    "SELECT id, state, counts, requests, stages FROM integrations_syncrun ORDER BY id",
    "SELECT id, private_key, sha256, state FROM integrations_keypair",
    "SELECT users_cursor, fence, token_sealed FROM integrations_integration",
    "SELECT object_id, fingerprint, record FROM integrations_directoryrecord ORDER BY 1",
    "SELECT actor, action, subject FROM audit_auditentry ORDER BY id LIMIT 4",
)


def digests(old: OldDatabase) -> dict[str, int]:
    """Return how many rows there are in each table that an old program made."""
    return {
        name: old.value(f"SELECT count(*) FROM {name}")
        for (name,) in old.rows(OLD_TABLES)
        if name not in NEW_TABLES and not name.startswith("procrastinate_")
    }


def test_until_then_every_command_says_what_to_run(old_database: OldDatabase) -> None:
    ended = old_database.office.run("extensions", "list", "contoso")

    assert ended.code == 1
    assert "are of an older Rollcall" in ended.err
    assert "Run “rollcall upgrade” once, on one machine" in ended.err
    assert old_database.value("SELECT to_regclass('fleet_process')") is None


def test_everything_stays_in_place_and_works_on(old_database: OldDatabase) -> None:
    counts = digests(old_database)
    before = [old_database.rows(query) for query in FEW]
    program = old_database.office

    looked = program.run("upgrade", "--check")
    upgraded = program.asked("upgrade")
    looked_again = program.run("upgrade", "--check")

    assert counts["telephony_extension"] == 56
    assert (looked.code, looked_again.code) == (1, 0)
    assert "integrations.0002_always_on" in looked.out
    assert "integrations.0002_always_on" in upgraded["applied"]
    assert upgraded["pending"] == []
    after = digests(old_database)
    assert {**{name: after[name] for name in counts}, "audit_auditentry": 4} == counts
    assert old_database.value("SELECT count(*) FROM telephony_searchkey WHERE whole") == 56
    contacts = old_database.value("SELECT count(*) FROM phonebook_contact")
    assert old_database.value("SELECT count(*) FROM phonebook_searchkey WHERE whole") == contacts
    assert [old_database.rows(query) for query in FEW] == before
    assert len(program.asked("extensions", "list", "contoso")) == 56
    assert [run["state"] for run in program.asked("sync", "runs", "contoso")] == [
        *("applied", "applied", "applied"),
        "planned",
    ]
    assert len(program.asked("sync", "report", "2")["changes"]) == 55
    assert program.asked("encryption", "status")["lost"] == []
    entries = old_database.rows("SELECT action, tenant_id FROM audit_auditentry ORDER BY id DESC")
    assert entries[0] == ("database.upgraded", None)


def test_a_second_upgrade_has_nothing_to_do(upgraded_database: OldDatabase) -> None:
    again = upgraded_database.office.done("upgrade")

    assert "up to date already" in again.out
    count = "SELECT count(*) FROM audit_auditentry WHERE action = 'database.upgraded'"
    assert upgraded_database.value(count) == 1


def test_two_machines_that_upgrade_at_once_do_it_once(old_database: OldDatabase) -> None:
    both = [old_database.program.start("upgrade", "--json") for _ in range(2)]
    ended = [await_end(process) for process in both]

    assert [each.code for each in ended] == [0, 0], ended
    first, second = (set(each.json()["applied"]) for each in ended)
    assert first | second >= {"integrations.0002_always_on", "fleet.0001_initial"}
    assert not first & second


def test_the_walls_stand_around_the_new_tables(upgraded_database: OldDatabase) -> None:
    assert upgraded_database.rows(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relname = ANY(%s)",
        ["integrations_schedule"],
    ) == [("integrations_schedule",)]
    with psycopg.connect(make_conninfo(upgraded_database.conninfo, user="rollcall_web")) as web:
        assert web.execute("SELECT count(*) FROM integrations_schedule").fetchone() == (0,)
        for table in ("fleet_process", "integrations_runtally"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), web.transaction():
                web.execute(f"SELECT * FROM {table}".encode())
    with psycopg.connect(
        make_conninfo(upgraded_database.conninfo, user="rollcall_system")
    ) as system:
        for table, column in (
            ("fleet_process", "beat_at"),
            ("integrations_schedule", "next_at"),
            ("integrations_syncrun", "beat_at"),
        ):
            system.execute(f"SELECT {column} FROM {table}".encode())


def test_the_old_program_works_on_beside_the_new_one(upgraded_database: OldDatabase) -> None:
    with psycopg.connect(upgraded_database.conninfo, autocommit=True) as connection:
        old = OldProgram(connection)
        run = old.do("queue")
        assert old.do("lock")
        fence = old.do("raise_fence")
        assert old.do("begin", run=run, fence=fence) == run
        old.do("begin_reading")
        assert old.do("stage_page") == 1
        old.do("load_token")
        old.do("save_token")
        old.do("check_fence", fence=fence)
        assert old.do("progress", run=run, fence=fence) is False
        old.do("drop_reading")
        old.do("save_cursor")
        old.do("read_run", run=run)
        assert old.do("finish", run=run, fence=fence) == run
        failed = old.do("queue")
        assert old.do("fail", run=failed) == failed
        old.do("note")

    states = {
        each["id"]: each for each in upgraded_database.office.asked("sync", "runs", "contoso")
    }
    assert (states[run]["state"], states[failed]["state"]) == ("applied", "failed")
    assert states[failed]["error"]["code"] == "interrupted"


def test_every_statement_of_the_old_program_was_tried() -> None:
    source = Path(__file__).read_text(encoding="utf-8")

    assert [name for name in OLD_SQL if f'.do("{name}"' not in source] == []


def test_processes_of_another_version_are_named(upgraded_database: OldDatabase) -> None:
    with psycopg.connect(upgraded_database.conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO fleet_process (id, kind, host, pid, version) "
            "VALUES (%s, 'worker', 'elsewhere', 7, '0.0.9')",
            [uuid4()],
        )

    ended = upgraded_database.office.done("upgrade")

    assert "A worker of version 0.0.9 is alive on elsewhere (process 7)" in ended.out


def test_a_program_works_on_with_what_a_newer_one_has_added(upgraded_database: OldDatabase) -> None:
    _pretend(upgraded_database, "0099_adds_something")

    assert len(upgraded_database.office.asked("extensions", "list", "contoso")) == 56
    assert upgraded_database.office.run("upgrade", "--check").code == 0


def test_a_program_refuses_what_a_newer_one_has_taken_away(upgraded_database: OldDatabase) -> None:
    _pretend(upgraded_database, "0100_drop_something_needs_9_1")

    for words in (("extensions", "list", "contoso"), ("upgrade",)):
        ended = upgraded_database.office.run(*words)
        assert ended.code == 1
        assert "needs Rollcall 9.1 or newer" in ended.err


def test_an_upgrade_waits_for_a_table_and_lets_others_pass(old_database: OldDatabase) -> None:
    with psycopg.connect(old_database.conninfo) as reader:
        reader.execute("SELECT count(*) FROM integrations_syncrun")  # and its transaction is open
        upgrade = old_database.program.start("upgrade", "--json")
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        wait_until(lambda: old_database.value(waits) > 0)
        began = time.monotonic()
        rows = old_database.value("SELECT count(*) FROM integrations_syncrun")
        took = time.monotonic() - began
        assert upgrade.poll() is None
    ended = await_end(upgrade)

    assert rows == 4
    assert took < 5
    assert ended.code == 0, ended
    assert ended.json()["pending"] == []


def test_a_backup_from_before_the_upgrade_is_brought_up_to_date_when_it_is_restored(
    old_database: OldDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "before.backup"
    counts = digests(old_database)
    few = [old_database.rows(query) for query in FEW]

    made = old_database.office.asked("backup", file)
    kept = digests(old_database)
    old_database.office.done("upgrade")
    restored = old_database.office.asked("restore", file, "--replace")

    assert (made["extensions"], made["lost_secrets"]) == (56, 0)
    assert kept == {**counts, "audit_auditentry": 5}
    assert "integrations.0002_always_on" in restored["migrations"]
    after = digests(old_database)
    assert {**{name: after[name] for name in counts}, "audit_auditentry": 4} == counts
    assert old_database.value("SELECT count(*) FROM telephony_searchkey WHERE whole") == 56
    contacts = old_database.value("SELECT count(*) FROM phonebook_contact")
    assert old_database.value("SELECT count(*) FROM phonebook_searchkey WHERE whole") == contacts
    assert [old_database.rows(query) for query in FEW] == few
    assert len(old_database.office.asked("extensions", "list", "contoso")) == 56


def test_the_database_of_a_home_is_brought_up_to_date_by_itself(directory: Path) -> None:
    program = Program(directory / "home")
    program.home.mkdir()
    try:
        with program.database() as conninfo:
            restore_old(conninfo)
        (program.home / "keys").mkdir()
        subprocess.run(
            ["cp", str(ENCRYPTION_KEYS), str(program.home / "keys" / "encryption.json")],
            check=True,
        )

        assert len(program.asked("extensions", "list", "contoso")) == 56
        assert program.run("upgrade", "--check").code == 0
    finally:
        stop_database(program.environment, force=True)


def _pretend(old: OldDatabase, name: str) -> None:
    """Let the database have had a migration of a newer program."""
    with psycopg.connect(old.conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('integrations', %s, now())",
            [name],
        )
