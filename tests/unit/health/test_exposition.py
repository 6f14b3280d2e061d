"""What /metrics says follows from the facts."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rollcall.health.catalogue import METRICS
from rollcall.health.exposition import render_page
from rollcall.health.facts import (
    Facts,
    Processes,
    SwitchNumber,
    Tally,
    TenantCount,
    TrunkCount,
)
from tests.unit.health.facts import NOW, facts, tenant

DAY = timedelta(days=1)
Figures = dict[str, dict[tuple[str, ...], float]]


def figures_of(given: Facts | None, *, most: int = 1000) -> Figures:
    """Return the page as Prometheus reads it: by name, then by the labels' values."""
    page = render_page(given, certificate_ends=NOW + 20 * DAY, now=NOW, most_tenants=most)
    figures: Figures = {}
    for family in text_string_to_metric_families(page.decode()):
        figures.setdefault(family.name, {})
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            figures.setdefault(sample.name, {})[labels] = sample.value
    return figures


def test_every_metric_of_the_catalogue_is_on_the_page_with_its_kind_and_help() -> None:
    page = render_page(facts(tenant()), certificate_ends=NOW, now=NOW, most_tenants=1000).decode()

    for metric in METRICS:
        assert f"# TYPE {metric.name} {metric.kind}\n" in page
        assert f"# HELP {metric.name} {metric.help}\n" in page
    assert page.count("# TYPE ") == len(METRICS)


def test_names_of_metrics_follow_the_rules_of_prometheus() -> None:
    for metric in METRICS:
        assert metric.name.startswith("rollcall_")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.help.endswith(".")
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_without_a_database_the_page_says_so_and_what_it_knows_itself() -> None:
    figures = figures_of(None)

    assert figures["rollcall_database_up"] == {(): 0}
    assert figures["rollcall_web_certificate_days"] == {(): 20}
    assert set(figures) == {
        "rollcall_build_info",
        "rollcall_database_up",
        "rollcall_web_certificate_days",
    }


def test_runs_are_counted_by_what_began_them_and_how_they_ended() -> None:
    figures = figures_of(
        facts(
            tallies=(
                _tally("schedule", "applied", runs=5, seconds=70, within=(1, 3, 5, 5, 5)),
                _tally("schedule", "failed", runs=2, seconds=4000, within=(0, 0, 1, 1, 1)),
                _tally("manual", "applied", runs=1, seconds=0.5, within=(1, 1, 1, 1, 1)),
            )
        )
    )

    assert figures["rollcall_runs_total"] == {
        ("applied", "manual"): 1,
        ("applied", "schedule"): 5,
        ("failed", "schedule"): 2,
    }
    buckets = figures["rollcall_run_seconds_bucket"]
    scheduled = {bound: count for (bound, trigger), count in buckets.items() if trigger != "manual"}
    assert scheduled == {"1.0": 1, "10.0": 3, "60.0": 6, "600.0": 6, "3600.0": 6, "+Inf": 7}
    assert figures["rollcall_run_seconds_sum"] == {("manual",): 0.5, ("schedule",): 4070}
    assert figures["rollcall_run_seconds_count"] == {("manual",): 1, ("schedule",): 7}
    assert figures["rollcall_requests_total"] == {(): 30}
    assert figures["rollcall_items_total"] == {(): 60}
    assert figures["rollcall_throttled_seconds_total"] == {(): 4.5}


def test_kinds_of_processes_that_are_not_alive_count_as_none() -> None:
    alive = (Processes(kind="worker", alive=2, slots=18, load=3),)
    figures = figures_of(facts(processes=alive))

    assert figures["rollcall_processes"] == {
        ("up",): 0,
        ("web",): 0,
        ("worker",): 2,
        ("scheduler",): 0,
        ("switch",): 0,
    }
    assert figures["rollcall_worker_slots"] == {(): 18}
    assert figures["rollcall_worker_load"] == {(): 3}


def test_a_switch_that_has_said_nothing_lately_has_no_lines() -> None:
    silent = figures_of(facts())
    said = figures_of(
        facts(
            switch=(
                SwitchNumber(name="calls", value=3),
                SwitchNumber(name="registrations", value=40),
                SwitchNumber(name="requests", value=900),
                SwitchNumber(name="refused", value=7),
            ),
            trunks=(TrunkCount(state="refused", trunks=2),),
        )
    )

    assert silent.get("rollcall_switch_calls", {}) == {}
    assert said["rollcall_switch_calls"] == {(): 3}
    assert said["rollcall_switch_registrations"] == {(): 40}
    assert said["rollcall_switch_requests_total"] == {(): 900}
    assert said["rollcall_switch_refused_total"] == {(): 7}
    assert said["rollcall_trunks"][("refused",)] == 2
    assert said["rollcall_trunks"][("registered",)] == 0


