"""From the settings of a machine to what the switch is told: ports, addresses, paths, origins."""

import errno
import socket
from collections.abc import Iterator

from rollcall.environment import ConfigurationError, Environment
from rollcall.host.switch_places import SwitchPlaces
from rollcall.host.switch_programs import SwitchPrograms
from rollcall.sip.kamailio import SwitchPlan

LOOPBACK = "127.0.0.1"

_SAID = {
    errno.EADDRINUSE: "something else listens there already; end it, or choose another port",
    errno.EACCES: "a port below 1024 needs rights that this user has not; choose a higher one",
    errno.EADDRNOTAVAIL: "this machine does not have that address: see sip_address",
}


def plan_switch(
    environment: Environment, programs: SwitchPrograms, places: SwitchPlaces, *, ng_port: int
) -> SwitchPlan:
    """Return the plan of this machine's switch. `ng_port` is where rtpengine is to be asked."""
    return SwitchPlan(
        directory=places.directory,
        control=str(places.control),
        kamailio=str(programs.kamailio),
        modules=str(programs.modules),
        rtpengine=str(programs.rtpengine),
        address=environment.sip_address,
        public_address=environment.sip_public_address,
        sip_port=environment.sip_port,
        sips_port=environment.sips_port,
        wss_port=environment.wss_port,
        behind_proxy=environment.phone_socket is not None,
        origins=phone_origins(environment),
        ng_port=ng_port,
        media_first=environment.media_ports.first,
        media_last=environment.media_ports.last,
    )


def phone_origins(environment: Environment) -> tuple[str, ...]:
    """Return the origins of pages that may open a connection: the portal's, under each name."""
    domains = (environment.web_domain, environment.sbc_domain)
    origins = [domain.origin for domain in domains if domain is not None]
    if environment.web_domain is None:
        scheme = "https" if environment.https else "http"
        port = environment.listen.port
        hosts = ("localhost", LOOPBACK, environment.listen.bracketed_host)
        origins += [f"{scheme}://{host}:{port}" for host in hosts]
    return tuple(dict.fromkeys(origins))


def check_ports(environment: Environment) -> None:
    """Raise ConfigurationError for the first port that cannot be listened on, with its setting."""
    for name, address, port, kind in _listeners(environment):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as tried:
            if kind == socket.SOCK_STREAM:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((address, port))
            except OSError as error:
                raise ConfigurationError(_refusal(name, address, port, kind, error)) from error


def free_udp_port() -> int:
    """Return a UDP port of loopback that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        tried.bind((LOOPBACK, 0))
        port: int = tried.getsockname()[1]
        return port


def _listeners(environment: Environment) -> Iterator[tuple[str, str, int, socket.SocketKind]]:
    address = environment.sip_address
    phones = LOOPBACK if environment.phone_socket is not None else address
    yield "sip_port", address, environment.sip_port, socket.SOCK_DGRAM
    yield "sip_port", address, environment.sip_port, socket.SOCK_STREAM
    yield "sips_port", address, environment.sips_port, socket.SOCK_STREAM
    yield "wss_port", phones, environment.wss_port, socket.SOCK_STREAM


def _refusal(name: str, address: str, port: int, kind: int, error: OSError) -> str:
    protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
    setting = f"{name} (ROLLCALL_{name.upper()})"
    why = _SAID.get(error.errno or 0, error.strerror)
    return f"{setting}: {address} {protocol} port {port} cannot be listened on: {why}."
