"""With a web server in front, browsers' sockets come from loopback, without TLS."""

from collections.abc import Iterator

import msgspec
import pytest
from django.db import connections

from rollcall.environment import Environment
from tests.call.messages import Login
from tests.call.running import running_stage
from tests.call.stage import Stage
from tests.call.test_calls import media
from tests.call.wire import Phone
from tests.call.wires import WebSocketWire
from tests.databases import point_django

GUESSES = 15


@pytest.fixture(scope="module")
def behind(server: str, environment: Environment) -> Iterator[Stage]:
    """A switch that a web server stands before."""
    home = environment.home.parent / "proxied"
    home.mkdir()
    proxied = msgspec.structs.replace(
        environment, home=home, phone_socket="wss://pbx.example.com/phone/socket"
    )
    with running_stage(server, proxied, name="proxied") as stage:
        point_django(stage.ground.conninfo)
        yield stage
        stage.clear()
        connections.close_all()


def browser(stage: Stage) -> Phone:
    """Have a registered browser, as a web server passes it on: it thinks that it speaks WSS."""
    wire = WebSocketWire(stage.wss, origin=stage.origin, tls=False, path="/phone/socket")
    wire.transport = "WSS"
    line, _session = stage.north.hire().add_web_line()
    phone = Phone(wire, line, rtp_port=43000)
    assert phone.register().status == 200
    return phone


def test_browsers_behind_a_web_server_call_each_other_and_desk_phones(behind: Stage) -> None:
    one, other, desk = browser(behind), browser(behind), behind.register(behind.north.hire())
    for caller, callee in ((one, other), (one, desk), (desk, other)):
        here, there = behind.connect(caller, callee)
        protocol = "RTP/AVP" if callee is desk else "UDP/TLS/RTP/SAVPF"
        assert media(there.invite)[2] == protocol
        assert here.hang_up(there).status == 200
    one.close()
    other.close()


def test_their_one_address_is_not_shut_out_for_one_who_guesses(behind: Stage) -> None:
    phone = browser(behind)
    guess = Login("wnobodyatallxxxx", "wrong")
    answers = [phone.register(login=guess).status for _ in range(GUESSES)]
    assert answers[0] == 401
    assert answers[-1] == 403
    assert phone.register().status == 200
    phone.close()