def test_states_that_no_tenant_is_in_count_as_none() -> None:
    figures = figures_of(facts(tenants=(TenantCount(state="active", tenants=3),)))

    assert figures["rollcall_tenants"] == {("active",): 3, ("suspended",): 0}


def test_late_is_who_may_run_and_should_have_been_queued_a_minute_ago() -> None:
    late, soon = NOW - timedelta(minutes=10), NOW - timedelta(seconds=50)
    figures = figures_of(
        facts(
            tenant("late", next_at=late),
            tenant("later", next_at=NOW - timedelta(seconds=90)),
            tenant("just", next_at=soon),
            tenant("paused", next_at=late, paused=True),
            tenant("suspended", next_at=late, active=False),
            tenant("new", next_at=None),
        )
    )

    assert figures["rollcall_schedules_due"] == {(): 2}
    assert figures["rollcall_schedule_late_seconds_max"] == {(): 600}


def test_nobody_is_late_when_nobody_is_due() -> None:
    assert figures_of(facts())["rollcall_schedule_late_seconds_max"] == {(): 0}


def test_who_needs_no_run_needs_no_hand() -> None:
    figures = figures_of(
        facts(
            tenant("a", run_state="failed"),
            tenant("b", run_state="failed", paused=True),
            tenant("c", run_state="failed", active=False),
            tenant("d", run_state="held"),
            tenant("e", run_state=None),
        )
    )

    assert figures["rollcall_integrations_failed"] == {(): 1}
    assert figures["rollcall_integrations_held"] == {(): 1}
    assert figures["rollcall_integrations_paused"] == {(): 1}


@pytest.mark.parametrize(
    ("ends", "within"),
    [
        (NOW - timedelta(seconds=1), {"60", "30", "14", "7", "1", "0"}),
        (NOW + timedelta(seconds=1), {"60", "30", "14", "7", "1"}),
        (NOW + 7 * DAY, {"60", "30", "14", "7"}),
        (NOW + 7 * DAY + timedelta(seconds=1), {"60", "30", "14"}),
        (NOW + 61 * DAY, set()),
    ],
)
def test_a_certificate_expires_within_all_spans_that_hold_its_end(
    ends: object, within: set[str]
) -> None:
    figures = figures_of(facts(tenant(certificate_ends=ends), tenant("b", certificate_ends=None)))

    expiring = figures["rollcall_certificates_expiring"]
    assert {days for (days,), count in expiring.items() if count} == within


def test_lines_are_for_those_first_who_need_a_hand_most() -> None:
    in_order = (
        tenant("failed", run_state="failed"),
        tenant("tried-again", attempts=2),
        tenant("held", run_state="held"),
        tenant("expiring", certificate_ends=NOW + 3 * DAY),
        tenant("never", succeeded_at=None),
        tenant("long-ago", succeeded_at=NOW - 30 * DAY),
        tenant("well"),
        tenant("asleep", run_state="failed", paused=True),
    )
    for most in range(len(in_order) + 1):
        figures = figures_of(facts(*reversed(in_order)), most=most)
        chosen = {slug for (slug,) in figures["rollcall_tenant_people"]}
        assert chosen == {each.slug for each in in_order[:most]}
        assert figures["rollcall_tenants_without_lines"] == {(): len(in_order) - most}


def test_a_tenant_has_lines_for_what_there_is() -> None:
    figures = figures_of(
        facts(
            tenant("contoso", attempts=3),
            tenant("new", succeeded_at=None, next_at=None, certificate_ends=None, run_state=None),
            tenant("paused", paused=True),
        )
    )

    assert set(figures["rollcall_tenant_last_success_timestamp_seconds"]) == {
        ("contoso",),
        ("paused",),
    }
    assert figures["rollcall_tenant_next_run_timestamp_seconds"] == {
        ("contoso",): (NOW + DAY / 2).timestamp()
    }
    assert set(figures["rollcall_tenant_certificate_days"]) == {("contoso",), ("paused",)}
    assert figures["rollcall_tenant_failed_attempts"][("contoso",)] == 3
    assert figures["rollcall_tenant_run_failed"] == {("contoso",): 0, ("new",): 0, ("paused",): 0}


def _tally(
    trigger: str, state: str, *, runs: int, seconds: float, within: tuple[int, ...]
) -> Tally:
    return Tally(
        trigger=trigger,
        state=state,
        runs=runs,
        seconds=seconds,
        requests=10,
        items=20,
        throttled_seconds=1.5,
        within=within,
    )
