"""The switch follows the database, and the certificate of the web server."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from django.db import connections

from rollcall.service.stopping import Stopping
from rollcall.service.switch import running_switch
from rollcall.wiring.machine import Machine
from tests.integration.switch.conftest import Running
from tests.pairs import Pair, new_pair

NUMBER = 2004


def shown_certificate(port: int) -> bytes:
    """Return the certificate that is shown at a port of this machine."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as wire,
    ):
        return wire.getpeercert(binary_form=True) or b""


@pytest.fixture
def pair() -> Pair:
    """An administrator's certificate."""
    return new_pair()


@pytest.fixture
def certified(machine: Machine, pair: Pair, tmp_path: Path) -> Iterator[Running]:
    """A switch with an administrator's certificate, in files under `tmp_path`."""
    certificate, key = pair.write(tmp_path)
    environment = msgspec.structs.replace(machine.environment, tls_cert=certificate, tls_key=key)
    own = Machine(environment, machine.conninfo)
    with running_switch(own, Stopping()) as switch:
        yield Running(own, switch)
        connections.close_all()


def test_phones_and_browsers_see_the_web_servers_certificate_and_its_successor(
    certified: Running, pair: Pair, tmp_path: Path
) -> None:
    environment = certified.machine.environment
    ports = (environment.sips_port, environment.wss_port)
    assert {shown_certificate(port) for port in ports} == {pair.der}
    before = certified.switch.crew.pids()

    fresh = new_pair("new.example.com")
    fresh.write(tmp_path)

    certified.await_that(lambda: shown_certificate(ports[0]) == fresh.der)
    assert shown_certificate(ports[1]) == fresh.der
    assert certified.switch.crew.pids() == before
