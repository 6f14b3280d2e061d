"""The processes of the web server: they die, are stopped, and find their port taken."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollcall.environment import ConfigurationError, HostPort
from rollcall.service.web import PROCESSES, open_listener
from tests.integration.commands.program import Program
from tests.integration.web.hammer import hammering
from tests.integration.web.server import Web, kill, lives, running_web, wait_until
from tests.ports import free_port

MOST_MEBIBYTES = 160
"""Of one process, with what it shares: a new one has about 90."""


@pytest.fixture
def other(web_program: Program) -> Iterator[Web]:
    """A web server of the test's own."""
    with running_web(web_program) as web:
        yield web


def test_a_process_that_dies_is_started_again(web: Web) -> None:
    wait_until(lambda: len(web.workers()) == PROCESSES)
    killed, before = web.workers(), len(web.said("web.process_died"))

    for pid in killed:
        kill(pid)
        wait_until(lambda: web.ask("/healthz").status == 200)
    wait_until(lambda: len(web.workers()) == PROCESSES and not set(web.workers()) & set(killed))

    assert len(web.said("web.process_died")) == before + PROCESSES
    assert web.process.poll() is None


def test_while_one_process_dies_the_other_answers(web: Web) -> None:
    wait_until(lambda: len(web.workers()) == PROCESSES)
    with hammering(web) as hammer:
        wait_until(lambda: hammer.answered["new"] > 20)
        victim = web.workers()[0]
        kill(victim)
        wait_until(lambda: len(web.workers()) == PROCESSES and victim not in web.workers())
        asked = hammer.answered["new"]
        wait_until(lambda: hammer.answered["new"] > asked + 20)

    assert len(hammer.failures) <= 6, "only what the dead process had in hand"


def test_what_is_being_answered_is_answered_before_it_stops(other: Web) -> None:
    """The database is frozen, so that the answer takes its two seconds."""
    answers: list[int] = []
    workers, postmaster = other.workers(), _postmaster(other.program.home)
    asking = threading.Thread(target=lambda: answers.append(other.ask("/readyz").status))
    os.kill(postmaster, signal.SIGSTOP)
    try:
        with other.connection() as idle:
            idle.request("GET", "/healthz")
            idle.getresponse().read()
            asking.start()
            time.sleep(0.3)
            other.process.terminate()
            asking.join()
    finally:
        os.kill(postmaster, signal.SIGCONT)

    assert answers == [503]
    assert other.process.wait(5) == 0
    assert [pid for pid in workers if lives(pid)] == []
    with socket.create_server((other.host, other.port)):
        pass


def test_without_their_parent_the_processes_end(other: Web) -> None:
    workers = other.workers()
    kill(other.process.pid)

    wait_until(lambda: not any(lives(pid) for pid in workers), seconds=5)
    with socket.create_server((other.host, other.port)):
        pass


def test_a_port_that_is_taken_is_said_in_a_sentence(web: Web) -> None:
    program = Program(web.program.home, {"ROLLCALL_LISTEN": f"{web.host}:{web.port}"})

    ended = program.run("web")

    assert ended.code == 1
    assert ended.err.splitlines()[-1] == (
        f"Error: listen (ROLLCALL_LISTEN): {web.host}:{web.port} cannot be listened on: "
        "something else listens there already; end it, or choose another port."
    )


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("192.0.2.1", "this machine does not have that address"),
        ("no-such-name.invalid", ""),  # what the resolver says differs
    ],
)
def test_an_address_that_is_not_here_is_said_in_a_sentence(host: str, why: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_listener(HostPort(host, 8443))

    assert f"{host}:8443 cannot be listened on: {why}" in str(caught.value)


def test_all_addresses_are_those_of_both_families() -> None:
    port = free_port()
    with open_listener(HostPort("::", port)):
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, port), timeout=1):
                pass


def test_a_process_takes_a_modest_part_of_the_memory(web: Web) -> None:
    for _ in range(20):
        assert web.ask("/metrics").status == 200
    for pid in web.workers():
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        kibibytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        assert kibibytes / 1024 < MOST_MEBIBYTES


def _postmaster(home: Path) -> int:
    return int((home / "database" / "data" / "postmaster.pid").read_text().split()[0])
