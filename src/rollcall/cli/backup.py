"""rollcall backup, rollcall restore"""

import os
from pathlib import Path

import click

from rollcall.cli.command import Desk, plain_errors, with_desk_as_it_is
from rollcall.cli.output import plural, print_json, say
from rollcall.environment import Environment, read_environment
from rollcall.host.archive import open_archive
from rollcall.host.backup import BackupView, make_backup, to_view
from rollcall.host.opening import open_as_it_is
from rollcall.host.restore import RestoreOrder, RestoreView, refuse_newer_backup
from rollcall.host.restore import restore as restore_database
from rollcall.wiring.key_transfer import missing_keys
from rollcall.wiring.machine import utc_now

FILE = click.Path(dir_okay=False, path_type=Path)
PRESENT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DAY = "%Y-%m-%d %H:%M"


@click.command()
@click.argument("file", type=FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option("--check", is_flag=True, help="Write nothing: look whether FILE is a whole backup.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, *, force: bool, check: bool, as_json: bool) -> None:
    """Write the whole database to FILE, beside whatever goes on. Keys are not in it."""
    with plain_errors():
        environment = read_environment(environ=os.environ, cwd=Path.cwd())
        if check:
            view = _check(environment, file)
        else:
            with open_as_it_is(environment) as machine:
                actor = Desk(machine, as_json=as_json).actor
                view = make_backup(
                    machine, file.absolute(), actor=actor, replace=force, now=utc_now()
                )
        if as_json:
            print_json(view)
        elif check:
            _tell_checked(view)
        else:
            _tell(view)


def _tell(view: BackupView) -> None:
    say(f"{view.file} is written: {_contents(view)}, {view.bytes / 1e6:,.1f} MB.", "green")
    if view.keys:
        names = ", ".join(need.name for need in view.keys)
        say(
            f"The encryption keys are not in it. To restore it, a copy of {view.key_file} is "
            f"needed ({names}): keep one apart from the backup."
        )
    if view.lost_secrets:
        lost = plural(view.lost_secrets, "secret")
        say(f"Mind: {lost} in it open with no key of {view.key_file}.", "yellow")


def _contents(view: BackupView) -> str:
    counts = (
        plural(view.tenants, "tenant"),
        plural(view.extensions, "extension"),
        plural(view.contacts, "contact"),
    )
    return ", ".join(counts)


def _check(environment: Environment, file: Path) -> BackupView:
    archive = open_archive(file)
    archive.check_dump()
    refuse_newer_backup(archive.manifest.contents)
    return to_view(file, archive.manifest.contents, environment)


def _tell_checked(view: BackupView) -> None:
    say(f"{view.file} is whole: {_contents(view)}.", "green")
    say(f"Made {view.made_at:{DAY}} UTC by Rollcall {view.rollcall}.")
    missing = missing_keys(Path(view.key_file), view.keys, given=None)
    for need in view.keys:
        here = "not " if need in missing else ""
        secrets = plural(need.secrets, "secret needs", "secrets need")
        say(f"{secrets} the key {need.name}, which is {here}in {view.key_file}.")


@click.command()
@click.argument("file", type=PRESENT_FILE)
@click.option("--keys", type=PRESENT_FILE, help="Copy of the key file that belongs to the backup.")
@click.option("--replace", is_flag=True, help="Take the place of all that is in the database now.")
@click.option(
    "--without-keys", is_flag=True, help="Give up the secrets whose key is lost; restore the rest."
)
@with_desk_as_it_is
def restore(
    desk: Desk, file: Path, keys: Path | None, *, replace: bool, without_keys: bool
) -> None:
    """Bring the database back from FILE, wholly or not at all. Nothing else may run meanwhile."""
    view = restore_database(
        desk.machine,
        open_archive(file),
        RestoreOrder(keys=keys, replace=replace, without_keys=without_keys),
        actor=desk.actor,
        now=utc_now(),
        tell=_silent if desk.as_json else _say_dim,
    )
    if desk.as_json:
        print_json(view)
    else:
        _tell_restored(view)


def _tell_restored(view: RestoreView) -> None:
    made = f"{view.backup.made_at:{DAY}} UTC"
    say(f"The database is as it was {made}: {_contents(view.backup)}.", "green")
    if view.migrations:
        say(f"It was brought up to this version: {plural(len(view.migrations), 'change')}.")
    if view.interrupted_runs:
        say(f"{plural(view.interrupted_runs, 'run')} of that moment ended as interrupted.")
    if view.keys_taken:
        say(f"Put into {view.backup.key_file}: {', '.join(view.keys_taken)}.")
    for slug in view.tenants_without_key_pair:
        say(
            f"{slug} needs a new key pair: rollcall m365 key new {slug} --out public_key.pem", "red"
        )
    say("The next sync of each tenant reads what has changed since.", "dim")


def _say_dim(line: str) -> None:
    say(f"{line} …", "dim")


def _silent(_line: str) -> None:
    """Print nothing but the JSON."""
