"""rollcall m365 reset"""

import click

from rollcall.cli.command import Desk, fail, with_desk
from rollcall.cli.output import print_json, say
from rollcall.integrations.queries import get_integration
from rollcall.integrations.reset_operations import Fate, ResetView, reset_integration, view_reset
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.machine import utc_now
from rollcall.wiring.reset import to_reset_json


@click.command("reset")
@click.argument("slug")
@click.option(
    "--extensions",
    type=click.Choice([fate.value for fate in Fate]),
    required=True,
    help="Keep them as hand-made ones, or block them until the directory is connected again.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_desk
def reset(desk: Desk, slug: str, *, extensions: str, yes: bool) -> None:
    """Cut the tenant loose from its directory, as if it had never been connected.

    Ids, key pairs, lists, what was read of the directory, and sessions and accounts of signing in
    with Microsoft go. Runs and their reports stay.
    """
    tenant, fate = get_tenant(slug), Fate(extensions)
    get_integration(tenant.id)
    if not yes:
        typed = click.prompt(
            f"{_told(view_reset(tenant.id), fate)}\nType {slug} to reset it", err=True
        )
        if typed != slug:
            fail("Nothing was reset.")
    done = reset_integration(tenant.id, extensions=fate, actor=desk.actor, now=utc_now())
    if desk.as_json:
        print_json(to_reset_json(tenant, fate, done))
    else:
        say(f"The integration of {slug} is reset. Remove the certificate in Entra, too.")


def _told(view: ResetView, fate: Fate) -> str:
    there, contacts = view.extensions, view.company_contacts
    becomes = (
        f"{there.working + there.waiting} extensions become hand-made ones, and so do {contacts} "
        f"company contacts; {view.personal_contacts} personal contacts go."
        if fate is Fate.KEEP
        else f"{there.working} extensions are blocked, with their numbers kept."
    )
    return (
        f"The ids, {view.key_pairs} key pairs, the lists and what was read of {view.people} people "
        f"go.\n{becomes}\n{view.accounts.accounts} accounts of signing in with Microsoft go, "
        f"{view.accounts.sessions} sessions end."
    )
