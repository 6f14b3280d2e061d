"""rollcall extensions …"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click
import msgspec
from django.db import transaction
from rich.text import Text

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.files import read_lines
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
from rollcall.integrations import import_operations, people_operations
from rollcall.integrations.queries import get_integration
from rollcall.telephony import operations
from rollcall.telephony.queries import ExtensionView, get_extension, list_extensions
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.machine import utc_now

STATE_STYLES = {"active": "green", "blocked": "yellow", "released": "dim"}

FIELDS = {name: name.replace("_", " ").capitalize() for name in operations.EDITABLE} | {
    "email": "Mail address; by it the extension is proposed to a person of the directory",
    "office": "Office location",
    "company": "Company name",
}

NARROW = ("number", "name", "mail", "from", "state")
"""What is shown of extensions where there is no room for more."""

Command = TypeVar("Command", bound=Callable[..., object])


def with_fields(command: Command) -> Command:
    """Add an option for each field that is edited by hand."""
    for name, what in reversed(FIELDS.items()):
        command = click.option(f"--{name.replace('_', '-')}", help=f"{what}.")(command)
    return command


@click.group()
def extensions() -> None:
    """Extensions: numbers, and the people behind them."""


@extensions.command("list")
@click.argument("slug")
@click.option("--state", type=click.Choice(list(STATE_STYLES)), help="Only those in this state.")
@with_desk
def list_(desk: Desk, slug: str, state: str | None) -> None:
    """List the tenant's extensions."""
    views = (
        view
        for view in list_extensions(get_tenant(slug).id)
        if state is None or view.state == state
    )
    if desk.as_json:
        print_json_list(views)
        return
    show_extensions(list(views))


def show_extensions(views: list[ExtensionView]) -> None:
    """Print a table of extensions, with a line that counts them."""
    if not views:
        say("There are no extensions yet.")
        return
    rows = [_row(view) for view in views]
    print_rows(rows, narrow=NARROW)
    active = sum(view.state == "active" for view in views)
    say(f"{plural(len(views), 'extension')}, {active:,} active", "dim")


def _row(view: ExtensionView) -> dict[str, Text]:
    return {
        "number": cell(view.number, "bold"),
        "name": cell(view.display_name),
        "department": cell(view.department),
        "mail": cell(view.email),
        "mobile": cell(view.mobile_phone),
        "photo": cell("yes" if view.photo_sha256 else None, "dim"),
        "from": cell("Microsoft" if view.source == "microsoft365" else "local", "dim"),
        "state": cell(view.state, STATE_STYLES[view.state]),
    }


@extensions.command("add")
@click.argument("slug")
@click.argument("number")
@with_fields
@with_desk
def add(desk: Desk, /, slug: str, number: str, **fields: str | None) -> None:
    """Add an extension by hand. Without a display name, first and last name do."""
    tenant = get_tenant(slug)
    given = {name: value for name, value in fields.items() if value is not None}
    with transaction.atomic():
        operations.add_extension(tenant.id, number=parse_number(number), fields=given)
        desk.audit("extension.added", subject=number, tenant_id=tenant.id)
    _show(desk, get_extension(tenant.id, parse_number(number)), f"Extension {number} is there.")


@extensions.command("edit")
@click.argument("slug")
@click.argument("number")
@click.option("--number", "new_number", metavar="NEW", help="Give it another number.")
@with_fields
@with_desk
def edit(
    desk: Desk, /, slug: str, number: str, new_number: str | None, **fields: str | None
) -> None:
    """Change an extension. What comes from Microsoft 365 is edited there."""
    tenant = get_tenant(slug)
    given = {name: value for name, value in fields.items() if value is not None}
    target = parse_number(new_number) if new_number else None
    operations.edit_extension(tenant.id, parse_number(number), new_number=target, fields=given)
    desk.audit("extension.edited", subject=number, tenant_id=tenant.id)
    shown = target or parse_number(number)
    _show(desk, get_extension(tenant.id, shown), f"Extension {shown} is changed.")


OUTCOMES = {
    "freed": "Extension {number} is deleted; the number is free.",
    "kept": "Extension {number} is deleted. Its person is still in Microsoft 365, so it comes back "
    "with the next run; the number is kept until then.",
    "released": "Extension {number} is deleted. Its person had left, so the number goes back to "
    "the range, and the contacts are gone.",
}


