"""rollcall trunk …"""

from collections.abc import Mapping
from typing import Any, TextIO

import click

from rollcall.calling.number_operations import (
    add_numbers,
    assign_number,
    assign_proposed,
    remove_numbers,
)
from rollcall.calling.trunk_numbers import NumbersWanted, TrunkNumberView, list_numbers
from rollcall.calling.trunk_operations import (
    NewTrunk,
    remove_trunk,
    save_emergency_numbers,
    save_trunk,
)
from rollcall.calling.trunks import TrunkView, find_emergency_numbers, find_trunk
from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import (
    cell,
    console,
    make_table,
    plural,
    print_json,
    print_json_list,
    print_rows,
    say,
    show_time,
)
from rollcall.core.numbering import parse_number
from rollcall.credentials.secret import Secret
from rollcall.telephony.queries import get_key
from rollcall.tenants.key_pages import Place
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.calling_documents import to_emergency_json, to_number_json, to_trunk_json
from rollcall.wiring.machine import utc_now

CHUNK = 500
FIRST: Mapping[str, Any] = {
    "kind": "registration",
    "host": "",
    "proxy": "",
    "port": None,
    "transport": "udp",
    "username": "",
    "addresses": (),
    "number_format": "plus",
    "main_number": "",
    "enabled": True,
}
"""What stands before anything was set."""

WORDS = {
    "unknown": ("not known yet: is the switch running?", "yellow"),
    "registered": ("registered", "green"),
    "ready": ("ready", "green"),
    "refused": ("refused", "red"),
    "silent": ("the carrier does not answer", "red"),
}
KINDS = {
    "registration": "registers with a user name and a password",
    "address": "is known by its address",
}


@click.group()
def trunk() -> None:
    """The trunk: a tenant's way to the telephone network, and its numbers."""


@trunk.command("show")
@click.argument("slug")
@with_desk
def show(desk: Desk, slug: str) -> None:
    """Show the trunk, and how the switch gets on with the carrier."""
    _show(desk, get_tenant(slug).id)


@trunk.command("set")
@click.argument("slug")
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    help="How the carrier knows the switch: registration until something else is set.",
)
@click.option("--host", metavar="NAME", help="The carrier's server, such as sip.carrier.example.")
@click.option(
    "--proxy", metavar="NAME", help="The outbound proxy, if the carrier names one; '' for none."
)
@click.option("--port", type=int, help="Where the carrier names one; 0 for as its DNS says.")
@click.option("--transport", type=click.Choice(["udp", "tcp", "tls"]), help="udp at first.")
@click.option("--user", "username", metavar="NAME", help="The user name that the carrier gave.")
@click.option("--password", "ask", is_flag=True, help="Ask for the password.")
@click.option(
    "--password-file",
    type=click.File("r"),
    metavar="FILE",
    help="File whose first line is the password; - reads standard input.",
)
@click.option(
    "--address",
    "addresses",
    metavar="ADDRESS",
    multiple=True,
    help="Where the carrier's calls come from, such as 192.0.2.0/24; more than once for more; '' "
    "for wherever the host's name leads.",
)
@click.option(
    "--format",
    "number_format",
    type=click.Choice(["plus", "digits", "national"]),
    help="How numbers are written for the carrier: +49301234, 49301234 or 0301234.",
)
@click.option("--main-number", metavar="NUMBER", help="Caller id of who has none; '' for none.")
@click.option("--on/--off", "enabled", default=None, help="Whether it is used.")
@with_desk
def set_(
    desk: Desk,
    /,
    slug: str,
    *,
    ask: bool,
    password_file: TextIO | None,
    addresses: tuple[str, ...],
    **options: Any,
) -> None:
    """Set the trunk. What is not named stays as it is; the password is never an argument."""
    tenant = get_tenant(slug)
    values = _known(find_trunk(tenant.id))
    if options["transport"] not in {None, values["transport"]} and options["port"] is None:
        values["port"] = None
    values |= {name: value for name, value in options.items() if value is not None}
    values["port"] = values["port"] or None
    if addresses:
        values["addresses"] = addresses
    save_trunk(
        tenant.id,
        NewTrunk(**values, password=_password(password_file, ask=ask)),
        ring=desk.machine.key_ring(),
        actor=desk.actor,
        now=utc_now(),
        places=desk.machine.carrier_places(),
    )
    _show(desk, tenant.id)


def _known(view: TrunkView | None) -> dict[str, Any]:
    if view is None:
        return dict(FIRST)
    return {name: getattr(view, name) for name in FIRST} | {"main_number": view.main_number or ""}


def _password(file: TextIO | None, *, ask: bool) -> Secret | None:
    if file is not None:
        return Secret(file.readline().rstrip("\r\n").encode())
    if ask:
        typed = click.prompt("The carrier's password", hide_input=True, err=True)
        return Secret(str(typed).encode())
    return None


@trunk.command("remove")
@click.argument("slug")
@with_desk
def remove(desk: Desk, slug: str) -> None:
    """Remove the trunk. Its numbers stay, for another one."""
    remove_trunk(get_tenant(slug).id, actor=desk.actor)
    if desk.as_json:
        print_json({"removed": True})
    else:
        say("The trunk is removed: there are no calls to or from outside any more.")


