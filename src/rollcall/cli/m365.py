"""rollcall m365 …"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.files import read_lines
from rollcall.cli.findings import show_finding
from rollcall.cli.integration_view import show_integration
from rollcall.cli.output import errors, print_json, say
from rollcall.core.errors import SetupError
from rollcall.core.findings import Light
from rollcall.integrations import operations
from rollcall.integrations.operations import Connection, NewList
from rollcall.integrations.queries import IntegrationView, find_integration, get_integration
from rollcall.integrations.rules import ADMINISTRATORS, leaver_values, range_values
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.wiring.checking import check_setup
from rollcall.wiring.lists import bind_now
from rollcall.wiring.settings import check_cloud

NONE = "none"
RELEASE = "release:"
Command = TypeVar("Command", bound=Callable[..., object])

SWITCHES = (
    ("users", "Synchronise people."),
    ("guests", "Guests and external people, too."),
    ("photos", "People's photos."),
    ("personal-contacts", "People's own contacts."),
    ("company-contacts", "The company's contacts, from shared mailboxes."),
    ("subfolders", "Contact folders below the default one, too."),
    ("sign-in", "Sign in with Microsoft."),
    ("enforce-sign-in", "Synchronised people sign in with Microsoft alone, not with a password."),
)
LISTS = (
    ("select", "people", "people", "Who is synchronised"),
    ("personal-select", "personal-people", "personal", "Whose own contacts are synchronised"),
    ("mailbox-select", "mailboxes", "mailboxes", "Which shared mailboxes are read"),
    ("sign-in-select", "sign-in-people", "sign-in", "Who may sign in"),
    ("", "administrators", ADMINISTRATORS, "Who may sign in as administrator of the tenant"),
)
"""Of each list: the option of its mode, that of its file, its subject, and what it says. A list
without a mode holds those who are meant."""


@click.group()
def m365() -> None:
    """The Microsoft 365 integration of a tenant."""


def with_settings(command: Command) -> Command:
    """Add the switches and lists as options."""
    for mode, file, _, what in reversed(LISTS):
        purpose = f"File for --{mode}" if mode else f"{what}; a file"
        command = click.option(
            f"--{file}",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help=f"{purpose}: an object id, principal name or mail address a line.",
        )(command)
        if mode:
            command = click.option(
                f"--{mode}", type=click.Choice(["all", "only", "except"]), help=f"{what}."
            )(command)
    for name, what in reversed(SWITCHES):
        command = click.option(f"--{name}", type=click.Choice(["on", "off"]), help=what)(command)
    return command


@m365.command("set")
@click.argument("slug")
@click.option("--application-id", help="Application (client) ID, from the overview page.")
@click.option("--directory-id", help="Directory (tenant) ID, from the overview page.")
@click.option("--cloud", help="GLOBAL, CHINA (21Vianet), USGOV_L4, USGOV_L5, or an operator's.")
@click.option("--sync-time", metavar="HH:MM", help="When the nightly sync runs.")
@click.option("--certificate-days", type=int, help="How long a new certificate is valid.")
@click.option("--start", help="First extension number; “none” for the tenant's own range.")
@click.option("--end", help="Last extension number; “none” for all of the first one's width.")
@click.option(
    "--names",
    type=click.Choice(["skip", "display-name"]),
    help="People with neither first nor last name: skip them, or let the display name do.",
)
@click.option(
    "--leavers",
    metavar="block|keep|release:DAYS",
    help="Leavers are blocked, keep working, or are blocked and released after DAYS days.",
)
@click.option(
    "--link",
    type=click.Choice(["ask", "link", "never"]),
    help="A hand-made extension with a person's mail: ask, link it, or leave it alone.",
)
@with_settings
@with_desk
def set_(desk: Desk, /, slug: str, **given: Any) -> None:
    """Set up the integration, or change what is given of it."""
    tenant = get_tenant(slug)
    current = find_integration(tenant.id)
    cloud = given["cloud"]
    if cloud is not None:
        check_cloud(desk.machine, cloud)
    integration = operations.change_integration(
        tenant.id,
        actor=desk.actor,
        connection=Connection(given["application_id"], given["directory_id"], cloud),
        values=_values(current, given),
        lists=_lists(current, given),
    )
    problems = [
        problem
        for _, file, subject, _ in LISTS
        if given.get(file.replace("-", "_")) is not None
        for problem in bind_now(desk.machine, integration, subject)
    ]
    _show(desk, tenant, get_integration(tenant.id))
    for problem in problems:
        errors.print(f"Mind: {problem}", markup=False, style="yellow")


def _values(current: IntegrationView | None, given: Mapping[str, Any]) -> dict[str, Any]:
    names = [name.replace("-", "_") for name, _ in SWITCHES]
    values: dict[str, Any] = {name: given[name] == "on" for name in names if given[name]}
    for name in ("names", "link", "certificate_days"):
        if given[name] is not None:
            values[name] = given[name]
    if given["sync_time"] is not None:
        values["sync_time"] = operations.parse_sync_time(given["sync_time"])
    if given["leavers"] is not None:
        values.update(_leavers(given["leavers"]))
    values.update(_range(current, given["start"], given["end"]))
    return values


def _leavers(text: str) -> dict[str, Any]:
    days = text.removeprefix(RELEASE)
    if text.startswith(RELEASE) and days.isdecimal():
        return leaver_values("release", int(days))
    if text in {"block", "keep"}:
        return leaver_values(text, None)
    raise SetupError(
        f"“{text}” is not a policy for leavers: block, keep, or release:DAYS such as release:30.",
        code="bad-leavers",
    )


def _range(current: IntegrationView | None, start: str | None, end: str | None) -> dict[str, Any]:
    if start is None and end is None:
        return {}
    if start == NONE:
        return range_values("", "")
    first = start
    if first is None and current is not None and current.first_extension is not None:
        first = str(current.first_extension)
    if first is None:
        raise SetupError("Give --start together with --end.", code="bad-range")
    last = end
    if last is None and current is not None and current.last_extension is not None:
        last = str(current.last_extension)
    return range_values(first, "" if last in {None, NONE} else str(last))


def _lists(current: IntegrationView | None, given: Mapping[str, Any]) -> dict[str, NewList]:
    lists: dict[str, NewList] = {}
    for mode, file, subject, _ in LISTS:
        chosen = given.get(mode.replace("-", "_"))
        path: Path | None = given.get(file.replace("-", "_"))
        if chosen is None and path is None:
            continue
        lines = None
        if path is not None:
            lines = tuple(read_lines(path))
        kept = chosen or (_mode_now(current, subject) if mode else "only")
        lists[subject] = NewList(mode=kept, lines=lines)
    return lists


def _mode_now(current: IntegrationView | None, subject: str) -> str:
    mode = current.selection(subject).mode if current else "all"
    if mode == "all":
        raise SetupError(
            f"A list of {subject} needs a mode, too: “only” these, or all “except” these.",
            code="list-without-mode",
        )
    return mode


@m365.command("show")
@click.argument("slug")
@with_desk
def show(desk: Desk, slug: str) -> None:
    """Show the integration: settings, certificate, last run."""
    tenant = get_tenant(slug)
    _show(desk, tenant, get_integration(tenant.id))


def _show(desk: Desk, tenant: TenantView, integration: IntegrationView) -> None:
    show_integration(desk.machine, tenant, integration, as_json=desk.as_json)


@m365.command("check")
@click.argument("slug")
@with_desk
def check(desk: Desk, slug: str) -> None:
    """Try every step that a sync takes, one by one, and say what to do where one fails."""
    tenant = get_tenant(slug)
    integration = get_integration(tenant.id)
    findings = check_setup(
        desk.machine, integration, (lambda _: None) if desk.as_json else show_finding
    )
    passed = all(finding.light is not Light.RED for finding in findings)
    if desk.as_json:
        print_json({"tenant": slug, "ok": passed, "steps": findings})
    elif passed:
        say("A sync can run.", "green")
    if not passed:
        raise SetupError("The set-up is not complete: see the steps that failed.", code="check")
