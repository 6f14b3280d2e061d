"""From a setting as written to its value.

Each parser takes the text and the home that relative paths start from. It raises ValueError with
what would be right; the reader puts the setting's name and place before it. A text that may hold
a password is never repeated in that sentence.
"""

import ipaddress
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from rollcall.environment.values import (
    HTTPS_PORT,
    HostPort,
    PortRange,
    PrivateUrl,
    SecretText,
)

POSTGRES_PROGRAMS = ("initdb", "pg_ctl", "postgres")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
DIRECTORY_ID = "{directory_id}"

_HIGHEST_PORT = 65535
_LONGEST_HOST = 253  # RFC 1035, 2.3.4, without the root's dot
_LOWEST_FREE_PORT = 1024
_DNS_PORT = 53
_FEWEST_PORTS = 40
_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})", re.ASCII)
_SOCKET_PATH = re.compile(r"[A-Za-z0-9._~/-]*", re.ASCII)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_NUMBERS = re.compile(r"[0-9.]+", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,}", re.ASCII)  # RFC 6750, 2.1
_HOST_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?", re.ASCII)


def parse_listen(text: str, _home: Path) -> HostPort:
    """An address to listen on; the port is part of it."""
    address = _host_port(text, default_port=None)
    if address is None:
        raise ValueError(
            f"{text!r} is not host:port with a port from 1 to 65535, such as 127.0.0.1:8443"
        )
    return address


def parse_domain(text: str, _home: Path) -> HostPort:
    """A name under which people reach Rollcall, port 443 unless given."""
    domain = _host_port(text, default_port=HTTPS_PORT)
    if domain is None:
        raise ValueError(
            f"{text!r} is not a host or host:port, such as pbx.example.com or pbx.example.com:8443"
        )
    return domain


def parse_number(least: int, most: int) -> Callable[[str, Path], int]:
    """Return the parser of a whole number from `least` to `most`."""

    def parse(text: str, _home: Path) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return parse


def parse_ports(text: str, _home: Path) -> PortRange:
    """Ports from one to another, enough for some calls."""
    match = _PORTS.fullmatch(text)
    first, last = (int(match[1]), int(match[2])) if match else (0, 0)
    if not _LOWEST_FREE_PORT <= first <= last <= _HIGHEST_PORT or last - first < _FEWEST_PORTS - 1:
        raise ValueError(
            f"{text!r} is not a range of at least {_FEWEST_PORTS} ports from {_LOWEST_FREE_PORT} "
            f"to {_HIGHEST_PORT}, such as 30000-39999"
        )
    return PortRange(first, last)


def parse_address(text: str, _home: Path) -> str:
    """One IP address that others can be told: not that of all networks at once."""
    try:
        address = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address, such as 192.0.2.10") from None
    if address.is_unspecified or address.is_multicast:
        raise ValueError(
            f"{text!r} stands for many addresses; name the one at which phones reach this machine"
        )
    return str(address)


def parse_name_servers(text: str, _home: Path) -> tuple[HostPort, ...]:
    """Addresses of name servers, each perhaps with a port."""
    servers = [_host_port(each.strip(), default_port=_DNS_PORT) for each in text.split(",")]
    found = tuple(each for each in servers if each is not None and _is_any_address(each.host))
    if len(found) != len(servers):
        raise ValueError(
            f"{text!r} is not a list of IP addresses, such as 192.0.2.53, [2001:db8::53]"
        )
    return found


def parse_socket(text: str, _home: Path) -> str:
    """A wss:// address, perhaps with a path."""
    scheme, _, rest = text.partition("://")
    place, slash, path = rest.partition("/")
    address = _host_port(place, default_port=HTTPS_PORT)
    if scheme.lower() != "wss" or address is None or _SOCKET_PATH.fullmatch(path) is None:
        raise ValueError(
            f"{text!r} is not a wss:// address, such as wss://pbx.example.com/phone/socket"
        )
    port = "" if address.port == HTTPS_PORT else f":{address.port}"
    return f"wss://{address.bracketed_host}{port}{slash}{path}"


def parse_switch(text: str, _home: Path) -> bool:
    """on or off."""
    if text not in {"on", "off"}:
        raise ValueError(f"{text!r} is neither on nor off")
    return text == "on"


