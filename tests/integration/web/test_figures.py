"""What /metrics counts is what is in the database, also where that is much."""

import time

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rollcall.health.exposition import render_page
from rollcall.health.facts import Facts, IntegrationFacts, read_facts
from tests.integration.web.crowd import fill

SECONDS = 1.0
TENANTS = 5000
RUNS_EACH = 20

Figures = dict[str, dict[tuple[str, ...], float]]


def test_five_thousand_tenants_are_counted_within_a_second(conninfo: str) -> None:
    fill(conninfo, tenants=TENANTS, runs_each=RUNS_EACH)
    read_facts(conninfo)  # so that what is measured is not a cold cache

    begun = time.monotonic()
    facts = read_facts(conninfo)
    page = render_page(facts, certificate_ends=None, now=facts.now, most_tenants=1000)
    seconds = time.monotonic() - begun

    figures = read_page(page)
    assert seconds < SECONDS
    assert figures["rollcall_tenants"] == {("active",): 4950, ("suspended",): 50}
    assert figures["rollcall_integrations_paused"] == {(): 50}
    assert figures["rollcall_integrations_failed"] == {(): 50}
    assert figures["rollcall_integrations_held"] == {(): 50}
    assert figures["rollcall_schedules_due"] == {(): 50}
    assert 300 < figures["rollcall_schedule_late_seconds_max"][()] < 400
    assert figures["rollcall_tenants_without_lines"] == {(): TENANTS - 1000}
    assert sum(figures["rollcall_tenant_run_failed"].values()) == 50
    assert len(figures["rollcall_tenant_people"]) == 1000


@pytest.fixture
def small(conninfo: str) -> str:
    """A database with one hundred tenants."""
    fill(conninfo, tenants=100, runs_each=3)
    return conninfo


def test_certificates_are_counted_by_the_key_pair_in_use(small: str) -> None:
    """The key pair of the n-th tenant expires in n days; a newer one waits for each of them."""
    figures = read_page(page_of(read_facts(small)))["rollcall_certificates_expiring"]

    # Without the suspended one; the hundredth expired today.
    counts = {"60": 60, "30": 30, "14": 14, "7": 7, "1": 2, "0": 1}
    assert figures == {(within,): count for within, count in counts.items()}


def test_a_key_pair_that_waits_counts_where_none_is_in_use(small: str) -> None:
    with psycopg.connect(small) as owner:
        owner.execute("DELETE FROM integrations_keypair WHERE state <> 'pending'")
    figures = read_page(page_of(read_facts(small)))

    assert set(figures["rollcall_certificates_expiring"].values()) == {0}
    assert min(figures["rollcall_tenant_certificate_days"].values()) >= 300


def test_a_key_pair_that_was_retired_does_not_count(small: str) -> None:
    with psycopg.connect(small) as owner:
        owner.execute("DELETE FROM integrations_keypair WHERE state <> 'retired'")

    assert {each.certificate_ends for each in read_facts(small).integrations} == {None}


def test_the_newest_run_that_ended_and_was_no_preview_counts(small: str) -> None:
    tenant = facts_of(small, "tenant-5")
    assert tenant.run_state == "applied"
    add_run(small, "tenant-5", "failed")
    add_run(small, "tenant-5", "planned", dry_run=True)
    add_run(small, "tenant-5", "running")

    assert facts_of(small, "tenant-5").failed
    assert not facts_of(small, "tenant-6").failed


def test_the_queue_is_counted(small: str) -> None:
    for number, state in enumerate(("queued", "queued", "running"), start=20):
        add_run(small, f"tenant-{number}", state)

    queue = read_facts(small).queue

    assert (queue.queued, queue.running) == (2, 1)
    assert 600 < queue.oldest_seconds < 700


def test_what_runs_add_up_to_is_shown(small: str) -> None:
    row = "('schedule', 'applied', 3, 12.5, 40, 900, 7.5, '{1,2,3,3,3}')"
    with psycopg.connect(small) as owner:
        owner.execute(
            "INSERT INTO integrations_runtally (trigger, state, runs, seconds, requests, items, "
            f"throttled_seconds, within) VALUES {row}".encode()
        )
    figures = read_page(page_of(read_facts(small)))

    assert figures["rollcall_runs_total"] == {("applied", "schedule"): 3}
    assert figures["rollcall_run_seconds_bucket"][("60.0", "schedule")] == 3
    assert figures["rollcall_throttled_seconds_total"] == {(): 7.5}


def test_facts_are_read_as_the_role_that_sees_listed_columns_only(small: str) -> None:
    with psycopg.connect(small, autocommit=True) as owner:
        owner.execute("REVOKE SELECT (people) ON integrations_schedule FROM rollcall_system")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read_facts(small)


def page_of(facts: Facts) -> bytes:
    return render_page(facts, certificate_ends=None, now=facts.now, most_tenants=1000)


def read_page(page: bytes) -> Figures:
    """Read a page as Prometheus does: by name, then by the labels' values, in order of names."""
    figures: Figures = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            figures.setdefault(sample.name, {})[
                tuple(v for _, v in sorted(sample.labels.items()))
            ] = sample.value
    return figures


def facts_of(conninfo: str, slug: str) -> IntegrationFacts:
    return next(each for each in read_facts(conninfo).integrations if each.slug == slug)


def add_run(conninfo: str, slug: str, state: str, *, dry_run: bool = False) -> None:
    """Add a run, which was asked for ten minutes ago."""
    ended = "NULL" if state in {"queued", "running"} else "now()"
    with psycopg.connect(conninfo) as owner:
        owner.execute(
            "INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, "
            'asked_at, state, dry_run, "full", stages, fence, finished_at, cancel_requested, '
            "progress, counts, problems, refused, hold, announced, requests, items, "
            "throttled_seconds) SELECT i.tenant_id, i.id, 'manual', 'x', now() - interval '10 min',"
            f" %s, %s, false, '{{}}', 1, {ended}, false, '{{}}', '{{}}', '[]', '{{}}', '', true, "
            "0, 0, 0 FROM integrations_integration i JOIN tenants_tenant t ON t.id = i.tenant_id "
            "WHERE t.slug = %s".encode(),
            [state, dry_run, slug],
        )
