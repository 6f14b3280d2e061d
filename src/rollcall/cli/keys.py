"""rollcall m365 key …"""

from pathlib import Path

import click
from django.db import transaction

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import cell, console, make_table, print_json, print_json_list, say
from rollcall.core.errors import SetupError
from rollcall.integrations.operations import new_key_pair, retire_key_pair
from rollcall.integrations.queries import list_key_pairs
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.documents import to_key_pair_json
from rollcall.wiring.machine import utc_now

STATES = {"active": "green", "pending": "yellow", "retired": "dim"}


@click.group("key")
def key() -> None:
    """Key pairs: the private key stays here, public_key.pem is uploaded to Entra."""


@key.command("new")
@click.argument("slug")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the certificate is written, such as public_key.pem.",
)
@click.option("--days", type=int, help="For how long it is valid; default: the integration's.")
@with_desk
def new(desk: Desk, slug: str, out: Path, days: int | None) -> None:
    """Make a key pair. It is pending until Microsoft accepts it once."""
    tenant = get_tenant(slug)
    if not out.parent.is_dir():
        raise SetupError(f"There is no directory {out.parent} to write to.", code="no-directory")
    now = utc_now()
    with transaction.atomic():
        view, pem = new_key_pair(
            tenant.id,
            actor=desk.actor,
            name=f"Rollcall {slug}",
            days=days,
            ring=desk.machine.key_ring(),
            now=now,
        )
        try:
            out.write_text(pem)
        except OSError as error:
            raise SetupError(
                f"{out} could not be written: {error.strerror}. No key pair was made.",
                code="write",
            ) from error
    if desk.as_json:
        print_json(to_key_pair_json(view, now))
        return
    say(f"{out} is written. Upload it in Entra: the application > Certificates & secrets.")
    say(f"Thumbprint {view.sha1}, valid until {view.not_after:%-d %B %Y}.", "dim")


@key.command("list")
@click.argument("slug")
@with_desk
def list_(desk: Desk, slug: str) -> None:
    """List the key pairs, the newest first."""
    now = utc_now()
    views = list_key_pairs(get_tenant(slug).id)
    if desk.as_json:
        print_json_list(to_key_pair_json(view, now) for view in views)
        return
    if not views:
        say("There is no key pair yet: rollcall m365 key new … --out public_key.pem")
        return
    table = make_table("key", "state", "thumbprint (SHA-1)", "valid until", "days left")
    for view in views:
        table.add_row(
            cell(view.id),
            cell(view.state, STATES[view.state]),
            cell(view.sha1),
            cell(f"{view.not_after:%Y-%m-%d}"),
            cell(view.days_left(now)),
        )
    console.print(table)


@key.command("retire")
@click.argument("slug")
@click.argument("key", metavar="KEY")
@with_desk
def retire(desk: Desk, slug: str, key: str) -> None:
    """Retire KEY (its id, or the beginning of its thumbprint): it is not used any more."""
    view = retire_key_pair(get_tenant(slug).id, actor=desk.actor, key=key, now=utc_now())
    if desk.as_json:
        print_json(to_key_pair_json(view, utc_now()))
    else:
        say(f"Key pair {view.id} is retired. Remove its certificate in Entra, too.")
