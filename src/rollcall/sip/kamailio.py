"""The configuration of Kamailio and rtpengine, from values; what it routes is in kamailio/*.cfg.

Pure: it reads the parts that are packaged beside it and nothing of the machine. Passwords are no
part of it: the database is reached by what libpq finds in the environment (PGHOST, PGUSER…), with
TZ=UTC, because Kamailio writes times as its clock shows them.
"""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

MODULES: Final = "/usr/lib/x86_64-linux-gnu/kamailio/modules"
LOOPBACK: Final = "127.0.0.1"
PARTS: Final = (
    "modules.cfg",
    "flood.cfg",
    "phones.cfg",
    "register.cfg",
    "records.cfg",
    "media.cfg",
    "dialogs.cfg",
    "calls.cfg",
    "trunk.cfg",
    "websocket.cfg",
    "main.cfg",
)
"""In the order in which Kamailio reads them: modules before what they offer is used."""

_PLACEHOLDER: Final = re.compile(r"\{\{ ([a-z_]+) \}\}")
_UNQUOTABLE: Final = re.compile(r'["\n\r\\;]')
_SHARED_MEMORY_MIB: Final = 256
_PRIVATE_MEMORY_MIB: Final = 8


class SwitchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is too much. A unit is two seconds."""

    strangers_per_unit: int = 60
    known_per_unit: int = 1000
    guesses_per_name: int = 10
    guesses_per_source: int = 100
    most_contacts: int = 8
    most_connections: int = 4096
    most_sockets: int = 200
    """WebSockets of one address."""
    longest_message: int = 32768
    web_expires: int = 120
    ring_seconds: int = 30
    answer_seconds: int = 6
    workers: int = 4
    paid_per_extension: int = 4
    """Calls through a carrier that go on at once."""
    paid_per_tenant: int = 100


class SwitchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a switch is told at its start."""

    directory: Path
    """Its own, with kamailio.cfg, tls.cfg, certificate.pem and key.pem."""
    control: str
    """The path of the Unix datagram socket that it is asked at."""
    modules: str = MODULES
    kamailio: str = "kamailio"
    rtpengine: str = "rtpengine"
    address: str = LOOPBACK
    public_address: str | None = None
    sip_port: int = 5060
    sips_port: int = 5061
    wss_port: int = 8444
    behind_proxy: bool = False
    """A web server takes the browsers' WebSockets; ours listens on loopback, without TLS."""
    origins: tuple[str, ...] = ()
    """Where our pages are: https://host[:port]."""
    hosts: tuple[str, ...] = ()
    """More names that this switch is called by."""
    ng_port: int = 22222
    media_first: int = 30000
    media_last: int = 39999
    log_level: int = -1
    limits: SwitchLimits = SwitchLimits()


def render_kamailio(plan: SwitchPlan) -> str:
    """Return kamailio.cfg."""
    values = _values(plan)

    def value(found: re.Match[str]) -> str:
        return values[found[1]]

    place = files("rollcall.sip") / "kamailio"
    parts = (_PLACEHOLDER.sub(value, (place / name).read_text("utf-8")) for name in PARTS)
    return "\n".join(("#!KAMAILIO", *_listeners(plan), *parts))


def render_tls(plan: SwitchPlan) -> str:
    """Return tls.cfg: the certificate of the web pages, for phones and browsers."""
    certificate = _plain(str(plan.directory / "certificate.pem"))
    key = _plain(str(plan.directory / "key.pem"))
    return f"""[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = {key}
certificate = {certificate}

[client:default]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_path = /etc/ssl/certs
"""


def kamailio_command(plan: SwitchPlan) -> tuple[str, ...]:
    """Return the command that runs Kamailio in the foreground."""
    place = plan.directory
    return (
        plan.kamailio,
        *("-f", str(place / "kamailio.cfg")),
        *("-Y", str(place)),
        *("-w", str(place)),
        *("-P", str(place / "kamailio.pid")),
        *("-m", str(_SHARED_MEMORY_MIB)),
        *("-M", str(_PRIVATE_MEMORY_MIB)),
        "-DD",
        "-E",
    )


def rtpengine_command(plan: SwitchPlan) -> tuple[str, ...]:
    """Return the command that runs rtpengine in the foreground, without its kernel module."""
    shown = f"!{plan.public_address}" if plan.public_address else ""
    return (
        plan.rtpengine,
        "--config-file=none",
        "--table=-1",
        f"--interface={plan.address}{shown}",
        f"--listen-ng={LOOPBACK}:{plan.ng_port}",
        f"--port-min={plan.media_first}",
        f"--port-max={plan.media_last}",
        "--timeout=60",
        "--silent-timeout=3600",
        "--delete-delay=0",
        "--log-level=4",
        "--foreground",
        "--log-stderr",
    )


def _listeners(plan: SwitchPlan) -> tuple[str, ...]:
    web = ("tcp", LOOPBACK) if plan.behind_proxy else ("tls", plan.address)
    ways = (
        ("udp", plan.address, plan.sip_port),
        ("tcp", plan.address, plan.sip_port),
        ("tls", plan.address, plan.sips_port),
        (*web, plan.wss_port),
    )
    shown = plan.public_address
    return (
        "enable_tls=yes",
        *(
            f"listen={kind}:{_host(address)}:{port}"
            + (f" advertise {_host(shown)}:{port}" if shown else "")
            for kind, address, port in ways
        ),
    )


def _host(address: str) -> str:
    return f"[{_plain(address)}]" if ":" in address else _plain(address)


def _values(plan: SwitchPlan) -> dict[str, str]:
    limits = {name: str(value) for name, value in msgspec.structs.asdict(plan.limits).items()}
    return limits | {
        "modules": _plain(plan.modules),
        "control": _plain(plan.control),
        "tls_config": _plain(str(plan.directory / "tls.cfg")),
        "log_level": str(plan.log_level),
        "db_url": "postgres:///",
        "ng_port": str(plan.ng_port),
        "wss_port": str(plan.wss_port),
        "behind_proxy": "1" if plan.behind_proxy else "0",
        "own_hosts": _any_of(_own_hosts(plan)),
        "own_origins": _any_of(plan.origins),
    }


def _own_hosts(plan: SwitchPlan) -> tuple[str, ...]:
    pages = (origin.split("://", 1)[-1].rsplit(":", 1)[0] for origin in plan.origins)
    named = (plan.address, plan.public_address or "", *plan.hosts, *pages)
    return tuple(dict.fromkeys(name.lower() for name in named if name))


def _any_of(words: tuple[str, ...]) -> str:
    """A regular expression for these words; for nothing when there are none."""
    return "|".join(_plain(word.lower()).replace(".", "[.]") for word in words) or "-"


def _plain(value: str) -> str:
    """What can stand in quotes in the configuration."""
    if _UNQUOTABLE.search(value):
        raise ValueError(value)
    return value
