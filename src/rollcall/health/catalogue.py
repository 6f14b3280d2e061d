"""Every metric: its name, its kind, what it says. docs/reference/metrics.md is written from it."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["gauge", "counter", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. The name of a counter ends with _total."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


BUILD = Metric(
    "rollcall_build_info", "gauge", "Always 1; the label is the version that answers.", ("version",)
)
DATABASE_UP = Metric(
    "rollcall_database_up",
    "gauge",
    "1 when the database answered all questions of this page; 0 leaves out what only it knows.",
)
WEB_CERTIFICATE_DAYS = Metric(
    "rollcall_web_certificate_days",
    "gauge",
    "Days for which the web server's own certificate is valid yet; not there without HTTPS.",
)
DATABASE_BYTES = Metric(
    "rollcall_database_size_bytes", "gauge", "Size of the database, where we may see it."
)

RUNS = Metric(
    "rollcall_runs_total",
    "counter",
    "Runs that ended, by what began them and how they ended.",
    ("trigger", "state"),
)
RUN_SECONDS = Metric(
    "rollcall_run_seconds", "histogram", "How long runs took, from begin to end.", ("trigger",)
)
REQUESTS = Metric("rollcall_requests_total", "counter", "Requests to Graph; a batch is one.")
ITEMS = Metric("rollcall_items_total", "counter", "Requests inside of batches.")
THROTTLED = Metric(
    "rollcall_throttled_seconds_total", "counter", "Seconds that runs waited because Graph said so."
)

QUEUED = Metric("rollcall_runs_queued", "gauge", "Runs that wait for a worker.")
RUNNING = Metric("rollcall_runs_running", "gauge", "Runs that go on.")
OLDEST = Metric(
    "rollcall_oldest_queued_seconds", "gauge", "For how long the first in the queue has waited."
)
PROCESSES = Metric("rollcall_processes", "gauge", "Processes that are alive, by kind.", ("kind",))
SLOTS = Metric("rollcall_worker_slots", "gauge", "Runs that all living workers can have in hand.")
LOAD = Metric("rollcall_worker_load", "gauge", "Runs that all living workers have in hand.")
DUE = Metric(
    "rollcall_schedules_due",
    "gauge",
    "Integrations that should have been queued more than a minute ago, and were not.",
)
LATE = Metric(
    "rollcall_schedule_late_seconds_max",
    "gauge",
    "For how long the most overdue of them should have been queued.",
)

MAILS_WAITING = Metric("rollcall_mails_waiting", "gauge", "Mails that wait to be sent.")
OLDEST_MAIL = Metric(
    "rollcall_oldest_mail_seconds", "gauge", "For how long the first of them has waited."
)
MAILS_FAILED = Metric(
    "rollcall_mails_failed", "gauge", "Mails of the last 30 days that were given up."
)

TENANTS = Metric("rollcall_tenants", "gauge", "Tenants by state.", ("state",))
PAUSED = Metric("rollcall_integrations_paused", "gauge", "Integrations whose sync is paused.")
HELD = Metric(
    "rollcall_integrations_held",
    "gauge",
    "Integrations whose newest run holds a plan to decide on.",
)
FAILED = Metric("rollcall_integrations_failed", "gauge", "Integrations whose newest run failed.")
EXPIRING = Metric(
    "rollcall_certificates_expiring",
    "gauge",
    "Integrations whose key pair expires within so many days; within 0 means that it has.",
    ("within",),
)

REGISTRATIONS = Metric(
    "rollcall_switch_registrations", "gauge", "Phones that are registered at the switch."
)
CALLS = Metric("rollcall_switch_calls", "gauge", "Calls in progress.")
SIP_REQUESTS = Metric(
    "rollcall_switch_requests_total",
    "counter",
    "SIP requests that the switch received since it was started.",
)
SIP_REFUSED = Metric(
    "rollcall_switch_refused_total",
    "counter",
    "SIP requests that it refused or dropped: wrong password, unknown, not allowed, too many.",
)
TRUNKS = Metric("rollcall_trunks", "gauge", "Trunks that are in use, by state.", ("state",))

LAST_SUCCESS = Metric(
    "rollcall_tenant_last_success_timestamp_seconds",
    "gauge",
    "When a run of the tenant was last applied; not there before the first.",
    ("tenant",),
)
NEXT_RUN = Metric(
    "rollcall_tenant_next_run_timestamp_seconds",
    "gauge",
    "When the tenant is synchronised next; not there while it is paused or suspended.",
    ("tenant",),
)
PEOPLE = Metric(
    "rollcall_tenant_people", "gauge", "People in the directory at the newest run.", ("tenant",)
)
CERTIFICATE_DAYS = Metric(
    "rollcall_tenant_certificate_days",
    "gauge",
    "Days for which the tenant's key pair is valid yet; negative when it has expired.",
    ("tenant",),
)
ATTEMPTS = Metric(
    "rollcall_tenant_failed_attempts",
    "gauge",
    "Runs in a row that failed by what passes by itself, and are tried again.",
    ("tenant",),
)
RUN_FAILED = Metric(
    "rollcall_tenant_run_failed", "gauge", "1 when the tenant's newest run failed.", ("tenant",)
)
WITHOUT_LINES = Metric(
    "rollcall_tenants_without_lines",
    "gauge",
    "Tenants left out of the lines above (metrics_tenants); those in need of a hand come first.",
)

METRICS: Final = (
    *(BUILD, DATABASE_UP, WEB_CERTIFICATE_DAYS, DATABASE_BYTES),
    *(RUNS, RUN_SECONDS, REQUESTS, ITEMS, THROTTLED),
    *(QUEUED, RUNNING, OLDEST, PROCESSES, SLOTS, LOAD, DUE, LATE),
    *(MAILS_WAITING, OLDEST_MAIL, MAILS_FAILED),
    *(TENANTS, PAUSED, HELD, FAILED, EXPIRING),
    *(REGISTRATIONS, CALLS, SIP_REQUESTS, SIP_REFUSED, TRUNKS),
    *(LAST_SUCCESS, NEXT_RUN, PEOPLE, CERTIFICATE_DAYS, ATTEMPTS, RUN_FAILED, WITHOUT_LINES),
)
"""In the order of the page."""
