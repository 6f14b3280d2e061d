"""A mail server that hangs or never ends keeps nobody waiting for long, and nothing else at all."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from rollcall.core.errors import SetupError
from rollcall.mail import delivery
from rollcall.service.post import END_SECONDS, Post, sending
from rollcall.wiring.machine import Machine, utc_now
from rollcall.wiring.mail import send_test_mail
from tests.clocks import FixedClock
from tests.integration.host.machine import wait_until
from tests.integration.mail.conftest import set_server
from tests.integration.mail.server import MailHost
from tests.integration.mail.test_sending import ADA, later, queue, states

Talk = Callable[[socket.socket], None]


def say_nothing(connection: socket.socket) -> None:
    """Take the connection, and hang."""
    connection.recv(1)


def never_end(connection: socket.socket) -> None:
    """Greet, and answer the rest with a line that has no end."""
    connection.sendall(b"220 slow.example\r\n")
    while True:
        connection.sendall(b"2")
        time.sleep(0.05)


def talk_nonsense(connection: socket.socket) -> None:
    """Be no mail server."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(1)


@pytest.fixture
def listen() -> Iterator[Callable[[Talk], int]]:
    """Start a server that talks so with whoever connects; return its port."""
    sockets: list[socket.socket] = []

    def serve(server: socket.socket, talk: Talk) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                sockets.append(connection)
                with suppress(OSError), connection:
                    talk(connection)

    def begin(talk: Talk) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        sockets.append(server)
        threading.Thread(target=serve, args=(server, talk), daemon=True).start()
        return int(server.getsockname()[1])

    yield begin
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (say_nothing, "did not answer in time"),
        (never_end, "ended the connection"),
        (talk_nonsense, "answered “"),
    ],
)
def test_a_strange_server_is_left_in_time_and_named(
    machine: Machine,
    listen: Callable[[Talk], int],
    monkeypatch: pytest.MonkeyPatch,
    talk: Talk,
    sentence: str,
) -> None:
    monkeypatch.setattr(delivery, "STEP_SECONDS", 0.5)
    monkeypatch.setattr(delivery, "MAIL_SECONDS", 1.0)
    set_server(machine, MailHost(port=listen(talk)))
    began = time.monotonic()

    with pytest.raises(SetupError, match=sentence):
        send_test_mail(machine, to=ADA, actor="test")

    assert time.monotonic() - began < 5


def test_a_hanging_server_keeps_nothing_else_waiting(
    machine: Machine, listen: Callable[[Talk], int]
) -> None:
    set_server(machine, MailHost(port=listen(say_nothing)))
    queue()
    began = time.monotonic()

    with sending(machine, clock=FixedClock(later()())):
        assert time.monotonic() - began < 1

    assert time.monotonic() - began < END_SECONDS + 2
    assert states()["sent"] == 0


def test_the_thread_sends_what_comes_while_it_runs(machine: Machine, host: MailHost) -> None:
    with sending(machine, clock=utc_now):
        queue()
        wait_until(lambda: host.to() == [ADA], seconds=15)
        wait_until(lambda: states()["sent"] == 1, seconds=15)


def test_a_round_that_fails_comes_again_later(machine: Machine, host: MailHost) -> None:
    post = Post(machine, clock=FixedClock(later()()), stop=lambda: False)
    set_server(machine, MailHost(port=1))
    queue()

    after_trouble = post.round()
    set_server(machine, host)

    assert post.round() < after_trouble
    assert host.to() == [ADA]
