"""One event loop beside a process's threads, for what they ask of the network and wait for.

A thread asks, and waits for as long as it has patience. Connections outlive the question, so the
next one need not shake hands again. Nobody may ask from the loop itself.
"""

import asyncio
import atexit
import os
import ssl
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any, Final, TypeVar

import uvloop

from rollcall.providers.http.client import HttpClient, Outgoing, open_client, trust_store
from rollcall.providers.m365.clouds import Cloud
from rollcall.wiring.machine import new_id

T = TypeVar("T")

MOST_CLIENTS: Final = 16
CONNECTIONS: Final = 64
"""So many to one host at once: whoever signs in waits for half a second of Microsoft's time."""
KEEP_ALIVE: Final = 50.0
"""Seconds that an idle connection is kept."""
LAST_WORDS: Final = 30.0
"""Seconds that a client which is not given out any more has for what it is doing."""
GRACE: Final = 1.0


@dataclass(frozen=True)
class _Open:
    client: HttpClient
    trusted: ssl.SSLContext
    stack: AsyncExitStack


class BackgroundLoop:
    """An event loop in a thread of its own, with the clients that live on it."""

    def __init__(self) -> None:
        self._process_id = os.getpid()
        self._loop = uvloop.new_event_loop()
        self._clients: OrderedDict[tuple[Cloud, Outgoing], _Open] = OrderedDict()
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = Thread(target=self._loop.run_forever, name="ask", daemon=True)
        self._thread.start()

    def ask(self, make: Callable[[], Coroutine[Any, Any, T]], *, patience: float) -> T:
        """Return what a coroutine comes to on the loop; raise TimeoutError after `patience`."""

        async def bounded() -> T:
            async with asyncio.timeout(patience):
                return await make()

        future = asyncio.run_coroutine_threadsafe(bounded(), self._loop)
        try:
            return future.result(patience + GRACE)
        except BaseException:
            future.cancel()
            raise

    async def client(self, cloud: Cloud, outgoing: Outgoing) -> HttpClient:
        """Return the client of a cloud's hosts. It trusts whom this machine trusts now."""
        async with self._opening:
            trusted = trust_store(outgoing.ca_files)
            key = (cloud, outgoing)
            found = self._clients.get(key)
            if found is not None and found.trusted is trusted:
                self._clients.move_to_end(key)
                return found.client
            if found is not None:
                self._let_go(key)
            stack = AsyncExitStack()
            client = await stack.enter_async_context(
                open_client(
                    outgoing=outgoing,
                    origins=cloud.origins,
                    new_id=new_id,
                    keep_alive=KEEP_ALIVE,
                    connections=CONNECTIONS,
                )
            )
            self._clients[key] = _Open(client, trusted, stack)
            while len(self._clients) > MOST_CLIENTS:
                self._let_go(next(iter(self._clients)))
            return client

    def do_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Let work go on with nobody waiting. To be called on the loop."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Close all connections and end the thread. May be called twice."""
        if self._loop.is_closed() or os.getpid() != self._process_id:
            return
        with suppress(Exception):  # the process ends: whatever it is, nobody can mend it
            asyncio.run_coroutine_threadsafe(self._close_all(), self._loop).result(GRACE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(GRACE)
        if not self._thread.is_alive():
            self._loop.close()

    def _let_go(self, key: tuple[Cloud, Outgoing]) -> None:
        old = self._clients.pop(key)

        async def close() -> None:
            try:
                await asyncio.sleep(LAST_WORDS)
            finally:
                await old.stack.aclose()

        self.do_beside(close())

    async def _close_all(self) -> None:
        running = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for opened in self._clients.values():
            await opened.stack.aclose()
        self._clients.clear()


class _Process:
    """The loop of this process: made when it is first needed, and anew after a fork."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loop: BackgroundLoop | None = None

    def loop(self) -> BackgroundLoop:
        with self._lock:
            if self._loop is None:
                self._loop = BackgroundLoop()
                atexit.register(self._loop.close)
            return self._loop

    def forget(self) -> None:
        """Leave the parent's loop to the parent: its thread is not in this process."""
        self._lock = Lock()
        self._loop = None


_process = _Process()
os.register_at_fork(after_in_child=_process.forget)


def background_loop() -> BackgroundLoop:
    """Return this process's loop."""
    return _process.loop()


def ask(make: Callable[[], Coroutine[Any, Any, T]], *, patience: float) -> T:
    """Return what a coroutine comes to on this process's loop, or raise TimeoutError."""
    return background_loop().ask(make, patience=patience)
