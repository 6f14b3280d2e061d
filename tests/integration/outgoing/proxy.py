"""An HTTPS proxy as companies have them: CONNECT, perhaps only with a password."""

import base64
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from typing_extensions import override

CHUNK = 65536
SECONDS = 30


@dataclass
class Proxy:
    """A proxy that runs: what it wants, the port it leads nobody to, where it was asked to lead."""

    password: str = ""
    refuse: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def url(self, user: str = "") -> str:
        """The address for rollcall.toml, with `user` (name:password) in it."""
        return f"http://{user}{'@' if user else ''}127.0.0.1:{self.port}"


@contextmanager
def open_proxy(*, password: str = "", refuse: str = "") -> Iterator[Proxy]:
    """Run a proxy while the block runs; `password` is what it wants of the user “rollcall”."""
    proxy = Proxy(password=password, refuse=refuse)

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            _lead(self, proxy)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        proxy.port = server.server_port
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()


def _lead(handler: BaseHTTPRequestHandler, proxy: Proxy) -> None:
    host, _, port = handler.path.rpartition(":")
    handler.close_connection = True
    if proxy.password and handler.headers.get("Proxy-Authorization") != _credential(proxy):
        handler.send_error(HTTPStatus.PROXY_AUTHENTICATION_REQUIRED)
        return
    proxy.asked.append(handler.path)
    if port == proxy.refuse:
        handler.send_error(HTTPStatus.FORBIDDEN)
        return
    with socket.create_connection((host, int(port)), timeout=SECONDS) as target:
        handler.send_response(HTTPStatus.OK)
        handler.end_headers()
        _pass_on(handler.connection, target)


def _credential(proxy: Proxy) -> str:
    return "Basic " + base64.b64encode(f"rollcall:{proxy.password}".encode()).decode()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until either side is done."""
    ways = {one: other, other: one}
    while ready := select.select(list(ways), [], [], SECONDS)[0]:
        for source in ready:
            try:
                chunk = source.recv(CHUNK)
                ways[source].sendall(chunk)
            except OSError:
                return
            if not chunk:
                return
