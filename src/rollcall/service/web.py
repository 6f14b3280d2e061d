"""The web server: a listening socket, the processes that serve on it, and their certificate."""

import errno
import socket
import time

import structlog

from rollcall.environment import ConfigurationError, HostPort
from rollcall.service.stopping import Stopping
from rollcall.service.web_certificate import CertificateWatch
from rollcall.service.web_crew import Crew, CrewError
from rollcall.service.web_process import BACKLOG
from rollcall.wiring.machine import Machine, utc_now

PROCESSES = 2
LOOK_EVERY = 1.0

_SAID = {
    errno.EADDRINUSE: "something else listens there already; end it, or choose another port",
    errno.EACCES: "a port below 1024 needs rights that this user has not; choose a higher one and "
    "let a proxy stand in front, or give the service CAP_NET_BIND_SERVICE",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}

_log = structlog.get_logger(__name__)


def serve_web(machine: Machine, stopping: Stopping) -> None:
    """Serve until it is time to stop. Raises ConfigurationError when it cannot begin."""
    environment = machine.environment
    watch = CertificateWatch(environment, clock=utc_now, steady=time.monotonic)
    pair = watch.first() if environment.https else None
    with open_listener(environment.listen) as listener:
        crew = Crew(machine, listener, stopping, size=PROCESSES)
        try:
            crew.begin(pair)
            _log.info("web.began", address=environment.listen.netloc, https=environment.https)
            while not stopping.wait(LOOK_EVERY):
                crew.look_after()
                if environment.https:
                    _look_at_certificate(watch, crew)
        except CrewError as error:
            raise ConfigurationError(
                f"{error} Why stands in {environment.home / 'log' / 'web-1.log'}, or above."
            ) from error
        finally:
            crew.end()
            _log.info("web.ended")


def open_listener(address: HostPort) -> socket.socket:
    """Return a socket that listens, which nobody else shares. Raises ConfigurationError."""
    try:
        family, _, _, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = family == socket.AF_INET6 and address.host == "::" and socket.has_dualstack_ipv6()
        listener = socket.create_server(
            place[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both
        )
    except OSError as error:
        why = _SAID.get(error.errno or 0, error.strerror)
        raise ConfigurationError(
            f"listen (ROLLCALL_LISTEN): {address.netloc} cannot be listened on: {why}."
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


def _look_at_certificate(watch: CertificateWatch, crew: Crew) -> None:
    pair = watch.look()
    if pair is None:
        return
    try:
        crew.renew(pair)
    except CrewError as error:
        _log.error("certificate.not_taken", sentence=f"{error} The one before stays.")
    else:
        _log.info("certificate.renewed", names=sorted(pair.names), not_after=str(pair.not_after))
