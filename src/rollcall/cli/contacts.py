"""rollcall contacts …"""

import click
from rich.text import Text

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import cell, plural, print_json_list, print_rows, say
from rollcall.core.numbering import parse_number
from rollcall.phonebook.queries import (
    ContactView,
    PhoneView,
    list_company_contacts,
    list_contacts,
    list_own_contacts,
)
from rollcall.telephony.queries import get_key
from rollcall.tenants.queries import get_tenant

SHOWN = 200
NARROW = ("name", "phones", "of")
"""What is shown of contacts where there is no room for more."""


@click.group()
def contacts() -> None:
    """Contacts: the company's, and people's own."""


@contacts.command("list")
@click.argument("slug")
@click.option("--owner", metavar="EXTENSION", help="One person's own contacts; this is audited.")
@click.option("--company", is_flag=True, help="The company's contacts.")
@with_desk
def list_(desk: Desk, slug: str, owner: str | None, *, company: bool) -> None:
    """List contacts. Without an option: the company's and everybody's own; this is audited."""
    if owner and company:
        raise click.UsageError("Choose --owner or --company.")
    tenant = get_tenant(slug)
    if company:
        views = list_company_contacts(tenant.id)
    elif owner:
        number = get_key(tenant.id, parse_number(owner)).number
        desk.audit("contacts.listed", subject=owner, tenant_id=tenant.id)
        views = list_own_contacts(tenant.id, owner_number=number)
    else:
        desk.audit("contacts.listed", subject="all", tenant_id=tenant.id)
        views = list_contacts(tenant.id)
    if desk.as_json:
        print_json_list(views)
        return
    show_contacts(list(views))


def show_contacts(views: list[ContactView]) -> None:
    """Print a table of contacts, with a line that counts them."""
    if not views:
        say("There are no contacts.")
        return
    print_rows([_row(view) for view in views[:SHOWN]], narrow=NARROW)
    more = f", {SHOWN} of them shown (--json shows all)" if len(views) > SHOWN else ""
    say(f"{plural(len(views), 'contact')}{more}", "dim")


def _row(view: ContactView) -> dict[str, Text]:
    return {
        "name": cell(view.display_name),
        "company": cell(view.company if view.company != view.display_name else None),
        "phones": cell("\n".join(map(_phone, view.phones))),
        "mail": cell(view.emails[0] if view.emails else None),
        "of": cell(view.owner or "company", "dim"),
        "folder": cell(view.folder, "dim"),
    }


def _phone(phone: PhoneView) -> str:
    dialled = phone.e164 or "not a phone number"
    suffix = f" ext. {phone.extension}" if phone.extension else ""
    if phone.number == phone.e164:
        return f"{phone.number} ({phone.kind})"
    return f"{phone.number} ({phone.kind}, {dialled}{suffix})"
