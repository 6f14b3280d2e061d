"""The queue: who comes first, what was lost, and runs whose worker is gone."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from rollcall.core.errors import FencedError
from rollcall.integrations.queue import drop_dead_jobs, queue_waiting
from rollcall.integrations.recovery import (
    LOCK_CLASS,
    connection_name,
    successor_of,
    take_over,
    take_over_dead,
)
from rollcall.integrations.run_operations import RunRequest, cancel_run, request_run
from rollcall.integrations.runs import get_summary
from rollcall.integrations.schedules import reckon_schedules, request_due
from rollcall.store import session
from rollcall.store.claims import begin_run, lock_integration, raise_fence
from tests.integration.conftest import MakeSite
from tests.sites import ACTOR, Site

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant, scheduled."""
    site = new_site("people:6:0")
    reckon_schedules(now=NOW)
    return site


def change(site: Site, query: str) -> None:
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connection:
        connection.execute(query.encode())


def jobs(site: Site) -> list[tuple[str, int, str]]:
    """Return lane, priority and run of each job, in the order in which workers take them."""
    with psycopg.connect(site.machine.conninfo) as connection:
        return connection.execute(
            "SELECT queue_name, priority, queueing_lock FROM procrastinate_jobs "
            "ORDER BY priority DESC, id"
        ).fetchall()


def ask(site: Site) -> int:
    summary, new = request_run(site.integration, RunRequest(trigger="manual", asked_by=ACTOR))
    assert new
    return summary.id


def be_due(site: Site) -> None:
    change(site, "UPDATE integrations_schedule SET next_at = now() - interval '1 minute'")
    assert request_due(now=datetime.now(UTC)) == 1


@contextmanager
def running(site: Site) -> Iterator[tuple[int, session.Session, asyncio.Runner]]:
    """Have a run that a worker is at: its lock, its fence, its connections."""
    run_id = ask(site)
    tenant_id, integration_id = site.tenant.id, site.integration.id

    async def begin(stack: AsyncExitStack) -> session.Session:
        name = connection_name(run_id)
        reader = await site.machine.connect(stack, name=name)
        assert await lock_integration(reader, integration_id)
        scope = await raise_fence(
            reader, tenant_id=tenant_id, integration_id=integration_id, run_id=run_id
        )
        assert await begin_run(reader, scope, worker="test", now=datetime.now(UTC))
        return session.Session(reader, await site.machine.connect(stack, name=name), scope)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            yield run_id, runner.run(begin(stack)), runner
        finally:
            runner.run(stack.aclose())


def test_what_a_person_asks_for_comes_before_the_night(site: Site, new_site: MakeSite) -> None:
    other = new_site("people:6:0,name=other", slug="other")
    be_due(site)
    run_id = ask(other)
    assert jobs(site)[0] == ("quick", 100, f"run:{run_id}")


def test_small_tenants_come_before_large_ones(site: Site, new_site: MakeSite) -> None:
    new_site("people:6:0,name=other", slug="other")
    reckon_schedules(now=NOW)
    change(
        site,
        "UPDATE integrations_schedule SET next_at = now() - interval '1 minute', people = "
        f"CASE WHEN integration_id = {site.integration.id} THEN 4000 ELSE 40 END",
    )
    assert request_due(now=datetime.now(UTC)) == 2
    order = [int(lock.removeprefix("run:")) for _, _, lock in jobs(site)]
    assert [get_summary(run_id).integration_id for run_id in order][-1] == site.integration.id


@pytest.mark.parametrize("size", ["people = 5000", "seconds = 61"])
def test_long_runs_of_the_night_have_a_lane_of_their_own(site: Site, size: str) -> None:
    change(site, f"UPDATE integrations_schedule SET {size}")
    be_due(site)
    assert jobs(site)[0][0] == "long"


def test_a_person_who_asks_for_a_long_run_does_not_wait_for_other_long_ones(site: Site) -> None:
    change(site, "UPDATE integrations_schedule SET people = 50000")
    ask(site)
    assert jobs(site)[0][0] == "quick"