@extensions.command("delete")
@click.argument("slug")
@click.argument("number")
@with_desk
def delete(desk: Desk, slug: str, number: str) -> None:
    """Delete an extension."""
    tenant = get_tenant(slug)
    outcome = people_operations.delete_extension(
        tenant.id, parse_number(number), actor=desk.actor, now=utc_now()
    )
    if desk.as_json:
        print_json({"deleted": number, "number": outcome})
    else:
        say(OUTCOMES[outcome].format(number=number))


@extensions.command("link")
@click.argument("slug")
@click.argument("number")
@click.argument("person")
@with_desk
def link(desk: Desk, slug: str, number: str, person: str) -> None:
    """Link a hand-made extension to PERSON of the directory, with the next run."""
    tenant = get_tenant(slug)
    found = people_operations.link_person(
        tenant.id,
        get_integration(tenant.id).id,
        number=parse_number(number),
        person=person,
        actor=desk.actor,
    )
    if desk.as_json:
        print_json({"number": number, "directory_object_id": found.object_id})
    else:
        say(f"Extension {number} becomes {found.display_name}'s with the next run.")


@extensions.command("separate")
@click.argument("slug")
@click.argument("person")
@with_desk
def separate(desk: Desk, slug: str, person: str) -> None:
    """Give PERSON an extension of their own, with the next run."""
    tenant = get_tenant(slug)
    found, number = people_operations.separate_person(
        tenant.id, get_integration(tenant.id).id, person=person, actor=desk.actor
    )
    if desk.as_json:
        print_json({"directory_object_id": found.object_id, "unlinked": number and str(number)})
        return
    if number is not None:
        say(f"Extension {number} is a local one now.")
    say(f"{found.display_name} gets an extension of their own with the next run.")


@extensions.command("import")
@click.argument("slug")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@click.option("--forget", metavar="PERSON", help="Keep no number for PERSON any more.")
@with_desk
def import_(desk: Desk, slug: str, file: Path | None, forget: str | None) -> None:
    """Keep numbers for people who come in later: a CSV of object id or mail address, number.

    Without FILE, list the numbers that are kept.
    """
    tenant = get_tenant(slug)
    if file is not None and forget is not None:
        raise click.UsageError("Give either FILE or --forget.")
    if file is not None:
        lines = import_operations.import_numbers(
            tenant.id, get_integration(tenant.id).id, lines=read_lines(file), actor=desk.actor
        )
    elif forget is not None:
        lines = [import_operations.forget_number(tenant.id, forget, actor=desk.actor)]
    else:
        lines = import_operations.list_kept(tenant.id)
    if desk.as_json:
        print_json_list(_import_json(line) for line in lines)
    elif file is not None:
        _say_imported(lines)
    elif forget is not None:
        say(f"{lines[0].number} is free: it is kept for “{lines[0].person}” no longer.")
    else:
        _show_kept(lines)


def _say_imported(lines: Sequence[import_operations.ImportLine]) -> None:
    known = sum(line.source_id is not None for line in lines)
    say(f"{plural(len(lines), 'number')} kept, {known:,} of them for people who are known already.")
    if known < len(lines):
        say("The others are looked for in every run.", "dim")


def _show_kept(lines: Sequence[import_operations.ImportLine]) -> None:
    if not lines:
        say("No number is kept for anybody.")
        return
    table = make_table("number", "kept for", "")
    for line in lines:
        known = "known, has not come in" if line.source_id else "nobody is known by this yet"
        table.add_row(cell(line.number, "bold"), cell(line.person), cell(known, "dim"))
    console.print(table)


def _import_json(line: import_operations.ImportLine) -> dict[str, str | None]:
    return {
        "person": line.person,
        "number": str(line.number),
        "directory_object_id": line.source_id,
    }


def _show(desk: Desk, view: ExtensionView, sentence: str) -> None:
    if desk.as_json:
        print_json(view)
        return
    table = make_table("", "")
    table.show_header = False
    for name, value in msgspec.structs.asdict(view).items():
        if value is not None:
            table.add_row(cell(name.replace("_", " "), "dim"), cell(value))
    console.print(table)
    say(sentence)
