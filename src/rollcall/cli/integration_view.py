"""How an integration is shown: for people, and as JSON."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.table import Table

from rollcall.cli.output import cell, console, make_table, plural, print_json, say, show_time
from rollcall.core.numbering import NumberRange
from rollcall.integrations.queries import (
    IntegrationView,
    KeyPairView,
    ListView,
    list_key_pairs,
)
from rollcall.integrations.runs import RunView, last_run
from rollcall.integrations.schedules import next_run_at
from rollcall.tenants.queries import TenantView
from rollcall.wiring.check import redirect_uris
from rollcall.wiring.documents import to_integration_json
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import extension_range

SOON = 30


def show_integration(
    machine: Machine, tenant: TenantView, integration: IntegrationView, *, as_json: bool
) -> None:
    """Print an integration."""
    keys = list_key_pairs(tenant.id)
    run = last_run(tenant.id)
    if as_json:
        print_json(to_integration_json(machine, tenant, integration))
        return
    now = utc_now()
    table = make_table("", "")
    table.show_header = False
    _add_connection(table, machine, integration, keys, now)
    _row(table, "nightly sync", _nightly(tenant, integration))
    _add_people(table, integration, extension_range(tenant, integration))
    _add_contacts(table, integration)
    console.print(table)
    _say_last_run(tenant, run, now)


def _add_connection(
    table: Table,
    machine: Machine,
    integration: IntegrationView,
    keys: list[KeyPairView],
    now: datetime,
) -> None:
    _row(table, "application id", integration.application_id or "missing")
    _row(table, "directory id", integration.directory_id or "missing")
    _row(table, "cloud", integration.cloud)
    for uri in redirect_uris(machine.environment):
        _row(table, "redirect URI", uri)
    current = [key for key in keys if key.state != "retired"]
    if not current:
        _row(
            table, "certificate", "none yet: rollcall m365 key new … --out public_key.pem", "yellow"
        )
    for key in current:
        left = key.days_left(now)
        style = "red" if left < 0 else "yellow" if left < SOON else ""
        words = f"{key.state}, {left} days left, thumbprint {key.sha1}"
        _row(table, "certificate", words, style)


def _nightly(tenant: TenantView, integration: IntegrationView) -> str:
    words = f"{integration.sync_time} in {tenant.time_zone}"
    if integration.paused:
        return f"{words}, paused"
    at = next_run_at(integration)
    if at is None:
        return f"{words}; a service must run for that: rollcall up"
    return f"{words}, next {at.astimezone(ZoneInfo(tenant.time_zone)):%Y-%m-%d %H:%M:%S}"


def _add_people(table: Table, integration: IntegrationView, scope: NumberRange) -> None:
    _row(table, "people", _switch(integration.users, _selection(integration.people)))
    _row(table, "extensions", str(scope))
    _row(table, "guests", _switch(integration.guests))
    _row(table, "photos", _switch(integration.photos))
    names = "skipped" if integration.names == "skip" else "the display name does"
    _row(table, "without a name", names)
    _row(table, "leavers", leavers_text(integration))
    links = {
        "ask": "an administrator decides",
        "link": "linked",
        "never": "left alone; the person gets a new number",
    }
    _row(table, "extension with the same mail", links[integration.link])


def _add_contacts(table: Table, integration: IntegrationView) -> None:
    personal = _switch(integration.personal_contacts, _selection(integration.personal))
    company = _switch(integration.company_contacts, _selection(integration.mailboxes))
    _row(table, "personal contacts", personal)
    _row(table, "company contacts", company)
    _row(table, "sub-folders", _switch(integration.subfolders))
    _row(table, "sign-in", _switch(integration.sign_in, _selection(integration.sign_in_people)))
    named = plural(len(integration.administrators.lines), "line")
    _row(table, "sign-in as administrator", named if integration.administrators.lines else "nobody")
    _row(table, "Microsoft sign-in only", _switch(integration.enforce_sign_in))


def leavers_text(integration: IntegrationView) -> str:
    """Return the policy for leavers in words."""
    match integration.leavers:
        case "keep":
            return "keep working"
        case "release":
            return (
                f"blocked, released after {integration.release_days} days"
                if integration.release_days
                else "released at once"
            )
        case _:
            return "blocked"


def _row(table: Table, name: str, value: str, style: str = "") -> None:
    table.add_row(cell(name, "dim"), cell(value, style))


def _switch(on: bool, words: str = "") -> str:  # noqa: FBT001 - it is the value that is shown
    return f"on{f', {words}' if words else ''}" if on else "off"


def _selection(listed: ListView) -> str:
    bound = sum(object_id is not None for _, object_id in listed.lines)
    count = plural(len(listed.lines), "line")
    if bound < len(listed.lines):
        count += f" ({len(listed.lines) - bound} not found yet)"
    match listed.mode:
        case "only":
            return f"only these: {count}"
        case "except":
            return f"all except these: {count}"
        case _:
            return "all"


def _say_last_run(tenant: TenantView, run: RunView | None, now: datetime) -> None:
    if run is None:
        say(f"No sync has run yet. Try: rollcall sync run {tenant.slug} --dry-run", "dim")
    else:
        say(f"Last run {run.id}: {run.state}, {show_time(run.finished_at, now)}.", "dim")
