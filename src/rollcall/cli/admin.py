"""rollcall admin …: the way in, made at the server's own shell. No password is ever typed here."""

from datetime import datetime

import click
import msgspec
from django.db import transaction

from rollcall.accounts.arrivals import make_account_link, open_access
from rollcall.accounts.links import LASTS, Purpose
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.queries import AccountView, find_account, get_account, has_account
from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import print_json, say
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number
from rollcall.telephony.queries import get_key
from rollcall.tenants.queries import get_tenant
from rollcall.web.addresses import address_of_link
from rollcall.wiring.machine import utc_now

EMAIL = "Mail address, which is the name at sign-in."
TENANT = "Short name of the tenant; without it, the account looks after the whole system."
ROLE = "What the account of a tenant may do."
NAME = "The person's name."
EXTENSION = "Number of the extension that is theirs."
SYSTEM = "system"
ADMINISTRATOR = "administrator"

SAID = {
    Purpose.INVITATION: "{who} is there. Whoever opens this link within seven days sets the "
    "password:",
    Purpose.RESET: "{who} is open again: no second factor, no pause, no session. Whoever opens "
    "this link within an hour sets another password:",
    Purpose.SIGN_IN: "Whoever opens this link within a day is signed in as {who}, once:",
}


class AccessJson(msgspec.Struct, frozen=True):
    """A link that lets somebody in, as JSON."""

    email: str
    tenant: str | None
    role: str
    link: str
    expires_at: datetime


@click.group()
def admin() -> None:
    """Accounts that sign in with a password: the first one, and the way in when it is lost."""


@admin.command("add")
@click.option("--email", required=True, help=EMAIL)
@click.option("--tenant", "slug", help=TENANT)
@click.option("--role", type=click.Choice(["administrator", "user"]), help=ROLE)
@click.option("--name", default="", help=NAME)
@click.option("--extension", help=EXTENSION)
@with_desk
def add(
    desk: Desk, email: str, slug: str | None, role: str | None, name: str, extension: str | None
) -> None:
    """Add an account, and print a link to set its password with. By default an administrator."""
    with transaction.atomic():
        account = _add(desk, email, slug, role, name, extension)
        token = make_account_link(account.id, Purpose.INVITATION, actor=desk.actor, now=utc_now())
    _show(desk, account, slug, Purpose.INVITATION, token)


@admin.command("reset")
@click.option("--email", required=True, help=EMAIL)
@click.option("--tenant", "slug", help=TENANT)
@with_desk
def reset(desk: Desk, email: str, slug: str | None) -> None:
    """Open an account again, and print a link to set another password with.

    It is enabled, its second factor removed, its pauses lifted, its sessions ended.
    """
    account = find_account(_tenant_id(slug), email)
    token = open_access(account.id, actor=desk.actor, now=utc_now())
    _show(desk, account, slug, Purpose.RESET, token)


@admin.command("link")
@click.option("--email", required=True, help=EMAIL)
@click.option("--tenant", "slug", help=TENANT)
@click.option("--role", type=click.Choice(["administrator", "user"]), help=ROLE)
@click.option("--name", default="", help=NAME)
@click.option("--extension", help=EXTENSION)
@with_desk
def link(
    desk: Desk, email: str, slug: str | None, role: str | None, name: str, extension: str | None
) -> None:
    """Print a link that signs in, once and without a password. Adds the account if need be.

    For demonstrations, and for whoever looks after the server. The link asks for no second factor.
    """
    with transaction.atomic():
        if has_account(_tenant_id(slug), email):
            account = find_account(_tenant_id(slug), email)
        else:
            account = _add(desk, email, slug, role, name, extension)
        token = make_account_link(account.id, Purpose.SIGN_IN, actor=desk.actor, now=utc_now())
    _show(desk, account, slug, Purpose.SIGN_IN, token)


def _add(
    desk: Desk, email: str, slug: str | None, role: str | None, name: str, extension: str | None
) -> AccountView:
    tenant_id = _tenant_id(slug)
    if tenant_id is None and (role or extension):
        raise SetupError(
            "A role and an extension are a tenant's: give --tenant as well.", code="bad-role"
        )
    number = parse_number(extension.strip()) if extension else None
    new = NewAccount(
        email=email,
        role=SYSTEM if tenant_id is None else role or ADMINISTRATOR,
        tenant_id=tenant_id,
        name=name,
        extension_id=get_key(tenant_id, number).id if number and tenant_id else None,
    )
    return get_account(tenant_id, add_account(new, actor=desk.actor))


def _tenant_id(slug: str | None) -> int | None:
    return get_tenant(slug).id if slug is not None else None


def _show(desk: Desk, account: AccountView, slug: str | None, purpose: Purpose, token: str) -> None:
    address = address_of_link(desk.machine.environment, purpose, token)
    if desk.as_json:
        expires_at = utc_now() + LASTS[purpose]
        print_json(AccessJson(account.email, slug, account.role, address, expires_at))
        return
    say(SAID[purpose].format(who=account.email))
    click.echo(address)
