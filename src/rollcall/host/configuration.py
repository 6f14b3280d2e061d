"""What PostgreSQL is told: its settings, who may connect, and under which names. Pure, as text.

Written anew before each start, so that an upgrade of Rollcall brings its settings along. What an
operator wants otherwise goes in with ALTER SYSTEM, which PostgreSQL reads last.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

MAP = "rollcall"
OWNER_ROLE = "rollcall"
ROLES = (OWNER_ROLE, "rollcall_web", "rollcall_system", "rollcall_switch")
PORT = 5432  # names the socket; nothing listens on the network

_MEBIBYTE = 1024 * 1024


def server_settings(
    *, files: Path, log: Path, socket_directory: Path, memory: int
) -> Mapping[str, str]:
    """The settings of postgresql.conf; `memory` is the machine's, in bytes."""
    return {
        "hba_file": str(files / "pg_hba.conf"),
        "ident_file": str(files / "pg_ident.conf"),
        "cluster_name": "rollcall",
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": _list_item(socket_directory),
        "max_connections": "200",
        "shared_buffers": f"{shared_buffers(memory)}MB",
        "max_wal_size": "4GB",
        "fsync": "on",
        "timezone": "UTC",
        "idle_in_transaction_session_timeout": "0",
        "shared_preload_libraries": "pg_stat_statements",
        "logging_collector": "on",
        "log_directory": str(log),
        "log_filename": "postgres-%a.log",  # a week of days, each written over a week later
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u ",
        "lc_messages": "C",
        # Statements, and the DETAIL of an error, hold the names and numbers of people.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }


def shared_buffers(memory: int) -> int:
    """A quarter of the memory, at least 64 and at most 512, in MiB."""
    return max(64, min(512, memory // _MEBIBYTE // 4))


def render_settings(settings: Mapping[str, str]) -> str:
    """postgresql.conf."""
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())


def render_access() -> str:
    """pg_hba.conf: this machine only, and nobody whom the kernel does not vouch for."""
    return f"local all all peer map={MAP}\n"


def render_names(users: Iterable[str]) -> str:
    """pg_ident.conf: the operating-system users that may take each role."""
    return "".join(f'{MAP} "{user}" {role}\n' for user in sorted(set(users)) for role in ROLES)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _list_item(path: Path) -> str:
    return '"' + str(path).replace('"', '""') + '"'
