"""What has had its time is deleted, in batches, and what somebody may want to see stays."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from rollcall.fleet.operations import Identity, beat
from rollcall.integrations import retention_operations
from rollcall.integrations.retention_operations import LOCK, NEWEST_RUNS, clean_up
from rollcall.tenants.operations import add_tenant

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUNS_DAYS, AUDIT_DAYS, CALLS_DAYS = 100, 200, 300
OLD = timedelta(days=RUNS_DAYS + 1)
COUNTS = (
    *("runs", "refusals", "pages", "audit_entries", "calls", "lines", "processes"),
    *("sign_ins", "tokens"),
)

Connection = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def connection(conninfo: str) -> Iterator[Connection]:
    """A database with two tenants, whose integrations are 1 and 2, and nothing else."""
    for slug in ("first", "second"):
        add_tenant(slug=slug, name=slug, sip_domain=slug, time_zone="Europe/Berlin", country="DE")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _add_integrations(connection)
        yield connection


def _add_integrations(connection: Connection) -> None:
    for tenant in (1, 2):
        connection.execute(
            "INSERT INTO integrations_integration (id, tenant_id, source, cloud, certificate_days,"
            " sync_time, paused, users, people_mode, guests, photos, names, leavers, link,"
            " personal_contacts, personal_mode, company_contacts, mailbox_mode, subfolders,"
            " sign_in, sign_in_mode, fence, users_cursor, users_shape, created_at)"
            " VALUES (%(id)s, %(id)s, 'microsoft365', 'GLOBAL', 365, '00:00', false, true, 'all',"
            " false, true, 'skip', 'block', 'ask', false, 'all', false, 'all', true, false, 'all',"
            " 0, '', '', now())",
            {"id": tenant},
        )


def add_run(
    connection: Connection,
    *,
    age: timedelta = OLD,
    state: str = "failed",
    tenant: int = 1,
    changes: int = 0,
) -> int:
    """Add a run that ended so long ago; return its id."""
    ended = None if state in {"queued", "running"} else NOW - age
    run_id = one(
        connection,
        "INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, asked_at,"
        ' state, dry_run, "full", stages, fence, started_at, finished_at, cancel_requested,'
        " progress, counts, problems, refused, hold, announced, requests, items,"
        " throttled_seconds) VALUES (%s, %s, 'manual', 'test', %s, %s, false, false, '{users}', 0,"
        " %s, %s, false, '{}', '{}', '[]', '{}', '', true, 0, 0, 0) RETURNING id",
        *(tenant, tenant, NOW - age, state, NOW - age, ended),
    )
    connection.execute(
        "INSERT INTO integrations_runchange (tenant_id, run_id, position, action, object_id, name,"
        " fields, reason) SELECT %s, %s, n, 'create', 'o' || n, '', '{}', ''"
        " FROM generate_series(1, %s) n",
        [tenant, run_id, changes],
    )
    return run_id


def one(connection: Connection, statement: str, *given: object) -> int:
    row = connection.execute(statement.encode(), given).fetchone()
    assert row is not None
    assert isinstance(row[0], int)
    return row[0]


def ids(connection: Connection, table: str, tenant: int = 1) -> set[object]:
    rows = connection.execute(f"SELECT id FROM {table} WHERE tenant_id = {tenant}".encode())
    return {row[0] for row in rows}


def tidy(now: datetime = NOW) -> dict[str, int]:
    return clean_up(
        now=now,
        keep_runs_days=RUNS_DAYS,
        keep_audit_days=AUDIT_DAYS,
        keep_calls_days=CALLS_DAYS,
    )


def test_an_empty_database_has_nothing_to_clean_up(connection: Connection) -> None:
    assert tidy() == dict.fromkeys(COUNTS, 0)


def test_old_runs_go_with_their_reports_and_the_newest_stay(connection: Connection) -> None:
    old = [add_run(connection, changes=3) for _ in range(5)]
    kept = [add_run(connection, changes=3) for _ in range(NEWEST_RUNS)]
    other = [add_run(connection, tenant=2) for _ in range(NEWEST_RUNS)]

    counts = tidy()

    assert counts["runs"] == len(old)
    assert ids(connection, "integrations_syncrun") == set(kept)
    assert ids(connection, "integrations_syncrun", 2) == set(other)
    assert one(connection, "SELECT count(*) FROM integrations_runchange") == 3 * NEWEST_RUNS


def test_runs_that_are_not_old_stay_however_many_there_are(connection: Connection) -> None:
    young = [add_run(connection, age=timedelta(days=RUNS_DAYS - 1)) for _ in range(30)]

    assert tidy()["runs"] == 0
    assert ids(connection, "integrations_syncrun") == set(young)


def test_the_newest_that_succeeded_and_what_is_held_stay(connection: Connection) -> None:
    older_success = add_run(connection, state="applied")
    success = add_run(connection, state="applied")
    held = add_run(connection, state="held")
    discarded = add_run(connection, state="discarded")
    newest = {add_run(connection) for _ in range(NEWEST_RUNS)}

    tidy()

    left = ids(connection, "integrations_syncrun")
    assert left == {success, held} | newest
    assert not left & {older_success, discarded}


def test_a_run_that_waits_or_goes_on_is_never_old(connection: Connection) -> None:
    running = add_run(connection, state="running")
    for _ in range(NEWEST_RUNS):
        add_run(connection)

    tidy()

    assert running in ids(connection, "integrations_syncrun")


def test_a_run_that_went_on_with_a_deleted_one_stays(connection: Connection) -> None:
    first = add_run(connection)
    second = add_run(connection)
    connection.execute(f"UPDATE integrations_syncrun SET goes_on_id = {first} WHERE id = {second}")
    for _ in range(NEWEST_RUNS - 1):
        add_run(connection)

    assert tidy()["runs"] == 1
    query = f"SELECT goes_on_id FROM integrations_syncrun WHERE id = {second}"
    assert connection.execute(query.encode()).fetchall() == [(None,)]


def test_more_than_a_batch_of_everything_is_deleted(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_operations, "BATCH", 4)
    for _ in range(10):
        add_run(connection, changes=9)
    for _ in range(NEWEST_RUNS):
        add_run(connection)
    _add_entries(connection, AUDIT_DAYS + 1, 10)

    counts = tidy()

    assert (counts["runs"], counts["audit_entries"]) == (10, 10)
    assert one(connection, "SELECT count(*) FROM integrations_runchange") == 0


def test_refusals_stay_as_long_as_a_run_shows_them(connection: Connection) -> None:
    gone, shown = add_run(connection), add_run(connection, state="held")
    last = [add_run(connection) for _ in range(NEWEST_RUNS)][-1]
    in_force = _add_refusal(connection, "in force", gone, None)
    _add_refusal(connection, "closed", gone, gone)
    shown_yet = _add_refusal(connection, "closed, a run that is left shows it", gone, last)
    held_yet = _add_refusal(connection, "closed, a held run shows it", gone, shown)

    assert tidy()["refusals"] == 1
    assert ids(connection, "integrations_refusal") == {in_force, shown_yet, held_yet}


def test_pages_of_a_reading_that_nobody_goes_on_with_are_deleted(connection: Connection) -> None:
    _add_reading(connection, 1, NOW - timedelta(days=8), pages=3)
    _add_reading(connection, 2, NOW - timedelta(days=6), pages=2)

    assert tidy()["pages"] == 3

    rows = connection.execute("SELECT integration_id FROM integrations_reading").fetchall()
    assert rows == [(2,)]
    assert one(connection, "SELECT count(*) FROM integrations_stagedpage") == 2


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_reading_that_a_run_is_about_to_go_on_with_stays(
    connection: Connection, state: str
) -> None:
    _add_reading(connection, 1, NOW - timedelta(days=8), pages=3)
    add_run(connection, age=timedelta(0), state=state)

    assert tidy()["pages"] == 0


def test_old_entries_of_the_audit_log_are_deleted(connection: Connection) -> None:
    before = one(connection, "SELECT count(*) FROM audit_auditentry")
    _add_entries(connection, AUDIT_DAYS + 1, 3)
    _add_entries(connection, AUDIT_DAYS - 1, 2)

    assert tidy()["audit_entries"] == 3
    assert one(connection, "SELECT count(*) FROM audit_auditentry") == before + 2


def test_a_process_that_died_a_day_ago_is_forgotten(connection: Connection) -> None:
    for hours in (0, 23, 25):
        identity = Identity(id=uuid4(), kind="worker", host=f"h{hours}", pid=1, version="1")
        beat(identity)
        connection.execute(
            "UPDATE fleet_process SET beat_at = now() - make_interval(hours => %s) WHERE id = %s",
            [hours, identity.id],
        )

    assert tidy()["processes"] == 1
    rows = connection.execute("SELECT host FROM fleet_process ORDER BY 1").fetchall()
    assert rows == [("h0",), ("h23",)]


def test_while_another_machine_cleans_up_nothing_is_done(connection: Connection) -> None:
    _add_entries(connection, AUDIT_DAYS + 1, 1)
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    busy = tidy()
    connection.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    assert busy == {}
    assert tidy()["audit_entries"] == 1


def test_many_machines_at_once_delete_everything_once(connection: Connection) -> None:
    for _ in range(10):
        add_run(connection, changes=20)
    for _ in range(NEWEST_RUNS):
        add_run(connection)
    done: list[dict[str, int]] = []

    def work() -> None:
        done.append(tidy())
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(counts.get("runs", 0) for counts in done) == 10
    assert len(ids(connection, "integrations_syncrun")) == NEWEST_RUNS


def _add_refusal(connection: Connection, name: str, since: int, until: int | None) -> int:
    return one(
        connection,
        "INSERT INTO integrations_refusal (tenant_id, integration_id, object_id, reason, detail,"
        " since_run, until_run) VALUES (1, 1, %s, 'disabled', '', %s, %s) RETURNING id",
        *(name, since, until),
    )


def _add_reading(connection: Connection, integration: int, begun: datetime, *, pages: int) -> None:
    connection.execute(
        "INSERT INTO integrations_reading (integration_id, tenant_id, complete, shape, since,"
        " started_at, cursor) VALUES (%s, %s, true, '', '', %s, '')",
        [integration, integration, begun],
    )
    connection.execute(
        "INSERT INTO integrations_stagedpage (integration_id, tenant_id, position, records, resume)"
        " SELECT %s, %s, n, '', '' FROM generate_series(1, %s) n",
        [integration, integration, pages],
    )


def _add_entries(connection: Connection, days: int, count: int) -> None:
    connection.execute(
        "INSERT INTO audit_auditentry (tenant_id, at, actor, action, subject, detail)"
        " SELECT 1, %s, 'test', 'test.done', '', '{}' FROM generate_series(1, %s)",
        [NOW - timedelta(days=days), count],
    )