def parse_token(text: str, _home: Path) -> SecretText:
    """A secret word of at least 16 characters, for an Authorization header."""
    if _TOKEN.fullmatch(text) is None:
        raise ValueError("a token has at least 16 letters, digits, '-', '.', '_' or '~'")
    return SecretText(text)


def parse_origin(text: str, _home: Path) -> str:
    """An https:// origin: nothing after the host and its port."""
    scheme, _, rest = text.partition("://")
    address = _host_port(rest.removesuffix("/"), default_port=HTTPS_PORT)
    if scheme.lower() != "https" or address is None:
        raise ValueError(
            f"{text!r} is not an https:// address without path and query, "
            "such as https://login.example.com"
        )
    return address.origin


def parse_issuer(text: str, _home: Path) -> str:
    """The template of a cloud's issuers, kept to the letter: issuers are compared as text."""
    if not text.startswith(("https://", "{login}/")) or text.count(DIRECTORY_ID) != 1:
        raise ValueError(
            f"{text!r} is not an https:// address that holds {DIRECTORY_ID} once, "
            f"such as https://login.example.com/{DIRECTORY_ID}/v2.0"
        )
    return text


def parse_database_url(text: str, _home: Path) -> PrivateUrl:
    """A libpq URI; libpq itself reads the details when it connects."""
    if not text.startswith(("postgresql://", "postgres://")) or not _splits(text):
        raise ValueError(
            "this is not a PostgreSQL address, such as postgresql://rollcall@db.example.com/rollcall"
        )
    return PrivateUrl(text)


def parse_proxy(text: str, _home: Path) -> PrivateUrl:
    """The proxy for outgoing calls, perhaps with a user and password."""
    scheme, _, rest = text.partition("://")
    address = _host_port(rest.rpartition("@")[2].removesuffix("/"), default_port=HTTPS_PORT)
    if scheme.lower() not in {"http", "https"} or address is None or not _splits(text):
        raise ValueError(
            "this is not the address of a proxy, such as http://proxy.example.com:3128"
        )
    return PrivateUrl(text)


def parse_log_level(text: str, _home: Path) -> str:
    """How much is logged."""
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"{text!r} is not one of {', '.join(LOG_LEVELS)}")
    return text.lower()


def parse_path(text: str, home: Path) -> Path:
    """A path, absolute or from home. Nothing needs to be there."""
    if text.startswith("~"):
        raise ValueError(f"{text!r} is written for a shell; write the whole path instead of ~")
    return home / text


def parse_file(text: str, home: Path) -> Path:
    """A file that can be read now."""
    path = parse_path(text, home)
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}); name a file that can"
        ) from error


def parse_program_directory(text: str, home: Path) -> Path:
    """A directory that holds PostgreSQL's programs."""
    path = parse_path(text, home)
    missing = [name for name in POSTGRES_PROGRAMS if not os.access(path / name, os.X_OK)]
    if missing:
        raise ValueError(
            f"{path} has no {' and no '.join(missing)} that can be run; "
            f"name a directory with {', '.join(POSTGRES_PROGRAMS)}"
        )
    return path


def _host_port(text: str, *, default_port: int | None) -> HostPort | None:
    match = _HOST_PORT.fullmatch(text.lower())
    if match is None:
        return None
    host, port = match["host"], int(match["port"]) if match["port"] else default_port
    if port is None or not 1 <= port <= _HIGHEST_PORT:
        return None
    if host.startswith("["):
        host = host[1:-1]
        return HostPort(host, port) if _is_address(host, version=6) else None
    if _NUMBERS.fullmatch(host):
        return HostPort(host, port) if _is_address(host, version=4) else None
    if len(host) > _LONGEST_HOST or _HOST.fullmatch(host) is None:
        return None
    return HostPort(host, port)


def _is_any_address(text: str) -> bool:
    return _is_address(text, version=4) or _is_address(text, version=6)


def _is_address(text: str, *, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version
    except ValueError:
        return False


def _splits(url: str) -> bool:
    try:
        urlsplit(url)
    except ValueError:
        return False
    return True
