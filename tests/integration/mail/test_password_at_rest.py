"""The mail server's password is sealed, and its key can be exchanged or lost."""

from pathlib import Path
from secrets import token_bytes

import msgspec
import pytest

from rollcall.credentials.keyfile import install_key_file, load_key_ring
from rollcall.credentials.sealing import KEY_BYTES, KeyRing
from rollcall.credentials.secret import Secret
from rollcall.integrations.sealed_operations import give_up_lost
from rollcall.mail.operations import open_mail_server
from rollcall.mail.queries import find_mail_server
from rollcall.wiring.encryption import key_status, rotate_encryption_keys
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.mail.conftest import set_server
from tests.integration.mail.server import PASSWORD, USER, MailHost


@pytest.fixture
def machine(machine: Machine, tmp_path: Path) -> Machine:
    """A machine with a key file of its own, which knows a mail server."""
    environment = msgspec.structs.replace(
        machine.environment, encryption_key_file=tmp_path / "encryption.json"
    )
    made = Machine(environment=environment, conninfo=machine.conninfo)
    set_server(made, MailHost(port=25), user=USER, password=PASSWORD)
    return made


def password(machine: Machine) -> bytes | None:
    server = open_mail_server(machine.key_ring())
    assert server is not None
    return server.password.reveal() if server.password else None


def test_a_rotation_takes_the_password_along(machine: Machine) -> None:
    (before,) = key_status(machine).keys
    assert before.others == 1

    rotation = rotate_encryption_keys(machine, actor="test", sleep=lambda _: None)

    assert (rotation.sealed, rotation.dropped) == (1, (before.name,))
    assert password(machine) == PASSWORD.encode()


def test_a_password_whose_key_is_lost_is_given_up(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    install_key_file(other, KeyRing("other", {"other": Secret(token_bytes(KEY_BYTES))}))

    assert give_up_lost(load_key_ring(other), now=utc_now()) == []

    assert password(machine) is None
    known = find_mail_server()
    assert known is not None
    assert known.password_at is None
