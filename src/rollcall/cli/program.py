"""The program `rollcall`: all commands, and how it ends."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from rollcall.cli.admin import admin
from rollcall.cli.backup import backup, restore
from rollcall.cli.calls import calls
from rollcall.cli.command import FAILED
from rollcall.cli.contacts import contacts
from rollcall.cli.devices import devices
from rollcall.cli.doctor import doctor
from rollcall.cli.encryption import encryption
from rollcall.cli.extensions import extensions
from rollcall.cli.keys import key
from rollcall.cli.m365 import m365
from rollcall.cli.mail import mail
from rollcall.cli.output import errors
from rollcall.cli.reset import reset
from rollcall.cli.serve import scheduler, switch, up, web, worker
from rollcall.cli.sync import sync
from rollcall.cli.tenants import tenant
from rollcall.cli.transfer import export, import_
from rollcall.cli.trunk import trunk
from rollcall.cli.upgrade import upgrade

HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=HELP)
@click.version_option(package_name="rollcall")
def cli() -> None:
    """A phone system whose people come from the company's own directory.

    Every command takes --json. Exit codes: 0 done, 1 failed, 2 wrong use, 3 held by a guard.
    """


m365.add_command(key)
m365.add_command(reset)
for command in (
    tenant,
    admin,
    m365,
    sync,
    extensions,
    contacts,
    devices,
    trunk,
    calls,
    export,
    import_,
    doctor,
    up,
    web,
    worker,
    scheduler,
    switch,
    backup,
    restore,
    upgrade,
    encryption,
    mail,
):
    cli.add_command(command)


def run() -> NoReturn:
    """Run the command that was given, and end with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        errors.print("Cancelled. What was committed stays; nothing is half done.")
        sys.exit(FAILED)
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat a polite request to end like Ctrl-C: runs end cleanly, the database is left."""
    os.kill(os.getpid(), signal.SIGINT)
