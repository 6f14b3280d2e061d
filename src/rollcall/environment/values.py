"""The configuration of one machine as frozen values; what may stand in them is `parsing`'s."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

LogLevel = Literal["debug", "info", "warning", "error", "critical"]

HTTPS_PORT = 443

# A URL with an "@" anywhere else may hold an unquoted password; then nothing of it is shown.
_AFTER_CREDENTIALS = re.compile(r"(?:[^/?#@]*@)?(?P<place>[^/?#@]*(?:/[^?#@]*)?)(?:[?#][^@]*)?")


class HostPort(msgspec.Struct, frozen=True):
    """A host in lower case (IPv6 without brackets) and a port, so that equality is DNS's."""

    host: str
    port: int

    @property
    def netloc(self) -> str:
        """host:port, as it stands in a URL."""
        return f"{self.bracketed_host}:{self.port}"

    @property
    def bracketed_host(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def origin(self) -> str:
        """The https:// origin; the port is shown when it is not 443."""
        return f"https://{self.bracketed_host if self.port == HTTPS_PORT else self.netloc}"


class PortRange(msgspec.Struct, frozen=True):
    """Ports from `first` to `last`, both among them."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class PrivateUrl:
    """A URL that may carry a password: `value` is for the connection, `shown` for people."""

    value: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The URL without user, password and parameters."""
        scheme, _, rest = self.value.partition("://")
        match = _AFTER_CREDENTIALS.fullmatch(rest)
        return f"{scheme}://{match['place'] if match else '…'}"


@dataclass(frozen=True, slots=True)
class SecretText:
    """A text that is not to be printed."""

    value: str = field(repr=False)


class OperatorCloud(msgspec.Struct, frozen=True, kw_only=True):
    """A cloud that the operator added: `[clouds.NAME]` in rollcall.toml."""

    name: str
    login: str
    graph: str
    portal: str | None
    issuer: str
    """Holds `{directory_id}` literally, once."""
    ca_file: Path | None
    contact_delta: bool


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine was told. Paths are absolute; files named here could be opened."""

    home: Path
    listen: HostPort
    web_domain: HostPort | None
    sbc_domain: HostPort | None
    tls_cert: Path | None
    tls_key: Path | None
    https: bool
    """Whether the web server speaks HTTPS itself; without, a proxy in front of it does."""
    database_url: PrivateUrl | None
    postgres_bin: Path | None
    https_proxy: PrivateUrl | None
    ca_bundle: Path | None
    encryption_key_file: Path
    """Need not exist yet."""
    log_level: LogLevel
    workers: int
    worker_slots: int
    keep_runs_days: int
    keep_audit_days: int
    keep_calls_days: int
    session_idle_minutes: int
    session_days: int
    switch: bool
    """Whether `rollcall up` starts the switch."""
    sip_address: str
    """An IP address, as `ipaddress` writes it."""
    sip_public_address: str | None
    sip_port: int
    sips_port: int
    wss_port: int
    phone_socket: str | None
    loopback_carriers: bool
    """Whether a carrier may be at an address of loopback."""
    carrier_name_servers: tuple[HostPort, ...] | None
    """Each by its IP address; None: those of the machine."""
    media_ports: PortRange
    switch_database_url: PrivateUrl | None
    """The switch's own login at the server that `database_url` names."""
    metrics_token: SecretText | None
    metrics_tenants: int
    clouds: tuple[OperatorCloud, ...]