@trunk.command("numbers")
@click.argument("slug")
@click.option("--add", "added", metavar="NUMBER", multiple=True, help="A number, or a range.")
@click.option(
    "--file",
    type=click.File("r", encoding="utf-8-sig"),
    metavar="FILE",
    help="Numbers to add, a line each: a number, a range (030 1234500 – 99), or a number and its "
    "extension with a comma between.",
)
@click.option("--remove", "removed", metavar="NUMBER", multiple=True, help="A number to remove.")
@click.option(
    "--by-business-phone",
    is_flag=True,
    help="Let each number that rings nobody ring whoever has it as business phone.",
)
@with_desk
def numbers(
    desk: Desk,
    slug: str,
    added: tuple[str, ...],
    file: TextIO | None,
    removed: tuple[str, ...],
    *,
    by_business_phone: bool,
) -> None:
    """List the numbers that the carrier gave; add some, or remove some."""
    tenant_id = get_tenant(slug).id
    if removed:
        remove_numbers(tenant_id, removed, actor=desk.actor)
    lines = [*added, *(file or ())]
    if lines:
        add_numbers(tenant_id, lines, actor=desk.actor)
    if by_business_phone:
        assign_proposed(tenant_id, actor=desk.actor)
    views = _every_number(tenant_id)
    if desk.as_json:
        print_json_list(to_number_json(view) for view in views)
        return
    _show_numbers(views)


def _every_number(tenant_id: int) -> list[TrunkNumberView]:
    found: list[TrunkNumberView] = []
    place = Place()
    while True:
        page = list_numbers(tenant_id, NumbersWanted(place=place, size=CHUNK))
        found += page.rows
        if not page.later:
            return found
        place = Place(after=page.rows[-1].number)


def _show_numbers(views: list[TrunkNumberView]) -> None:
    if not views:
        say("There are no numbers. Add some: rollcall trunk numbers SLUG --add NUMBER")
        return
    rows = [
        {
            "number": cell(view.number, "bold"),
            "rings": cell(view.extension),
            "person": cell(view.name),
            "caller id": cell("yes" if view.extension and view.shown else None, "dim"),
        }
        for view in views
    ]
    print_rows(rows, narrow=("number", "rings", "person"))
    idle = sum(view.extension_id is None for view in views)
    say(f"{plural(len(views), 'number')}, {idle:,} of them ring nobody", "dim")


@trunk.command("assign")
@click.argument("slug")
@click.argument("number")
@click.argument("extension", required=False)
@click.option("--nobody", is_flag=True, help="Let it ring nobody.")
@click.option("--hidden", is_flag=True, help="It is not the caller id of the extension.")
@with_desk
def assign(
    desk: Desk, slug: str, number: str, extension: str | None, *, nobody: bool, hidden: bool
) -> None:
    """Let NUMBER ring EXTENSION, and be the caller id of its calls."""
    if (extension is None) is not nobody:
        raise click.UsageError("Give an EXTENSION, or --nobody.")
    tenant_id = get_tenant(slug).id
    key = get_key(tenant_id, parse_number(extension)) if extension else None
    view = assign_number(
        tenant_id,
        number,
        extension_id=key.id if key else None,
        shown=not hidden,
        actor=desk.actor,
    )
    if desk.as_json:
        print_json(to_number_json(view))
    elif view.extension is None:
        say(f"{view.number} rings nobody.")
    else:
        say(f"{view.number} rings {view.extension}, {view.name}.")


@trunk.command("emergency")
@click.argument("slug")
@click.argument("numbers", nargs=-1)
@click.option("--usual", is_flag=True, help="Those of the country again.")
@with_desk
def emergency(desk: Desk, slug: str, numbers: tuple[str, ...], *, usual: bool) -> None:
    """Show the emergency numbers, or say which they are."""
    tenant_id = get_tenant(slug).id
    if usual and numbers:
        raise click.UsageError("Give NUMBERS, or --usual.")
    if usual or numbers:
        view = save_emergency_numbers(tenant_id, None if usual else numbers, actor=desk.actor)
    else:
        view = find_emergency_numbers(tenant_id)
    if desk.as_json:
        print_json(to_emergency_json(view))
        return
    whose = "the tenant's own" if view.own else "those of the country"
    say(f"{', '.join(view.numbers)} ({whose})")
    if find_trunk(tenant_id) is None:
        say("Without a trunk they cannot be called: whoever tries is told so.", "yellow")


def _show(desk: Desk, tenant_id: int) -> None:
    view = find_trunk(tenant_id)
    if desk.as_json:
        print_json(to_trunk_json(view) if view else None)
        return
    if view is None:
        say(
            "There is no trunk. Set one: rollcall trunk set SLUG --host NAME --user NAME --password"
        )
        return
    table = make_table("setting", "value")
    for name, value in _lines(view):
        table.add_row(cell(name), cell(value))
    console.print(table)
    _tell_state(view)


def _place(view: TrunkView) -> str:
    host = view.proxy or view.host
    return host if view.port is None else f"{host}:{view.port}"


def _lines(view: TrunkView) -> list[tuple[str, str]]:
    password = f"since {view.password_at:%Y-%m-%d}" if view.password_at else "none"
    return [
        ("trunk", f"{'on' if view.enabled else 'off'}, {KINDS[view.kind]}"),
        ("carrier", view.host),
        ("calls go to", f"{_place(view)}, {view.transport.upper()}"),
        ("user", view.username or "none"),
        ("password", password),
        ("calls come from", ", ".join(view.addresses) or f"where {view.proxy or view.host} leads"),
        ("numbers are written", view.number_format),
        ("main number", view.main_number or "none"),
    ]


def _tell_state(view: TrunkView) -> None:
    if not view.enabled:
        say("It is switched off.", "dim")
    elif view.needs_password:
        say("It cannot register without its password: rollcall trunk set … --password", "red")
    else:
        words, style = WORDS[view.state.state if view.state else "unknown"]
        since = f", {show_time(view.state.since, utc_now())}" if view.state else ""
        detail = f": {view.state.detail}" if view.state and view.state.detail else ""
        say(f"State: {words}{since}{detail}", style)
