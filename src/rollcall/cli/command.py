"""What every command shares: the machine, `--json`, errors as sentences, exit codes."""

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, NoReturn, ParamSpec, TypeVar

import click
from django.db import InterfaceError, OperationalError

from rollcall.audit.operations import note
from rollcall.cli.output import errors
from rollcall.core.errors import StoppedError, SyncError
from rollcall.environment import ConfigurationError, Environment, read_environment
from rollcall.host.errors import DatabaseServerError
from rollcall.host.opening import open_as_it_is, open_machine
from rollcall.wiring.machine import Machine

P = ParamSpec("P")
R = TypeVar("R")

FAILED = 1
HELD = 3
DOCS = "docs/howto/"


class Desk:
    """What a command works with: the machine, whether it prints JSON, who is at the shell."""

    def __init__(self, machine: Machine, *, as_json: bool) -> None:
        self.machine = machine
        self.as_json = as_json

    @property
    def actor(self) -> str:
        """Who is at the shell, for the audit log."""
        return f"shell:{os.environ.get('SUDO_USER') or getpass.getuser()}"

    def audit(self, action: str, *, subject: str, tenant_id: int | None = None) -> None:
        """Note in the audit log what this command does."""
        note(actor=self.actor, action=action, subject=subject, tenant_id=tenant_id)


def with_desk(command: Callable[Concatenate[Desk, P], R]) -> Callable[P, R]:
    """Open the machine for a command, add `--json` to it, and turn errors into sentences."""
    return _with_desk(command, open_machine)


def with_desk_as_it_is(command: Callable[Concatenate[Desk, P], R]) -> Callable[P, R]:
    """The same for what looks after the tables themselves, of whatever version they are."""
    return _with_desk(command, open_as_it_is)


def _with_desk(
    command: Callable[Concatenate[Desk, P], R],
    opening: Callable[[Environment], AbstractContextManager[Machine]],
) -> Callable[P, R]:
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @wraps(command)
    def opened(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.pop("as_json", False))
        with plain_errors():
            environment = read_environment(environ=os.environ, cwd=Path.cwd())
            with opening(environment) as machine:
                return command(Desk(machine, as_json=as_json), *args, **kwargs)

    return opened


@contextmanager
def plain_errors() -> Iterator[None]:
    """End the program with a sentence on stderr for what can go wrong in the block."""
    try:
        yield
    except SyncError as error:
        fail(str(error), help_page=error.help_page)
    except (ConfigurationError, DatabaseServerError, StoppedError) as error:
        fail(str(error))
    except (OperationalError, InterfaceError):
        fail("The database does not answer. What was committed stays; try again.")


def fail(sentence: str, *, help_page: str = "", code: int = FAILED) -> NoReturn:
    """Say on stderr what is wrong, and end."""
    errors.print(f"Error: {sentence}", markup=False)
    if help_page:
        errors.print(f"More: {DOCS}{help_page}", markup=False)
    sys.exit(code)
