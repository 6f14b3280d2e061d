"""The sample alerts and the dashboard ask for metrics that there are, by labels that these have."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from rollcall.health.catalogue import METRICS, Metric
from rollcall.health.exposition import KINDS, WITHIN_DAYS
from tests.needs import ROOT
from tests.unit.docs.pages import anchors, read_page

ALERTS = ROOT / "deploy/prometheus/rollcall-alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/rollcall.json"
FOLDED = ">-"

OF_PROMETHEUS = {"job", "instance"}
"""Labels that the scrape adds."""

NAMES = {metric.name: metric for metric in METRICS}
PARTS = {
    f"{metric.name}_{part}": metric
    for metric in METRICS
    if metric.kind == "histogram"
    for part in ("bucket", "sum", "count")
}

_METRIC = re.compile(r"\brollcall_\w+")
_SELECTOR = re.compile(r"(?P<name>\w+)\{(?P<labels>[^}]*)\}")
_MATCHER = re.compile(r'(?P<label>\w+)\s*=~?\s*"(?P<value>[^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on) \((?P<labels>[^)]*)\)")


@dataclass(frozen=True)
class Alert:
    """One alert of the file: its lines by their keys."""

    name: str
    lines: dict[str, str]

    @property
    def expression(self) -> str:
        return self.lines["expr"]


def read_alerts() -> Iterator[Alert]:
    """Read the file, which keeps to a small part of YAML: keys, texts, one folded expression."""
    for block in ALERTS.read_text(encoding="utf-8").split("- alert: ")[1:]:
        name, *rows = block.splitlines()
        lines: dict[str, str] = {}
        key = ""
        for row in rows:
            match = re.fullmatch(r"\s+(?P<key>[a-z]+):(?P<value>.*)", row)
            if match:
                key, lines[match["key"]] = match["key"], match["value"].strip()
            elif row.strip():
                assert lines[key] == FOLDED or lines[key].startswith(FOLDED)
                lines[key] += f" {row.strip()}"
        yield Alert(name, {each: text.removeprefix(FOLDED).strip() for each, text in lines.items()})


def read_panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"])


def expressions() -> dict[str, str]:
    """Every expression of both files, by where it stands."""
    asked = {f"alert {alert.name}": alert.expression for alert in read_alerts()}
    for panel in read_panels():
        for target in panel["targets"]:
            asked[f"panel {panel['title']} {target['refId']}"] = target["expr"]
    return asked


asking = pytest.mark.parametrize(
    "expression", list(expressions().values()), ids=list(expressions())
)


@asking
def test_only_metrics_that_there_are_are_asked_for(expression: str) -> None:
    named = set(_METRIC.findall(expression))

    assert named or expression == 'up{job="rollcall"} == 0'
    assert named <= {*NAMES, *PARTS}


@asking
def test_labels_are_those_that_the_metrics_have(expression: str) -> None:
    metrics = [_metric(name) for name in _METRIC.findall(expression)]
    known = OF_PROMETHEUS | {"le"} | {label for metric in metrics for label in metric.labels}
    for match in _SELECTOR.finditer(expression):
        if match["name"] != "up":
            labels = {each["label"] for each in _MATCHER.finditer(match["labels"])}
            assert labels <= OF_PROMETHEUS | set(_metric(match["name"]).labels)
    for match in _GROUPING.finditer(expression):
        assert set(match["labels"].split(", ")) <= known


@asking
def test_values_of_labels_are_those_that_come(expression: str) -> None:
    values = {"kind": set(KINDS), "within": {str(days) for days in WITHIN_DAYS}}
    for match in _MATCHER.finditer(expression):
        assert match["value"] in values.get(match["label"], {match["value"]})


@asking
def test_counters_are_asked_for_by_their_rate(expression: str) -> None:
    for name in _METRIC.findall(expression):
        if _metric(name).kind != "gauge":
            assert re.search(rf"\b(rate|increase)\({name}(\{{[^}}]*\}})?\[\d+[mhd]\]\)", expression)


@asking
def test_parentheses_and_quotes_are_closed(expression: str) -> None:
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)
    assert expression.count('"') % 2 == 0


@pytest.mark.parametrize("alert", list(read_alerts()), ids=lambda alert: alert.name)
def test_every_alert_says_what_to_do_and_where_to_read_more(alert: Alert) -> None:
    page, _, anchor = alert.lines["runbook"].partition("#")

    assert set(alert.lines) >= {"expr", "for", "severity", "summary", "description", "runbook"}
    assert alert.lines["severity"] in {"critical", "warning", "info"}
    assert re.fullmatch(r"\d+[mh]", alert.lines["for"])
    for key in ("summary", "description"):
        assert re.fullmatch(r'"[^"]+"', alert.lines[key])
    assert not anchor or anchor in anchors(read_page(ROOT / page))
    assert (ROOT / page).is_file()


def test_there_is_an_alert_for_all_that_matters() -> None:
    asked = " ".join(alert.expression for alert in read_alerts())

    for name in (
        *("rollcall_database_up", "rollcall_schedule_late_seconds_max"),
        *("rollcall_integrations_failed", "rollcall_integrations_held"),
        *("rollcall_oldest_queued_seconds", "rollcall_tenant_last_success_timestamp_seconds"),
        *('rollcall_processes{kind="scheduler"}', 'rollcall_processes{kind="worker"}'),
        *('rollcall_certificates_expiring{within="30"}', "rollcall_throttled_seconds_total"),
        *('rollcall_certificates_expiring{within="7"}', "rollcall_web_certificate_days < 14"),
        *("rollcall_oldest_mail_seconds", "rollcall_mails_failed"),
    ):
        assert name in asked


def test_the_file_of_alerts_is_indented_by_spaces_and_names_each_alert_once() -> None:
    text = ALERTS.read_text(encoding="utf-8")
    names = [alert.name for alert in read_alerts()]

    assert "\t" not in text
    assert len(names) == len(set(names)) == 17


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {_metric(name) for text in expressions().values() for name in _METRIC.findall(text)}

    assert {metric.name for metric in METRICS} - {metric.name for metric in shown} == set()


def test_panels_do_not_cover_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in read_panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_panels_say_what_they_show_and_have_numbers_of_their_own() -> None:
    panels = read_panels()

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def _metric(name: str) -> Metric:
    return NAMES.get(name) or PARTS[name]
