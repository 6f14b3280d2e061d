"""Every setting of a machine, as data: the reader and docs/reference/settings.md both go by it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rollcall.environment import parsing

FILE_NAME = "rollcall.toml"


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table.

    `default` is written as an administrator would write it; None means that nothing stands there.
    """

    name: str
    parse: Callable[[str, Path], object]
    help: str
    default: str | None = None
    variable: str | None = None
    in_file: bool = True
    number: bool = False
    """Whether the file may hold it without quotes."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting that is true or false."""

    name: str
    help: str
    default: bool


SETTINGS = (
    Setting(
        name="home",
        variable="ROLLCALL_HOME",
        parse=parsing.parse_path,
        in_file=False,
        help=f"Directory of everything this machine keeps, {FILE_NAME} among it: "
        "./var in a checkout, else /var/lib/rollcall.",
    ),
    Setting(
        name="listen",
        variable="ROLLCALL_LISTEN",
        parse=parsing.parse_listen,
        default="127.0.0.1:8443",
        help="Address and port of the web server.",
    ),
    Setting(
        name="web_domain",
        variable="ROLLCALL_WEB_DOMAIN",
        parse=parsing.parse_domain,
        help="Host (or host:port) under which people reach the portal; makes the redirect URI.",
    ),
    Setting(
        name="sbc_domain",
        variable="ROLLCALL_SBC_DOMAIN",
        parse=parsing.parse_domain,
        help="Host (or host:port) of the session border controller; makes a second redirect URI.",
    ),
    Setting(
        name="tls_cert",
        variable="ROLLCALL_TLS_CERT",
        parse=parsing.parse_file,
        help="PEM file with the web server's certificate chain; read again when it changes.",
    ),
    Setting(
        name="tls_key",
        variable="ROLLCALL_TLS_KEY",
        parse=parsing.parse_file,
        help="PEM file with that certificate's private key.",
    ),
    Setting(
        name="https",
        variable="ROLLCALL_HTTPS",
        parse=parsing.parse_switch,
        default="on",
        help="on, or off where a proxy in front of the web server speaks HTTPS.",
    ),
    Setting(
        name="database_url",
        variable="ROLLCALL_DATABASE_URL",
        parse=parsing.parse_database_url,
        help="A PostgreSQL server to use (postgresql://…) instead of the embedded one.",
    ),
    Setting(
        name="postgres_bin",
        variable="ROLLCALL_POSTGRES_BIN",
        parse=parsing.parse_program_directory,
        help="Directory with initdb, pg_ctl and postgres, to use instead of those that came along.",
    ),
    Setting(
        name="https_proxy",
        variable="ROLLCALL_HTTPS_PROXY",
        parse=parsing.parse_proxy,
        help="Proxy for calls to Microsoft: an http:// or https:// address.",
    ),
    Setting(
        name="ca_bundle",
        variable="ROLLCALL_CA_BUNDLE",
        parse=parsing.parse_file,
        help="PEM file with more certificate authorities for outgoing calls to trust.",
    ),
    Setting(
        name="encryption_key_file",
        variable="ROLLCALL_ENCRYPTION_KEY_FILE",
        parse=parsing.parse_path,
        default="keys/encryption.json",
        help="Keys that seal the secrets in the database; made at the first start.",
    ),
    Setting(
        name="log_level",
        variable="ROLLCALL_LOG_LEVEL",
        parse=parsing.parse_log_level,
        default="info",
        help=f"How much is logged: {', '.join(parsing.LOG_LEVELS)}.",
    ),
    Setting(
        name="workers",
        variable="ROLLCALL_WORKERS",
        parse=parsing.parse_number(0, 64),
        number=True,
        default="2",
        help="Worker processes that rollcall up starts; 0 leaves the runs to other machines.",
    ),
    Setting(
        name="worker_slots",
        variable="ROLLCALL_WORKER_SLOTS",
        parse=parsing.parse_number(1, 100),
        number=True,
        default="8",
        help="Runs that a worker has in hand at once, besides one long one.",
    ),
    Setting(
        name="keep_runs_days",
        variable="ROLLCALL_KEEP_RUNS_DAYS",
        parse=parsing.parse_number(7, 36500),
        number=True,
        default="400",
        help="Days after which runs are deleted; the newest of each tenant stay.",
    ),
    Setting(
        name="keep_audit_days",
        variable="ROLLCALL_KEEP_AUDIT_DAYS",
        parse=parsing.parse_number(30, 36500),
        number=True,
        default="1100",
        help="Days after which entries of the audit log are deleted.",
    ),
    Setting(
        name="keep_calls_days",
        variable="ROLLCALL_KEEP_CALLS_DAYS",
        parse=parsing.parse_number(1, 36500),
        number=True,
        default="400",
        help="Days after which records of calls are deleted.",
    ),
    Setting(
        name="session_idle_minutes",
        variable="ROLLCALL_SESSION_IDLE_MINUTES",
        parse=parsing.parse_number(5, 10_080),
        number=True,
        default="480",
        help="Minutes after which somebody who does nothing has to sign in again.",
    ),
    Setting(
        name="session_days",
        variable="ROLLCALL_SESSION_DAYS",
        parse=parsing.parse_number(1, 90),
        number=True,
        default="7",
        help="Days after which everybody has to sign in again.",
    ),
    Setting(
        name="switch",
        variable="ROLLCALL_SWITCH",
        parse=parsing.parse_switch,
        default="on",
        help="on, or off to have rollcall up start no switch: everything but calls works without.",
    ),
    Setting(
        name="sip_address",
        variable="ROLLCALL_SIP_ADDRESS",
        parse=parsing.parse_address,
        default="127.0.0.1",
        help="Address of this machine at which phones and carriers reach the switch, and speech.",
    ),
    Setting(
        name="sip_public_address",
        variable="ROLLCALL_SIP_PUBLIC_ADDRESS",
        parse=parsing.parse_address,
        help="Address that the switch names instead, where a router with NAT stands in front.",
    ),
    Setting(
        name="sip_port",
        variable="ROLLCALL_SIP_PORT",
        parse=parsing.parse_number(1, 65535),
        number=True,
        default="5060",
        help="Port of SIP over UDP and TCP.",
    ),
    Setting(
        name="sips_port",
        variable="ROLLCALL_SIPS_PORT",
        parse=parsing.parse_number(1, 65535),
        number=True,
        default="5061",
        help="Port of SIP over TLS.",
    ),
    Setting(
        name="wss_port",
        variable="ROLLCALL_WSS_PORT",
        parse=parsing.parse_number(1, 65535),
        number=True,
        default="8444",
        help="Port to which web phones connect; behind a proxy (phone_socket), of loopback only.",
    ),
    Setting(
        name="phone_socket",
        variable="ROLLCALL_PHONE_SOCKET",
        parse=parsing.parse_socket,
        help="wss:// address of web phones at a proxy that passes them on to wss_port of loopback.",
    ),
    Setting(
        name="loopback_carriers",
        variable="ROLLCALL_LOOPBACK_CARRIERS",
        parse=parsing.parse_switch,
        default="off",
        help="on to let trunks lead to this machine's own loopback addresses: for tests alone.",
    ),
    Setting(
        name="carrier_name_servers",
        variable="ROLLCALL_CARRIER_NAME_SERVERS",
        parse=parsing.parse_name_servers,
        help="Name servers to ask for carriers, by address; several with commas. Or the machine's.",
    ),
    Setting(
        name="media_ports",
        variable="ROLLCALL_MEDIA_PORTS",
        parse=parsing.parse_ports,
        default="30000-39999",
        help="UDP ports of speech, four for each call.",
    ),
    Setting(
        name="switch_database_url",
        variable="ROLLCALL_SWITCH_DATABASE_URL",
        parse=parsing.parse_database_url,
        help="The switch's own login (rollcall_switch) at the server of database_url.",
    ),
    Setting(
        name="metrics_token",
        variable="ROLLCALL_METRICS_TOKEN",
        parse=parsing.parse_token,
        help="Bearer token that /metrics asks for; without it only this machine is answered.",
    ),
    Setting(
        name="metrics_tenants",
        variable="ROLLCALL_METRICS_TENANTS",
        parse=parsing.parse_number(0, 100_000),
        number=True,
        default="1000",
        help="For so many tenants /metrics has lines of their own, those in need of a hand first.",
    ),
)

CLOUD_SETTINGS = (
    Setting(
        name="login",
        parse=parsing.parse_origin,
        help="Origin of the sign-in host: {login}/{directory_id}/oauth2/v2.0/…",
    ),
    Setting(name="graph", parse=parsing.parse_origin, help="Origin of Graph: {graph}/v1.0/…"),
    Setting(
        name="portal", parse=parsing.parse_origin, help="Origin of the administrators' portal."
    ),
    Setting(
        name="issuer",
        parse=parsing.parse_issuer,
        default="{login}/{directory_id}/v2.0",
        help="Issuer of sign-in tokens; {directory_id} stands for the directory's id.",
    ),
    Setting(
        name="ca_file",
        parse=parsing.parse_file,
        help="PEM file with a certificate authority that is trusted for this cloud's hosts.",
    ),
)

CLOUD_SWITCHES = (
    Switch(
        name="contact_delta",
        default=True,
        help="Whether Graph reads contacts incrementally in this cloud.",
    ),
)

REQUIRED_OF_CLOUD = frozenset({"login", "graph"})
BUILT_IN_CLOUDS = frozenset({"GLOBAL", "CHINA", "USGOV_L4", "USGOV_L5"})
