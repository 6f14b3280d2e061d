"""A web server as an administrator runs it: `rollcall web`, a process, on a port of its own."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.commands.program import Program
from tests.ports import free_port

SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """What a page said."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """A running web server."""

    program: Program
    process: "subprocess.Popen[str]"
    host: str
    port: int
    https: bool

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        host: str = "",
    ) -> Answer:
        """Ask for a page on a connection of its own."""
        with self.connection(host) as connection:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            body = answer.read().decode()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)

    @contextmanager
    def connection(self, host: str = "") -> Iterator[http.client.HTTPConnection]:
        """A connection for requests one after the other."""
        where, seconds = (host or self.host, self.port), 15
        connection = (
            http.client.HTTPSConnection(*where, timeout=seconds, context=anybody())
            if self.https
            else http.client.HTTPConnection(*where, timeout=seconds)
        )
        try:
            yield connection
        finally:
            connection.close()

    def certificate(self) -> bytes:
        """The certificate that a new handshake shows."""
        with (
            socket.create_connection((self.host, self.port), timeout=5) as plain,
            anybody().wrap_socket(plain) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
        assert shown is not None
        return shown

    def workers(self) -> list[int]:
        """The processes that serve."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = children.read_text().split()
        return [int(pid) for pid in pids if lives(int(pid))]

    def said(self, event: str) -> list[dict[str, Any]]:
        """What it has logged of one thing."""
        path = self.program.home / "log" / "web.log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line for line in map(json.loads, lines) if line["event"] == event]


def anybody() -> ssl.SSLContext:
    """A client that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def running_web(
    program: Program, *, host: str = "127.0.0.1", https: bool = True, **settings: str
) -> Iterator[Web]:
    """Have a web server while the block runs; settings are ROLLCALL_… variables."""
    port = free_port()
    variables = {
        "ROLLCALL_LISTEN": f"{host}:{port}",
        "ROLLCALL_HTTPS": "on" if https else "off",
        **{f"ROLLCALL_{name.upper()}": value for name, value in settings.items()},
    }
    process = Program(program.home, {**program.variables, **variables}).start("web")
    web = Web(program, process, "127.0.0.1" if host == "0.0.0.0" else host, port, https)
    try:
        wait_until(lambda: answers(web))
        yield web
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise


def answers(web: Web) -> bool:
    """Whether the web server answers; fail when it has ended."""
    if web.process.poll() is not None:
        raise AssertionError(web.process.communicate())
    try:
        return web.ask("/healthz").status == 200
    except OSError:
        return False


def wait_until(condition: Callable[[], object], *, seconds: float = SECONDS) -> None:
    """Wait until something is so."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def kill(pid: int) -> None:
    """kill -9, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lives(pid))
