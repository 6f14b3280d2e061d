"""rollcall upgrade"""

import click

from rollcall.cli.command import FAILED, Desk, with_desk_as_it_is
from rollcall.cli.output import plural, print_json, say
from rollcall.host.upgrading import UpgradeView, look_at_upgrade
from rollcall.host.upgrading import upgrade as upgrade_database


@click.command()
@click.option("--check", is_flag=True, help="Only say whether there is something to do: exit 1.")
@with_desk_as_it_is
def upgrade(desk: Desk, *, check: bool) -> None:
    """Bring the database's tables up to this version. The old version goes on working."""
    if check:
        _check(desk)
        return
    view = upgrade_database(actor=desk.actor, tell=_silent if desk.as_json else _tell)
    if desk.as_json:
        print_json(view)
        return
    if view.applied:
        say(f"The tables are up to date: {plural(len(view.applied), 'change')} made.", "green")
    else:
        say("The tables are up to date already.")
    _show_others(view)


def _check(desk: Desk) -> None:
    view = look_at_upgrade()
    if desk.as_json:
        print_json(view)
    elif view.pending:
        say(f"{plural(len(view.pending), 'change')} missing: {', '.join(view.pending)}", "yellow")
        say("Run: rollcall upgrade")
        _show_others(view)
    else:
        say("The tables are up to date.")
    if view.pending:
        raise SystemExit(FAILED)


def _show_others(view: UpgradeView) -> None:
    for each in view.others:
        say(
            f"A {each.kind} of version {each.version} is alive on {each.host} (process {each.pid}):"
            " install this version there and restart it when it suits.",
            "yellow",
        )


def _tell(name: str) -> None:
    say(f"Changing: {name}", "dim")


def _silent(_name: str) -> None:
    """Print nothing but the JSON."""
