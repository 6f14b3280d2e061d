"""The running program: three listeners, the file that says where they are, and a clean end."""

import asyncio
import contextlib
import gc
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from aiohttp import web

from m365sim.certificates import CA_FILE, server_context, token_keys
from m365sim.clouds import Cloud
from m365sim.control.service import Control
from m365sim.entra.service import Entra
from m365sim.founding import make_directory
from m365sim.graph.service import Graph
from m365sim.transport import Transport
from m365sim.world import World

STATE_FILE = "sim.json"
KEEP_ALIVE_SECONDS = 75.0


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int


class Addresses(NamedTuple):
    """Where the three hosts listen."""

    login: Address
    graph: Address
    control: Address


HttpHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


async def serve(
    home: Path,
    *,
    addresses: Addresses,
    cloud: Cloud,
    specs: Sequence[str],
    announce: Callable[[str], None],
) -> None:
    """Run until the process is told to end."""
    world = _prepared(home, cloud, specs)
    _calm_collector()
    tls = server_context(home, [addresses.login.host, addresses.graph.host])
    ended = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, ended.set)
    async with contextlib.AsyncExitStack() as stack:
        login = Transport(world, Entra(world).serve).handle
        graph = Transport(world, Graph(world).serve).handle
        world.login_url = await stack.enter_async_context(_listening(login, addresses.login, tls))
        world.graph_url = await stack.enter_async_context(_listening(graph, addresses.graph, tls))
        control_url = await stack.enter_async_context(
            _listening(Control(world).handle, addresses.control, None)
        )
        state = _state(world, home, control_url)
        stack.enter_context(_announced(home, state))
        announce(
            f"m365sim: login {world.login_url}, Graph {world.graph_url}, control {control_url}"
        )
        await ended.wait()


def _calm_collector() -> None:
    """Records come and go by the hundred thousand and hold no circles: look for them rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def _prepared(home: Path, cloud: Cloud, specs: Sequence[str]) -> World:
    home.mkdir(parents=True, exist_ok=True)
    world = World(cloud=cloud, signing_keys=token_keys(home))
    for spec in specs:
        directory = make_directory(spec, cloud)
        world.directories[directory.directory_id] = directory
    return world


@contextlib.asynccontextmanager
async def _listening(
    handler: HttpHandler, address: Address, tls: ssl.SSLContext | None
) -> AsyncIterator[str]:
    server = web.Server(handler, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS)
    runner = web.ServerRunner(server)
    await runner.setup()
    try:
        site = web.TCPSite(
            runner, address.host, address.port, ssl_context=tls, shutdown_timeout=1.0, backlog=512
        )
        await site.start()
        port = runner.addresses[0][1]
        host = "127.0.0.1" if address.host in ("0.0.0.0", "::") else address.host  # noqa: S104 - only compared
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


def _state(world: World, home: Path, control_url: str) -> dict[str, object]:
    return {
        "login": world.login_url,
        "graph": world.graph_url,
        "control": control_url,
        "ca_file": str((home / CA_FILE).resolve()),
        "pid": os.getpid(),
        "cloud": world.cloud.name,
        "directories": [
            {
                "name": directory.name,
                "directory_id": directory.directory_id,
                "applications": [
                    {"name": one.name, "application_id": one.application_id}
                    for one in directory.applications.values()
                ],
            }
            for directory in world.directories.values()
        ],
    }


@contextlib.contextmanager
def _announced(home: Path, state: dict[str, object]) -> Iterator[None]:
    path = home / STATE_FILE
    written = path.with_suffix(".tmp")
    written.write_bytes(msgspec.json.format(msgspec.json.encode(state)))
    written.replace(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
