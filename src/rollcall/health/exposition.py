"""From facts to the page that Prometheus reads: it says what follows from what it is given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from itertools import groupby

from prometheus_client import Metric as Family
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from rollcall.credentials.keypair import days_left
from rollcall.health import catalogue
from rollcall.health.catalogue import Metric
from rollcall.health.facts import Facts, IntegrationFacts, Tally

BUCKETS = ("1.0", "10.0", "60.0", "600.0", "3600.0")
"""Bounds of RunTally.within, in seconds."""

KINDS = ("up", "web", "worker", "scheduler", "switch")
STATES = ("active", "suspended")
TRUNK_STATES = ("unknown", "registered", "ready", "refused", "silent")
WITHIN_DAYS = (60, 30, 14, 7, 1, 0)
SOON_DAYS = 30
DUE_AFTER = timedelta(seconds=60)
NEVER = datetime.fromtimestamp(0, UTC)

Line = tuple[Sequence[str], float]


class _Families(Collector):
    """What generate_latest asks for."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    @override
    def collect(self) -> Iterable[Family]:
        return self._families


def render_page(
    facts: Facts | None, *, certificate_ends: datetime | None, now: datetime, most_tenants: int
) -> bytes:
    """Return the page. Without facts, which is when the database did not answer, it says that."""
    families = [
        _gauge(catalogue.BUILD, [((version("rollcall"),), 1)]),
        _value(catalogue.DATABASE_UP, facts is not None),
    ]
    if certificate_ends is not None:
        families.append(_value(catalogue.WEB_CERTIFICATE_DAYS, days_left(certificate_ends, now)))
    if facts is not None:
        families += _families_of(facts, most_tenants)
    return generate_latest(_Families(families))


def _families_of(facts: Facts, most_tenants: int) -> Iterator[Family]:
    if facts.database_bytes is not None:
        yield _value(catalogue.DATABASE_BYTES, facts.database_bytes)
    yield from _runs(facts.tallies)
    yield _value(catalogue.QUEUED, facts.queue.queued)
    yield _value(catalogue.RUNNING, facts.queue.running)
    yield _value(catalogue.OLDEST, facts.queue.oldest_seconds)
    yield from _processes(facts)
    yield from _schedules(facts)
    yield _value(catalogue.MAILS_WAITING, facts.mails.waiting)
    yield _value(catalogue.OLDEST_MAIL, facts.mails.oldest_seconds)
    yield _value(catalogue.MAILS_FAILED, facts.mails.failed)
    yield from _switch(facts)
    yield from _integrations(facts)
    yield from _tenants(facts, most_tenants)


def _runs(tallies: Sequence[Tally]) -> Iterator[Family]:
    yield _counter(
        catalogue.RUNS, [((each.trigger, each.state), each.runs) for each in _sorted(tallies)]
    )
    histogram = HistogramMetricFamily(
        catalogue.RUN_SECONDS.name, catalogue.RUN_SECONDS.help, labels=catalogue.RUN_SECONDS.labels
    )
    for trigger, group in groupby(_sorted(tallies), key=lambda each: each.trigger):
        same = list(group)
        counts = [sum(column) for column in zip(*(each.within for each in same), strict=True)]
        total = sum(each.runs for each in same)
        buckets = [*zip(BUCKETS, counts, strict=True), ("+Inf", total)]
        histogram.add_metric(
            [trigger],
            buckets=[(bound, float(count)) for bound, count in buckets],
            sum_value=sum(each.seconds for each in same),
        )
    yield histogram
    yield _counter(catalogue.REQUESTS, [((), sum(each.requests for each in tallies))])
    yield _counter(catalogue.ITEMS, [((), sum(each.items for each in tallies))])
    yield _counter(catalogue.THROTTLED, [((), sum(each.throttled_seconds for each in tallies))])


def _sorted(tallies: Sequence[Tally]) -> list[Tally]:
    return sorted(tallies, key=lambda each: (each.trigger, each.state))


def _processes(facts: Facts) -> Iterator[Family]:
    alive = dict.fromkeys(KINDS, 0) | {each.kind: each.alive for each in facts.processes}
    yield _gauge(catalogue.PROCESSES, [((kind,), count) for kind, count in alive.items()])
    workers = [each for each in facts.processes if each.kind == "worker"]
    yield _value(catalogue.SLOTS, sum(each.slots for each in workers))
    yield _value(catalogue.LOAD, sum(each.load for each in workers))


