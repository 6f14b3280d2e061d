"""rollcall devices …"""

from collections.abc import Iterator

import click
from rich.text import Text

from rollcall.calling.device_operations import (
    DevicePassword,
    add_device,
    remove_device,
    rename_device,
    renew_password,
)
from rollcall.calling.devices import (
    DevicePlace,
    get_device_place,
    list_all_devices,
    list_device_places,
)
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
)
from rollcall.core.numbering import parse_number
from rollcall.telephony.queries import get_key
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.calling_documents import to_device_json, to_password_json
from rollcall.wiring.machine import utc_now

CHUNK = 500
NARROW = ("phone", "extension", "name", "state")
"""What is shown of phones where there is no room for more."""

SHOWN_ONCE = "The password is shown this once and kept nowhere. Type this into the phone:"


@click.group()
def devices() -> None:
    """Desk phones: each has a SIP password of its own."""


@devices.command("list")
@click.argument("slug")
@click.option("--extension", metavar="NUMBER", help="The phones of one extension.")
@with_desk
def list_(desk: Desk, slug: str, extension: str | None) -> None:
    """List desk phones, and whether they are registered."""
    tenant = get_tenant(slug)
    if extension is not None:
        key = get_key(tenant.id, parse_number(extension))
        places = iter(list_device_places(tenant.id, key.id))
    else:
        places = _every_device(tenant.id)
    if desk.as_json:
        print_json_list(to_device_json(each) for each in places)
        return
    _show_devices(list(places))


def _every_device(tenant_id: int) -> Iterator[DevicePlace]:
    after = 0
    while found := list_all_devices(tenant_id, limit=CHUNK, after=after):
        yield from found
        after = found[-1].device.id


def _show_devices(places: list[DevicePlace]) -> None:
    if not places:
        say("There are no desk phones. Add one: rollcall devices add SLUG EXTENSION --name NAME")
        return
    print_rows([_row(each) for each in places], narrow=NARROW)
    registered = sum(each.device.registration is not None for each in places)
    say(f"{plural(len(places), 'phone')}, {registered:,} registered", "dim")


def _row(place: DevicePlace) -> dict[str, Text]:
    device, where = place.device, place.device.registration
    if not device.valid:
        state, style = "needs a new password", "yellow"
    else:
        state, style = ("registered", "green") if where else ("not registered", "dim")
    return {
        "phone": cell(device.id, "bold"),
        "extension": cell(place.number),
        "person": cell(place.person),
        "name": cell(device.name),
        "user name": cell(device.username, "dim"),
        "state": cell(state, style),
        "from": cell(where.address if where else None, "dim"),
    }


@devices.command("add")
@click.argument("slug")
@click.argument("extension")
@click.option("--name", required=True, help="What its owner knows it by, such as Desk.")
@with_desk
def add(desk: Desk, slug: str, extension: str, name: str) -> None:
    """Add a desk phone to an extension; its password is shown once."""
    tenant = get_tenant(slug)
    key = get_key(tenant.id, parse_number(extension))
    made = add_device(tenant.id, key.id, name=name, actor=desk.actor, now=utc_now())
    _show_password(desk, tenant.id, made)


@devices.command("renew")
@click.argument("slug")
@click.argument("phone", type=int)
@with_desk
def renew(desk: Desk, slug: str, phone: int) -> None:
    """Give a phone (its id) a new password; with the old one it does not sign in any more."""
    tenant = get_tenant(slug)
    made = renew_password(tenant.id, phone, actor=desk.actor, now=utc_now())
    _show_password(desk, tenant.id, made)


@devices.command("rename")
@click.argument("slug")
@click.argument("phone", type=int)
@click.option("--name", required=True, help="Its new name.")
@with_desk
def rename(desk: Desk, slug: str, phone: int, name: str) -> None:
    """Give a phone (its id) another name."""
    tenant = get_tenant(slug)
    rename_device(tenant.id, phone, name=name, actor=desk.actor)
    place = get_device_place(tenant.id, phone)
    if desk.as_json:
        print_json(to_device_json(place))
    else:
        say(f"Phone {phone} is called “{place.device.name}” now.")


@devices.command("remove")
@click.argument("slug")
@click.argument("phone", type=int)
@with_desk
def remove(desk: Desk, slug: str, phone: int) -> None:
    """Remove a phone (its id): it is signed out, and its password is worth nothing."""
    remove_device(get_tenant(slug).id, phone, actor=desk.actor)
    if desk.as_json:
        print_json({"removed": phone})
    else:
        say(f"Phone {phone} is removed; the switch signs it out within seconds.")


def _show_password(desk: Desk, tenant_id: int, made: DevicePassword) -> None:
    place = get_device_place(tenant_id, made.device_id)
    if desk.as_json:
        print_json(to_password_json(made, place))
        return
    say(SHOWN_ONCE)
    table = make_table("", "")
    table.show_header = False
    for name, value in (
        ("user name", made.username),
        ("password", made.password),
        ("domain", made.domain),
        ("extension", place.number),
        ("phone", made.device_id),
    ):
        table.add_row(cell(name, "dim"), cell(value))
    console.print(table)
