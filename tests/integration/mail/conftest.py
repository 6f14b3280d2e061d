"""A machine that sends mails, and a mail server that takes them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rollcall.credentials.secret import Secret
from rollcall.mail.operations import NewMailServer, set_mail_server
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.mail.server import MailHost, mail_host

NewHost = Callable[..., MailHost]


@pytest.fixture
def new_host(tmp_path: Path) -> Iterator[NewHost]:
    """Start a mail server: new_host(security="starttls", signed_in=True)."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(mail_host(tmp_path, **values))


@pytest.fixture
def host(new_host: NewHost, machine: Machine) -> MailHost:
    """A mail server on this machine that the machine knows."""
    found = new_host()
    set_server(machine, found)
    return found


def set_server(machine: Machine, host: MailHost, **values: Any) -> None:
    """Set a mail server, without encryption or as `values` say."""
    password = values.pop("password", "")
    new = NewMailServer(
        **{
            "host": "localhost",
            "port": host.port,
            "security": "none",
            "sender": "pbx@rollcall.example",
            "sender_name": "Rollcall",
            **values,
            "password": Secret(password.encode()) if password else None,
        }
    )
    set_mail_server(new, ring=machine.key_ring(), actor="test", now=utc_now())


def trusting(machine: Machine, ca_file: Path) -> Machine:
    """Return the machine with an authority that it trusts."""
    environment = msgspec.structs.replace(machine.environment, ca_bundle=ca_file)
    return Machine(environment=environment, conninfo=machine.conninfo)