def test_a_job_that_was_lost_is_made_anew_once(site: Site) -> None:
    run_id = ask(site)
    change(site, "DELETE FROM procrastinate_jobs")
    assert queue_waiting() == 1
    assert queue_waiting() == 0
    assert [lock for _, _, lock in jobs(site)] == [f"run:{run_id}"]


def test_a_cancelled_run_leaves_no_job(site: Site) -> None:
    cancel_run(ask(site), actor=ACTOR, now=NOW)
    assert jobs(site) == []


def test_the_job_of_a_dead_worker_is_dropped_and_of_a_living_one_is_not(site: Site) -> None:
    ask(site)
    change(site, "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    change(
        site,
        "UPDATE procrastinate_jobs SET status = 'doing', "
        "worker_id = (SELECT max(id) FROM procrastinate_workers)",
    )
    assert drop_dead_jobs() == 0
    change(site, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
    assert drop_dead_jobs() == 1
    assert queue_waiting() == 1


def test_a_run_at_which_a_worker_is_stays_with_it(site: Site) -> None:
    with running(site) as (run_id, _, _):
        change(site, "UPDATE integrations_syncrun SET beat_at = now() - interval '20 seconds'")
        assert take_over_dead(now=NOW) == 0
        assert get_summary(run_id).state == "running"


def test_a_run_whose_lock_is_free_is_gone_on_with(site: Site) -> None:
    with running(site) as (run_id, _, _):
        pass
    assert take_over_dead(now=NOW) == 0, "its worker may be writing down how it ended"
    change(site, "UPDATE integrations_syncrun SET beat_at = now() - interval '10 seconds'")
    assert take_over_dead(now=datetime.now(UTC)) == 1
    following = successor_of(run_id)
    assert following is not None
    assert get_summary(following).state == "queued"
    assert get_summary(following).since == get_summary(run_id).started_at
    assert [lock for _, _, lock in jobs(site)][-1] == f"run:{following}"


def test_a_silent_worker_loses_its_connections_and_can_write_no_more(site: Site) -> None:
    with running(site) as (run_id, work, runner):
        change(site, "UPDATE integrations_syncrun SET beat_at = now() - interval '41 seconds'")
        assert take_over_dead(now=datetime.now(UTC)) == 1
        assert successor_of(run_id) is not None
        with pytest.raises(Exception, match="does not answer"):
            runner.run(work.fetch("SELECT 1"))


def test_a_worker_that_kept_its_connections_is_stopped_by_the_fence(site: Site) -> None:
    with running(site) as (run_id, work, runner):
        change(site, "UPDATE integrations_syncrun SET state = 'failed', finished_at = now()")
        change(site, "UPDATE integrations_integration SET fence = fence + 1")

        async def write() -> None:
            async with work.write():
                pass

        with pytest.raises(FencedError):
            runner.run(write())
        with pytest.raises(FencedError):
            runner.run(work.save_progress({}, {"requests": 1, "items": 0, "throttled_seconds": 0}))
        assert get_summary(run_id).state == "failed"


def test_two_schedulers_that_take_a_run_over_at_once_make_one_of_it(site: Site) -> None:
    with running(site) as (run_id, _, _):
        pass
    assert take_over(run_id, now=datetime.now(UTC))
    assert not take_over(run_id, now=datetime.now(UTC))
    assert len(jobs(site)) == 1


def test_a_run_that_somebody_cancelled_is_not_gone_on_with(site: Site) -> None:
    with running(site) as (run_id, _, _):
        cancel_run(run_id, actor=ACTOR, now=NOW)
    assert not take_over(run_id, now=datetime.now(UTC))
    assert get_summary(run_id).state == "cancelled"
    assert successor_of(run_id) is None


def test_the_lock_that_recovery_looks_for_is_the_stores() -> None:
    assert LOCK_CLASS == session.LOCK_CLASS
