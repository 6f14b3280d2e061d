"""The program `rollcall`."""

import os
import signal
from types import FrameType

import click
import django

from rollcall.cli.command import FAILED
from rollcall.cli.output import errors


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Treat a polite request to end like Ctrl-C: runs end cleanly, the database is left."""
    os.kill(os.getpid(), signal.SIGINT)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="rollcall")
def cli() -> None:
    """A phone system whose people come from the company's own directory.

    Every command takes --json. Exit codes: 0 done, 1 failed, 2 wrong use, 3 held by a guard.
    """


def main() -> None:
    """Run the program."""
    signal.signal(signal.SIGTERM, _interrupt)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    django.setup()
    from rollcall.cli.commands import COMMANDS

    for command in COMMANDS:
        cli.add_command(command)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, click.Abort):
        errors.print("Cancelled. What was committed stays; nothing is half done.")
        raise SystemExit(FAILED) from None
    raise SystemExit(code if isinstance(code, int) else 0)
