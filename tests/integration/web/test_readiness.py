"""What /healthz, /readyz and /metrics say while the database is there, gone, or stuck."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from rollcall.health.readiness import FRESH_SECONDS
from rollcall.host.cluster import find_cluster
from rollcall.host.postgres import running_database, stop_database
from rollcall.host.postmaster import find_postmaster
from tests.integration.commands.program import Program
from tests.integration.web.server import Answer, Web, wait_until

PATIENCE = 5.0
"""Seconds after which a load balancer or a scraper has given up."""


@pytest.fixture
def ready_web(web: Web) -> Iterator[Web]:
    """The web server, none of whose processes remembers what the test before did."""
    yield web
    time.sleep(FRESH_SECONDS)
    wait_until(lambda: web.ask("/readyz").status == 200)


def test_all_is_well_while_the_database_answers(ready_web: Web) -> None:
    answer = ready_web.ask("/readyz")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "ready": True,
        "checks": {
            "database": {"ok": True, "needed": True, "message": "It answers."},
            "tables": {"ok": True, "needed": True, "message": "They are up to date."},
            "scheduler": {"ok": False, "needed": False, "message": "None is alive."},
            "worker": {"ok": False, "needed": False, "message": "None is alive."},
        },
    }


def test_processes_that_are_alive_are_told_of(ready_web: Web) -> None:
    with ready_web.program.database() as conninfo, living(conninfo, "worker", "scheduler"):
        time.sleep(FRESH_SECONDS)
        checks = ready_web.ask("/readyz").json()["checks"]
        page = ready_web.ask("/metrics").body

    assert checks["worker"] == {"ok": True, "needed": False, "message": "1 alive."}
    assert checks["scheduler"]["ok"]
    assert 'rollcall_processes{kind="worker"} 1.0' in page
    assert "rollcall_worker_slots 9.0" in page
    assert "rollcall_worker_load 2.0" in page


def test_a_missing_migration_is_found_out(ready_web: Web) -> None:
    newest = "app = 'integrations' AND name = '0002_always_on'"
    with ready_web.program.database() as conninfo, psycopg.connect(conninfo) as owner:
        owner.execute(f"UPDATE django_migrations SET app = 'gone' WHERE {newest}")
        owner.commit()
        answer = told_not_ready(ready_web).json()
        owner.execute("UPDATE django_migrations SET app = 'integrations' WHERE app = 'gone'")

    assert not answer["ready"]
    assert answer["checks"]["database"]["ok"]
    assert answer["checks"]["tables"]["message"] == "1 migrations are missing."


def test_without_a_database_it_is_healthy_and_not_ready(ready_web: Web) -> None:
    environment = ready_web.program.environment
    stop_database(environment, force=True)
    try:
        with within(PATIENCE):
            assert ready_web.ask("/healthz").body == "ok\n"
        with within(PATIENCE):
            answer = told_not_ready(ready_web)
        with within(PATIENCE):
            page = ready_web.ask("/metrics")
    finally:
        with running_database(environment):  # it brings back a server that is gone
            pass

    assert not answer.json()["checks"]["database"]["ok"]
    assert page.status == 200
    assert "rollcall_database_up 0.0" in page.body
    assert "rollcall_web_certificate_days 824.0" in page.body
    assert "rollcall_runs_queued" not in page.body


def test_a_database_that_hangs_holds_nobody_up(ready_web: Web) -> None:
    with frozen_database(ready_web.program):
        with within(PATIENCE):
            answer = told_not_ready(ready_web)
        with within(1.0):
            assert ready_web.ask("/healthz").status == 200

    assert not answer.json()["ready"]


def told_not_ready(web: Web) -> Answer:
    """Ask until the answer is no; what was known a second ago may come first."""
    while (answer := web.ask("/readyz")).status != 503:
        pass
    return answer


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """See that the block takes no longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@contextmanager
def frozen_database(program: Program) -> Iterator[None]:
    """Have a server that takes connections and says nothing on them."""
    cluster = find_cluster(program.home)
    assert cluster is not None
    postmaster = find_postmaster(cluster.data)
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(postmaster.pid, signal.SIGCONT)


@contextmanager
def living(conninfo: str, *kinds: str) -> Iterator[None]:
    """Have processes of these kinds in the list of the living."""
    with psycopg.connect(conninfo, autocommit=True) as owner:
        for kind in kinds:
            owner.execute(
                "INSERT INTO fleet_process (id, kind, host, pid, version, load, capacity) "
                "VALUES (gen_random_uuid(), %s, 'test', 1, '0', 2, 9)",
                [kind],
            )
        yield
        owner.execute("DELETE FROM fleet_process WHERE host = 'test'")
