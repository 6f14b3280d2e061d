"""The loop beside the threads: patience ends, connections last, a child has its own."""

import asyncio
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from rollcall.core.errors import TransientError
from rollcall.providers.http.client import Broken, Outgoing, Request
from rollcall.providers.m365.clouds import Cloud
from rollcall.providers.m365.sign_in import fetch_document
from rollcall.wiring.loop import MOST_CLIENTS, BackgroundLoop, ask, background_loop
from rollcall.wiring.machine import utc_now
from tests.simulator.control import Simulator


@pytest.fixture
def loop() -> Iterator[BackgroundLoop]:
    """A loop of its own."""
    loop = BackgroundLoop()
    yield loop
    loop.close()


def cloud_of(simulator: Simulator, name: str = "SIMULATED") -> Cloud:
    """Return the simulator as a cloud."""
    return Cloud(name=name, login=simulator.login, graph=simulator.graph, portal=simulator.login)


def way_to(simulator: Simulator) -> Outgoing:
    """Return how the simulator is reached."""
    return Outgoing(ca_files=(simulator.ca_file,))


def test_an_answer_comes_back_to_the_thread_that_asked(loop: BackgroundLoop) -> None:
    async def name() -> str:
        return threading.current_thread().name

    assert loop.ask(name, patience=1) == "ask"


def test_what_is_raised_comes_back_too(loop: BackgroundLoop) -> None:
    async def fail() -> None:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        loop.ask(fail, patience=1)


def test_who_asks_waits_no_longer_than_the_patience(loop: BackgroundLoop) -> None:
    ended = threading.Event()

    async def sleep() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        loop.ask(sleep, patience=0.1)

    assert time.monotonic() - began < 1
    assert ended.wait(1)


def test_a_blocked_loop_does_not_block_those_who_ask(loop: BackgroundLoop) -> None:
    async def block() -> None:
        time.sleep(2)  # noqa: ASYNC251 - a mistake, made on purpose

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        loop.ask(block, patience=0.1)

    assert time.monotonic() - began < 1.9


def test_work_beside_goes_on_with_nobody_waiting(loop: BackgroundLoop) -> None:
    done = threading.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    async def start() -> None:
        loop.do_beside(work())

    loop.ask(start, patience=1)
    assert done.wait(1)


def test_a_cloud_keeps_its_client_and_its_connection(
    loop: BackgroundLoop, simulator: Simulator
) -> None:
    cloud, way = cloud_of(simulator), way_to(simulator)

    async def twice() -> bool:
        first, second = await loop.client(cloud, way), await loop.client(cloud, way)
        for client in (first, second):
            answer = await client.send(Request("GET", f"{cloud.login}/nowhere"))
            assert not isinstance(answer, Broken)
        return first is second

    assert loop.ask(twice, patience=5)


def test_a_machine_that_trusts_others_from_now_on_gets_another_client(
    loop: BackgroundLoop, simulator: Simulator
) -> None:
    cloud, way = cloud_of(simulator), way_to(simulator)

    async def before_and_after() -> bool:
        first = await loop.client(cloud, way)
        os.utime(simulator.ca_file)
        return first is await loop.client(cloud, way)

    assert not loop.ask(before_and_after, patience=5)


def test_clients_are_bounded_in_number(loop: BackgroundLoop, simulator: Simulator) -> None:
    async def open_many() -> int:
        for number in range(MOST_CLIENTS + 5):
            await loop.client(cloud_of(simulator, f"CLOUD-{number}"), way_to(simulator))
        return len(loop._clients)

    assert loop.ask(open_many, patience=10) == MOST_CLIENTS


def test_an_answer_without_end_is_not_read_to_its_end(
    loop: BackgroundLoop, simulator: Simulator
) -> None:
    cloud, way = cloud_of(simulator), way_to(simulator)
    simulator.bend_keys("status", status=200, body="x" * 3_000_000, times=None)

    async def fetch() -> bytes:
        client = await loop.client(cloud, way)
        return await fetch_document(
            client, f"{cloud.login}/common/discovery/v2.0/keys", now=utc_now()
        )

    with pytest.raises(TransientError, match="too long"):
        loop.ask(fetch, patience=5)


def test_where_nobody_listens_nothing_was_sent(loop: BackgroundLoop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    cloud = Cloud(name="NOBODY", login=url, graph=url, portal=url)

    async def send() -> object:
        return await (await loop.client(cloud, Outgoing())).send(Request("POST", url))

    answer = loop.ask(send, patience=5)
    assert isinstance(answer, Broken)
    assert answer.unsent


def test_a_loop_that_was_closed_is_closed_and_may_be_closed_again(simulator: Simulator) -> None:
    loop = BackgroundLoop()
    loop.ask(lambda: loop.client(cloud_of(simulator), way_to(simulator)), patience=5)

    loop.close()
    loop.close()

    assert not loop._thread.is_alive()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_process_has_a_loop_of_its_own() -> None:
    async def process() -> int:
        return os.getpid()

    assert ask(process, patience=1) == os.getpid()
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    before = background_loop()

    def child() -> None:
        queue.put((ask(process, patience=1) == os.getpid(), background_loop() is not before))

    other = context.Process(target=child)
    other.start()
    other.join(10)
    assert other.exitcode == 0
    assert queue.get() == (True, True)
