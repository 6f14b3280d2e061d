"""How an integration is shown: for people, and as JSON."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
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
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.settings import extension_range

SOON = 30


class ListJson(msgspec.Struct, frozen=True):
    """A selection as JSON."""

    mode: str
    lines: tuple[dict[str, str | None], ...]


class KeyPairJson(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair as JSON."""

    id: int
    state: str
    thumbprint_sha1: str
    thumbprint_sha256: str
    not_before: datetime
    not_after: datetime
    days_left: int
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


class IntegrationJson(msgspec.Struct, frozen=True, kw_only=True):
    """An integration as JSON."""

    tenant: str
    application_id: str | None
    directory_id: str | None
    cloud: str
    redirect_uris: list[str]
    sync_time: str
    paused: bool
    users: bool
    people: ListJson
    start: str
    end: str
    guests: bool
    photos: bool
    names: str
    leavers: str
    link: str
    personal_contacts: bool
    personal: ListJson
    company_contacts: bool
    mailboxes: ListJson
    subfolders: bool
    sign_in: bool
    sign_in_people: ListJson
    administrators: ListJson
    enforce_sign_in: bool
    certificate_days: int
    key_pairs: list[KeyPairJson]
    next_run_at: datetime | None
    last_run: dict[str, object] | None


def to_key_pair_json(key: KeyPairView, now: datetime) -> KeyPairJson:
    """Return a key pair as JSON."""
    return KeyPairJson(
        id=key.id,
        state=key.state,
        thumbprint_sha1=key.sha1,
        thumbprint_sha256=key.sha256,
        not_before=key.not_before,
        not_after=key.not_after,
        days_left=key.days_left(now),
        created_at=key.created_at,
        activated_at=key.activated_at,
        retired_at=key.retired_at,
    )


def show_integration(
    machine: Machine, tenant: TenantView, integration: IntegrationView, *, as_json: bool
) -> None:
    """Print an integration."""
    keys = list_key_pairs(tenant.id)
    run = last_run(tenant.id)
    if as_json:
        print_json(_to_json(machine, tenant, integration, keys, run))
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


def _to_json(
    machine: Machine,
    tenant: TenantView,
    integration: IntegrationView,
    keys: list[KeyPairView],
    run: RunView | None,
) -> IntegrationJson:
    scope = extension_range(tenant, integration)
    now = utc_now()
    leavers = integration.leavers
    if leavers == "release":
        leavers = f"release:{integration.release_days}"
    return IntegrationJson(
        tenant=tenant.slug,
        application_id=integration.application_id,
        directory_id=integration.directory_id,
        cloud=integration.cloud,
        redirect_uris=redirect_uris(machine.environment),
        sync_time=integration.sync_time,
        paused=integration.paused,
        users=integration.users,
        people=_list_json(integration.people),
        start=str(scope.first),
        end=str(scope.last),
        guests=integration.guests,
        photos=integration.photos,
        names=integration.names,
        leavers=leavers,
        link=integration.link,
        personal_contacts=integration.personal_contacts,
        personal=_list_json(integration.personal),
        company_contacts=integration.company_contacts,
        mailboxes=_list_json(integration.mailboxes),
        subfolders=integration.subfolders,
        sign_in=integration.sign_in,
        sign_in_people=_list_json(integration.sign_in_people),
        administrators=_list_json(integration.administrators),
        enforce_sign_in=integration.enforce_sign_in,
        certificate_days=integration.certificate_days,
        key_pairs=[to_key_pair_json(key, now) for key in keys],
        next_run_at=next_run_at(integration),
        last_run=_run_json(run) if run else None,
    )


def _list_json(listed: ListView) -> ListJson:
    lines = ({"line": line, "directory_object_id": each} for line, each in listed.lines)
    return ListJson(mode=listed.mode, lines=tuple(lines))


def _run_json(run: RunView) -> dict[str, object]:
    return {"id": run.id, "state": run.state, "finished_at": run.finished_at}
