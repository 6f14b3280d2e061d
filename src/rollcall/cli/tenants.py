"""rollcall tenant …"""

import click
from django.db import transaction

from rollcall.calling.devices import count_devices
from rollcall.cli.command import Desk, fail, with_desk
from rollcall.cli.output import (
    cell,
    console,
    make_table,
    plural,
    print_json,
    print_json_list,
    say,
)
from rollcall.core.numbering import parse_range
from rollcall.tenants import operations
from rollcall.tenants.queries import TenantView, get_tenant, list_tenants
from rollcall.tenants.rules import parse_reserved
from rollcall.wiring.documents import to_tenant_json

NAME = "The company's name."
SIP_DOMAIN = "Domain of its phones, such as acme.example."
TIME_ZONE = "Time zone by its IANA name, such as Europe/Berlin."
COUNTRY = "Two letters of ISO 3166, such as DE."

COLUMNS = ("tenant", "name", "SIP domain", "time zone", "country", "state")


@click.group()
def tenant() -> None:
    """Customers of the PBX."""


@tenant.command("add")
@click.argument("slug")
@click.option("--name", required=True, help=NAME)
@click.option("--sip-domain", required=True, help=SIP_DOMAIN)
@click.option("--time-zone", required=True, help=TIME_ZONE)
@click.option("--country", required=True, help=COUNTRY)
@with_desk
def add(desk: Desk, slug: str, name: str, sip_domain: str, time_zone: str, country: str) -> None:
    """Add a tenant; SLUG is its short name."""
    with transaction.atomic():
        view = operations.add_tenant(
            slug=slug, name=name, sip_domain=sip_domain, time_zone=time_zone, country=country
        )
        desk.audit("tenant.added", subject=slug, tenant_id=view.id)
    _show(desk, view, f"Tenant {slug} is there. Next: rollcall m365 set {slug} …")


@tenant.command("list")
@with_desk
def list_(desk: Desk) -> None:
    """List the tenants."""
    tenants = list_tenants()
    if desk.as_json:
        print_json_list(map(to_tenant_json, tenants))
        return
    if not tenants:
        say("There is no tenant yet. Add one: rollcall tenant add SLUG --name …")
        return
    table = make_table(*COLUMNS)
    for view in tenants:
        table.add_row(
            *map(cell, (view.slug, view.name, view.sip_domain, view.time_zone, view.country)),
            cell(view.state, "" if view.state == "active" else "yellow"),
        )
    console.print(table)


@tenant.command("show")
@click.argument("slug")
@with_desk
def show(desk: Desk, slug: str) -> None:
    """Show a tenant."""
    _show(desk, get_tenant(slug))


@tenant.command("set")
@click.argument("slug")
@click.option("--name", help=NAME)
@click.option("--sip-domain", help=SIP_DOMAIN)
@click.option("--time-zone", help=TIME_ZONE)
@click.option("--country", help=f"{COUNTRY} Address books are read anew after a change.")
@click.option("--extension-range", metavar="FIRST-LAST", help="Default range, such as 1000-9999.")
@click.option("--reserved", metavar="N,N,…", help="Numbers that are never given to anybody.")
@with_desk
def set_(
    desk: Desk,
    /,
    slug: str,
    extension_range: str | None,
    reserved: str | None,
    **values: str | None,
) -> None:
    """Change a tenant."""
    before = get_tenant(slug)
    phones = count_devices(before.id)
    chosen = None
    if extension_range is not None:
        first, _, last = extension_range.partition("-")
        chosen = parse_range(first.strip(), last.strip() or None)
    numbers = None
    if reserved is not None:
        numbers = parse_reserved(reserved)
    with transaction.atomic():
        view = operations.change_tenant(
            slug, extension_range=chosen, reserved_numbers=numbers, **values
        )
        desk.audit("tenant.changed", subject=slug, tenant_id=before.id)
    sentence = ""
    if phones and view.sip_domain != before.sip_domain:
        sentence = (
            f"{plural(phones, 'desk phone needs', 'desk phones need')} a new password, because "
            "the SIP domain is another one: rollcall devices renew …"
        )
    _show(desk, view, sentence)


@tenant.command("suspend")
@click.argument("slug")
@with_desk
def suspend(desk: Desk, slug: str) -> None:
    """Suspend a tenant: nothing of it runs until it is resumed."""
    view = get_tenant(slug)
    with transaction.atomic():
        operations.suspend_tenant(slug)
        desk.audit("tenant.suspended", subject=slug, tenant_id=view.id)
    _show(desk, get_tenant(slug), f"Tenant {slug} is suspended.")


@tenant.command("resume")
@click.argument("slug")
@with_desk
def resume(desk: Desk, slug: str) -> None:
    """Let a suspended tenant work again."""
    view = get_tenant(slug)
    with transaction.atomic():
        operations.resume_tenant(slug)
        desk.audit("tenant.resumed", subject=slug, tenant_id=view.id)
    _show(desk, get_tenant(slug), f"Tenant {slug} works again.")


@tenant.command("delete")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_desk
def delete(desk: Desk, slug: str, *, yes: bool) -> None:
    """Delete a tenant with its extensions, contacts, settings and runs."""
    view = get_tenant(slug)
    if not yes:
        typed = click.prompt(
            f"Everything of {view.name} will be lost: extensions, contacts, settings, runs.\n"
            f"Type {slug} to delete it",
            err=True,
        )
        if typed != slug:
            fail("Nothing was deleted.")
    with transaction.atomic():
        operations.delete_tenant(slug)
        desk.audit("tenant.deleted", subject=slug)
    if desk.as_json:
        print_json({"deleted": slug})
    else:
        say(f"Tenant {slug} is deleted.")


def _show(desk: Desk, view: TenantView, sentence: str = "") -> None:
    if desk.as_json:
        print_json(to_tenant_json(view))
        return
    table = make_table("", "")
    table.show_header = False
    for name, value in (
        ("tenant", view.slug),
        ("name", view.name),
        ("SIP domain", view.sip_domain),
        ("time zone", view.time_zone),
        ("country", view.country),
        ("state", view.state),
        ("extensions", f"{view.first_extension}–{view.last_extension}"),
        ("reserved", ", ".join(map(str, view.reserved_numbers))),
    ):
        table.add_row(cell(name, "dim"), cell(value))
    console.print(table)
    if sentence:
        say(sentence)
