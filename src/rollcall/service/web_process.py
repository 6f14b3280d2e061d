"""One process of the web server: granian with Django in it, on a socket that its parent opened.

The parent writes what to do to standard input and keeps it open: when it ends, so does this
process. Of granian only the worker is used. How many there are, and when one takes the place of
another, is the parent's business (`web_crew`), because granian's own way of replacing workers cuts
connections that are just being made.
"""

import logging
import os
import pickle
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import IO, Any

from granian._granian import SocketHolder
from granian.constants import Interfaces, Loops, RuntimeModes, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from rollcall.environment import Environment
from rollcall.host.certificate import ServerPair
from rollcall.host.logs import configure_logs

APPLICATION = "rollcall.config.wsgi:load_application"
"""By name, because it stands above this layer."""

LEAVE = signal.SIGUSR1
"""Take no more connections, and end those that are there with their next answer."""

SERVING = b"serving"
BACKLOG = 1024
THREADS = 4
CONNECTIONS = 512
HEADERS_WITHIN_MS = 15_000
PING_EVERY_MS = 20_000
STOP_SECONDS = 8.0
LOOK_EVERY = 0.02

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process is told: its number, the machine, and the descriptors that it inherits."""

    number: int
    environment: Environment
    conninfo: str = field(repr=False)
    pair: ServerPair | None
    listener: int
    news: int


def main() -> None:
    """Be a process of the web server until told to stop."""
    assignment = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent wrote it, to a pipe of ours
    if not isinstance(assignment, Assignment):
        raise TypeError("standard input holds no assignment")
    threading.Thread(target=_end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rollcall.config.settings")
    _Granian(assignment).work()


class _Granian(MPServer):
    """Granian's description of a worker, and the worker itself, in this very process."""

    def __init__(self, assignment: Assignment) -> None:
        super().__init__(
            APPLICATION,
            interface=Interfaces.WSGI,
            runtime_mode=RuntimeModes.mt,
            loop=Loops.asyncio,
            blocking_threads=THREADS,
            backlog=BACKLOG,
            backpressure=CONNECTIONS,
            http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
            http2_settings=HTTP2Settings(keep_alive_interval=PING_EVERY_MS),
            websockets=False,
            log_level=LogLevels.warning,
            log_dictconfig={"handlers": {}, "loggers": {}},
        )
        self._assignment = assignment
        self._kept: list[IO[bytes]] = []
        granian: Any = self  # its own types say less than it takes
        if (pair := assignment.pair) is not None:
            paths = (self._path_of(pair.certificate), self._path_of(pair.key))
            granian.ssl_ctx = (True, *paths, None, str(SSLProtocols.tls12), None, [], False)
        holder: Any = SocketHolder
        granian._shd = holder(assignment.listener, False, BACKLOG)  # noqa: SLF001 - of ourselves
        granian._ssp = granian._sso = None  # noqa: SLF001 - of ourselves

    def work(self) -> None:
        """Serve, in this process and thread, until a signal ends it."""
        worker = self._spawn_worker(
            idx=self._assignment.number - 1,
            target=self._spawn_wsgi_worker,
            callback_loader=self._load,
        )
        worker.inner.run()

    def _load(self) -> Application:
        """Return the application. Granian calls this when its own logging is set up."""
        assignment = self._assignment
        _configure_logs(assignment)
        leaving = threading.Event()
        signal.signal(LEAVE, lambda _number, _frame: _leave(assignment.listener, leaving))
        ends = assignment.pair.not_after if assignment.pair else None
        load = resolve_name(APPLICATION)
        application = load(assignment.environment, assignment.conninfo, certificate_ends=ends)
        threading.Thread(target=_tell_when_serving, args=(assignment,), daemon=True).start()
        return say_goodbye(application, leaving)

    def _path_of(self, content: bytes) -> str:
        """Return a path under which granian, in this process, can read a file of its own."""
        if sys.platform == "linux":  # a file in memory: the key is written nowhere
            file = os.fdopen(os.memfd_create("pem"), "wb", buffering=0)
            path = f"/proc/self/fd/{file.fileno()}"
        else:
            file = tempfile.NamedTemporaryFile(buffering=0)  # noqa: SIM115 - kept until the end
            path = file.name
        file.write(content)
        self._kept.append(file)
        return path


def say_goodbye(application: Application, leaving: threading.Event) -> Application:
    """Return the application, which ends each HTTP/1 connection with its answer once leaving."""

    def answer(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if not leaving.is_set() or environ["SERVER_PROTOCOL"] == "HTTP/2":
            return application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], *rest)

        return application(environ, start)

    return answer


def _leave(listener: int, leaving: threading.Event) -> None:
    """Have granian hear of no new connection; those that it has go on.

    They all listen on one socket, so what this process does not take another one does.
    """
    leaving.set()
    for descriptor in _watchers(listener):
        watcher = select.epoll.fromfd(os.dup(descriptor))
        try:
            watcher.unregister(listener)
        except FileNotFoundError:
            pass  # the same one under another number
        finally:
            watcher.close()


def _tell_when_serving(assignment: Assignment) -> None:
    """Tell the parent once granian waits for connections."""
    while sys.platform == "linux" and not any(True for _ in _watchers(assignment.listener)):
        time.sleep(LOOK_EVERY)
    os.write(assignment.news, SERVING)
    os.close(assignment.news)


def _watchers(descriptor: int) -> Iterator[int]:
    """Yield the epoll descriptors of this process that watch a descriptor (Linux)."""
    for link in Path("/proc/self/fd").glob("*"):
        try:
            if "[eventpoll]" not in str(link.readlink()):
                continue
            lines = Path("/proc/self/fdinfo", link.name).read_text(encoding="ascii").splitlines()
        except OSError:
            continue  # closed meanwhile
        watched = (line.split()[1] for line in lines if line.startswith("tfd:"))
        if str(descriptor) in watched:
            yield int(link.name)


def _configure_logs(assignment: Assignment) -> None:
    configure_logs(assignment.environment, name=f"web-{assignment.number}", service=True)
    granian = logging.getLogger("_granian")
    granian.handlers = logging.getLogger("rollcall").handlers[:]
    granian.propagate = False
    # It logs paths, which may tell more than a log should; exceptions are logged by config.wsgi.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)


def _end_with(pipe: int) -> None:
    """End this process when the other end of the pipe is closed: the parent's, dead or alive."""
    while os.read(pipe, 1):  # not a file object: Python would wait for its lock when it ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)
