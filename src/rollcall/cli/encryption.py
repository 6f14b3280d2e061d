"""rollcall encryption …"""

import click

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import cell, console, make_table, plural, print_json, say
from rollcall.wiring.encryption import (
    KeyStatus,
    Rotation,
    add_encryption_key,
    drop_encryption_key,
    key_status,
    rotate_encryption_keys,
)

STATES = {"current": "green", "waiting": "yellow", "older": "dim", "lost": "red"}


@click.group()
def encryption() -> None:
    """Keys that seal the secrets in the database. They are in a file apart from it."""


@encryption.command("status")
@with_desk
def status(desk: Desk) -> None:
    """List the keys, and how much each of them seals."""
    found = key_status(desk.machine)
    if desk.as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: KeyStatus) -> None:
    table = make_table("key", "state", "private keys", "tokens", "others")
    for use in (*found.keys, *found.lost):
        table.add_row(
            cell(use.name),
            cell(use.state, STATES[use.state]),
            cell(use.private_keys),
            cell(use.tokens),
            cell(use.others),
        )
    console.print(table)
    say(f"The keys are in {found.file}. Keep a copy of it apart from the backups.", "dim")
    if found.lost:
        say(
            "What is lost does not open with any of these keys: its tenants need a new key pair, "
            "or this machine the right file.",
            "red",
        )


@encryption.command("add")
@with_desk
def add(desk: Desk) -> None:
    """Add a key that seals nothing yet: for several machines, whose files must all have it."""
    name = add_encryption_key(desk.machine, actor=desk.actor)
    file = str(desk.machine.environment.encryption_key_file)
    if desk.as_json:
        print_json({"added": name, "file": file})
        return
    say(f"The key {name} is in {file} and seals nothing yet.")
    say("Copy the file to every machine, then: rollcall encryption rotate")


@encryption.command("rotate")
@with_desk
def rotate(desk: Desk) -> None:
    """Seal everything with a new key, or with one that was added before; then drop the old one."""
    rotation = rotate_encryption_keys(desk.machine, actor=desk.actor)
    if desk.as_json:
        print_json(rotation)
    else:
        _tell(rotation)


def _tell(rotation: Rotation) -> None:
    say(f"{rotation.key} is the key now. {plural(rotation.sealed, 'secret')} sealed anew.")
    if rotation.dropped:
        say(f"Dropped from the file: {', '.join(rotation.dropped)}.")
    for name in rotation.kept:
        say(
            f"{name} is still in the file, because {'; '.join(rotation.because)}. Once that has "
            f"ended: rollcall encryption drop {name}",
            "yellow",
        )
    if rotation.lost:
        lost = plural(rotation.lost, "secret opens", "secrets open")
        say(f"{lost} with none of the keys and stayed as it was: rollcall encryption status", "red")
    say(f"Copy {rotation.file} to where its copy is kept, apart from the backups.", "dim")
    say("Backups made until now need the older keys: keep the older copy with them.", "dim")


@encryption.command("drop")
@click.argument("key", metavar="KEY")
@with_desk
def drop(desk: Desk, key: str) -> None:
    """Take KEY out of the file, unless anything is sealed with it or it is the current one."""
    drop_encryption_key(desk.machine, key, actor=desk.actor)
    if desk.as_json:
        print_json({"dropped": key})
    else:
        say(f"{key} is not in the file any more. Backups sealed with it need the older copy.")
