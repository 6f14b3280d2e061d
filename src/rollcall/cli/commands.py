"""All commands, by their first word."""

import click

from rollcall.cli.contacts import contacts
from rollcall.cli.doctor import doctor
from rollcall.cli.extensions import extensions
from rollcall.cli.keys import key
from rollcall.cli.m365 import m365
from rollcall.cli.sync import sync
from rollcall.cli.tenants import tenant
from rollcall.cli.transfer import export, import_

m365.add_command(key)

COMMANDS: tuple[click.Command, ...] = (
    tenant,
    m365,
    sync,
    extensions,
    contacts,
    export,
    import_,
    doctor,
)
