"""The schedule in the database: what is due is asked for once, whatever happened before."""

from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest

from rollcall.core.errors import SetupError
from rollcall.core.schedule import RETRIES, SPREAD, spread
from rollcall.integrations.operations import pause, resume
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.runs import get_summary, list_runs
from rollcall.integrations.schedules import find_schedule, reckon_schedules, request_due
from rollcall.tenants.operations import change_tenant, suspend_tenant
from rollcall.wiring.sync import carry_out
from tests.integration.conftest import MakeSite
from tests.sites import ACTOR, Site

DAY = timedelta(days=1)


def noon_of_a_winter_day() -> datetime:
    """Return noon of the next 20 January or 20 November: winter time, and within the year.

    What the site holds, its certificate above all, is made today and must be valid by then.
    """
    now = datetime.now(UTC)
    noons = [
        datetime(year, month, 20, 12, tzinfo=UTC)
        for year in (now.year, now.year + 1)
        for month in (1, 11)
    ]
    return next(noon for noon in noons if noon > now + DAY)


NOON = noon_of_a_winter_day()
MIDNIGHT_IN_BERLIN = NOON.replace(hour=23)


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant in Berlin, to be synchronised at midnight; it is noon in London."""
    site = new_site("people:6:0")
    move_to(site, NOON)
    reckon_schedules(now=NOON)
    return site


def next_at(site: Site) -> datetime:
    schedule = find_schedule(site.integration.id)
    assert schedule is not None
    return schedule.next_at


def night(site: Site, day: int = 0) -> datetime:
    """When the site's run of a night begins."""
    return MIDNIGHT_IN_BERLIN + DAY * day + spread(site.integration.id)


def queued(site: Site) -> list[int]:
    with psycopg.connect(site.machine.conninfo) as connection:
        rows = connection.execute("SELECT id FROM integrations_syncrun WHERE state = 'queued'")
        return [run_id for (run_id,) in rows]


def carry_out_queued(site: Site) -> str:
    (run_id,) = queued(site)
    view = carry_out(site.machine, get_summary(run_id), clock=site.clock, pace=site.pace)
    return view.state


def jobs(site: Site) -> list[tuple[str, str, str]]:
    with psycopg.connect(site.machine.conninfo) as connection:
        return connection.execute(
            "SELECT queue_name, lock, queueing_lock FROM procrastinate_jobs ORDER BY id"
        ).fetchall()


def move_to(site: Site, moment: datetime) -> None:
    """Let it be that moment, here and at Microsoft's."""
    site.clock.moment = moment
    site.simulator.set_clock((moment - datetime.now(UTC)).total_seconds())


def refuse_for_now(site: Site) -> int:
    """Let Microsoft be out of order."""
    return site.simulator.fault("status", status=503, path="/users", times=None)


def test_the_next_run_is_at_the_tenants_time_in_its_zone_spread_a_little(site: Site) -> None:
    assert next_at(site) == night(site)
    assert MIDNIGHT_IN_BERLIN <= next_at(site) < MIDNIGHT_IN_BERLIN + SPREAD


def test_nothing_is_asked_for_before_its_time(site: Site) -> None:
    assert request_due(now=night(site) - timedelta(seconds=1)) == 0
    assert queued(site) == []


def test_at_its_time_a_run_is_asked_for_once(site: Site) -> None:
    assert request_due(now=night(site)) == 1
    assert request_due(now=night(site)) == 0
    (run_id,) = queued(site)
    assert jobs(site) == [("quick", f"integration:{site.integration.id}", f"run:{run_id}")]
    assert next_at(site) == night(site, 1)
    assert get_summary(run_id).trigger == "schedule"


def test_nights_that_were_missed_are_made_up_for_by_one_run(site: Site) -> None:
    late = night(site, 3) + timedelta(hours=7)
    assert request_due(now=late) == 1
    assert request_due(now=late) == 0
    assert next_at(site) == night(site, 4)


def test_another_time_or_zone_is_reckoned_with_at_once(site: Site) -> None:
    site.set(sync_time=time(14, 30))
    reckon_schedules(now=NOON)
    assert next_at(site) == NOON.replace(hour=13, minute=30) + spread(site.integration.id)

    change_tenant(site.slug, time_zone="America/New_York")
    reckon_schedules(now=NOON)
    assert next_at(site) == NOON.replace(hour=19, minute=30) + spread(site.integration.id)