def _schedules(facts: Facts) -> Iterator[Family]:
    waits = [facts.now - each.next_at for each in facts.integrations if each.awake and each.next_at]
    late = [wait.total_seconds() for wait in waits if wait > DUE_AFTER]
    yield _value(catalogue.DUE, len(late))
    yield _value(catalogue.LATE, max(late, default=0))


def _switch(facts: Facts) -> Iterator[Family]:
    """Yield what the switch says of itself; nothing where none has said anything lately."""
    said: dict[str, list[Line]] = {each.name: [((), each.value)] for each in facts.switch}
    yield _gauge(catalogue.REGISTRATIONS, said.get("registrations", ()))
    yield _gauge(catalogue.CALLS, said.get("calls", ()))
    yield _counter(catalogue.SIP_REQUESTS, said.get("requests", ()))
    yield _counter(catalogue.SIP_REFUSED, said.get("refused", ()))
    counts = dict.fromkeys(TRUNK_STATES, 0) | {each.state: each.trunks for each in facts.trunks}
    yield _gauge(catalogue.TRUNKS, [((state,), count) for state, count in counts.items()])


def _integrations(facts: Facts) -> Iterator[Family]:
    counts = dict.fromkeys(STATES, 0) | {each.state: each.tenants for each in facts.tenants}
    yield _gauge(catalogue.TENANTS, [((state,), count) for state, count in counts.items()])
    yield _value(catalogue.PAUSED, sum(each.paused for each in facts.integrations))
    awake = [each for each in facts.integrations if each.awake]
    yield _value(catalogue.HELD, sum(each.held for each in awake))
    yield _value(catalogue.FAILED, sum(each.run_state == "failed" for each in awake))
    left = [
        days_left(each.certificate_ends, facts.now)
        for each in facts.integrations
        if each.active and each.certificate_ends
    ]
    yield _gauge(
        catalogue.EXPIRING,
        [((str(days),), sum(each <= days for each in left)) for days in WITHIN_DAYS],
    )


def _tenants(facts: Facts, most: int) -> Iterator[Family]:
    """Yield the lines of single tenants, of those first that need a hand most."""
    chosen = sorted(facts.integrations, key=lambda each: _by_need(each, facts.now))[:most]
    lines: Mapping[Metric, list[Line]] = {
        metric: [] for metric in catalogue.METRICS if metric.labels == ("tenant",)
    }
    for each in sorted(chosen, key=lambda each: each.slug):
        for metric, value in _of_tenant(each, facts.now):
            lines[metric].append(((each.slug,), value))
    for metric, found in lines.items():
        yield _gauge(metric, found)
    yield _value(catalogue.WITHOUT_LINES, len(facts.integrations) - len(chosen))


def _by_need(each: IntegrationFacts, now: datetime) -> tuple[bool, bool, bool, bool, datetime, str]:
    ends = each.certificate_ends
    ends_late = ends is None or days_left(ends, now) > SOON_DAYS
    needs = (not each.awake, not each.failed, not each.held, ends_late)
    return (*needs, each.succeeded_at or NEVER, each.slug)


def _of_tenant(each: IntegrationFacts, now: datetime) -> Iterator[tuple[Metric, float]]:
    if each.succeeded_at is not None:
        yield catalogue.LAST_SUCCESS, each.succeeded_at.timestamp()
    if each.awake and each.next_at is not None:
        yield catalogue.NEXT_RUN, each.next_at.timestamp()
    yield catalogue.PEOPLE, each.people
    if each.certificate_ends is not None:
        yield catalogue.CERTIFICATE_DAYS, days_left(each.certificate_ends, now)
    yield catalogue.ATTEMPTS, each.attempts
    yield catalogue.RUN_FAILED, each.run_state == "failed"


def _value(metric: Metric, value: float) -> Family:
    return _gauge(metric, [((), value)])


def _gauge(metric: Metric, lines: Iterable[Line]) -> Family:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in lines:
        family.add_metric(labels, value)
    return family


def _counter(metric: Metric, lines: Iterable[Line]) -> Family:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in lines:
        family.add_metric(labels, value)
    return family
