"""rollcall export, rollcall import"""

import sys
from pathlib import Path

import click

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import print_json, say
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.transfer import export_settings, import_settings


@click.command()
@click.argument("slug")
@with_desk
def export(desk: Desk, slug: str) -> None:
    """Print a tenant's settings as a file. It holds no secret: key pairs are made anew."""
    sys.stdout.write(export_settings(slug).decode())
    desk.audit("tenant.exported", subject=slug, tenant_id=get_tenant(slug).id)


@click.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_desk
def import_(desk: Desk, slug: str, file: Path) -> None:
    """Set tenant SLUG to what FILE says; add it if there is none."""
    tenant = import_settings(desk.machine, slug, file.read_bytes(), actor=desk.actor)
    desk.audit("tenant.imported", subject=slug, tenant_id=tenant.id)
    if desk.as_json:
        print_json({"tenant": slug})
        return
    say(f"The settings of {slug} are as {file.name} says.")
    say(f"Key pairs are never in a file: rollcall m365 key new {slug} --out public_key.pem", "dim")