def test_a_time_that_has_just_passed_waits_for_tomorrow(site: Site) -> None:
    site.set(sync_time=time(12, 59))  # it is 13:00 in Berlin
    reckon_schedules(now=NOON)
    assert next_at(site).date() == (NOON + DAY).date()


def test_a_paused_tenant_is_passed_over_and_makes_nothing_up(site: Site) -> None:
    pause(site.tenant.id, actor=ACTOR)
    assert request_due(now=night(site)) == 0
    resume(site.tenant.id, actor=ACTOR)
    assert request_due(now=night(site) + timedelta(hours=1)) == 0
    assert request_due(now=night(site, 1)) == 1


def test_a_suspended_tenant_is_passed_over(site: Site) -> None:
    suspend_tenant(site.slug)
    assert request_due(now=night(site)) == 0


def test_what_is_not_connected_or_switched_off_is_passed_over(site: Site) -> None:
    site.set(users=False, photos=False)
    assert request_due(now=night(site)) == 0
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connection:
        connection.execute("UPDATE integrations_integration SET users = true")
        connection.execute("UPDATE integrations_keypair SET state = 'retired'")
    assert request_due(now=night(site, 1)) == 0


def test_a_run_that_is_on_counts_as_the_nights(site: Site) -> None:
    request_run(site.integration, RunRequest(trigger="manual", asked_by=ACTOR))
    request_due(now=night(site))
    (run_id,) = queued(site)
    assert get_summary(run_id).trigger == "manual"
    assert len(jobs(site)) == 1


def test_what_passes_by_itself_is_tried_again_later_and_later(site: Site) -> None:
    refuse_for_now(site)
    request_due(now=night(site))
    move_to(site, night(site))
    seen = []
    for _ in RETRIES:
        assert carry_out_queued(site) == "failed"
        seen.append(next_at(site) - site.clock.moment)
        move_to(site, next_at(site))
        assert request_due(now=site.clock.moment) == 1
    for wait, least in zip(seen, RETRIES, strict=True):
        assert least <= wait <= least + timedelta(minutes=1)

    assert carry_out_queued(site) == "failed"
    assert next_at(site) == night(site, 1)
    assert [run.trigger for run in list_runs(site.tenant.id, limit=10)] == [
        *["retry"] * len(RETRIES),
        "schedule",
    ]


def test_a_success_ends_the_attempts(site: Site) -> None:
    fault = refuse_for_now(site)
    request_due(now=night(site))
    move_to(site, night(site))
    assert carry_out_queued(site) == "failed"
    site.simulator.clear_faults(fault)
    move_to(site, next_at(site))
    request_due(now=site.clock.moment)
    assert carry_out_queued(site) == "applied"
    schedule = find_schedule(site.integration.id)
    assert schedule is not None
    assert (schedule.attempts, schedule.next_at) == (0, night(site, 1))
    assert schedule.succeeded_at == site.clock.moment


def test_what_an_administrator_must_mend_is_not_tried_again(site: Site) -> None:
    site.application.set_enabled(enabled=False)
    request_due(now=night(site))
    move_to(site, night(site))
    assert carry_out_queued(site) == "failed"
    assert next_at(site) == night(site, 1)


def test_a_run_that_a_person_asked_for_is_not_tried_again_by_itself(site: Site) -> None:
    refuse_for_now(site)
    site.sync(expect="failed")
    assert next_at(site) == night(site)


def test_a_suspended_tenants_queued_run_ends_with_a_sentence(site: Site) -> None:
    request_due(now=night(site))
    suspend_tenant(site.slug)
    (run_id,) = queued(site)
    view = carry_out(site.machine, get_summary(run_id), clock=site.clock, pace=site.pace)
    assert view.state == "failed"
    assert view.error is not None
    assert view.error["code"] == "suspended"


def test_asking_for_a_paused_tenant_says_how_to_resume(site: Site) -> None:
    pause(site.tenant.id, actor=ACTOR)
    with pytest.raises(SetupError, match="sync resume"):
        request_run(site.integration, RunRequest(trigger="manual", asked_by=ACTOR))


def test_a_tenant_whose_zone_nobody_knows_keeps_no_other_from_its_night(
    site: Site, new_site: MakeSite
) -> None:
    other = new_site("people:4:0,name=other", slug="other")
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connection:
        connection.execute(
            "UPDATE tenants_tenant SET time_zone = 'Mars/Olympus' WHERE slug = 'other'"
        )
    reckon_schedules(now=NOON)
    assert next_at(other) == NOON.replace(hour=0) + DAY + spread(other.integration.id)
    assert request_due(now=night(site)) == 1
