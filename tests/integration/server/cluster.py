"""A PostgreSQL server as Debian ships it, with a cluster of its own in a temporary directory."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from rollcall.host.service_user import ServiceUser, run_as, user_by_id
from tests.needs import ROOT, need

PLACE = Path("/usr/lib/postgresql")
HOW_TO = ROOT / "docs/howto/external-postgresql.md"
OLDEST = 15
SECONDS = 120

SUPERUSER = "postgres"
PASSWORD = "not the usual one"
RULES = f"""\
local all {SUPERUSER},rollcall_web,rollcall_system trust
local all all scram-sha-256
"""
"""pg_hba.conf. What is not under test needs no password."""


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    sockets: Path

    def address(self, role: str, database: str = "rollcall", password: str = "") -> str:
        """Return a database's URL for a role."""
        secret = f":{password.replace(' ', '%20')}" if password else ""
        return f"postgresql://{role}{secret}@/{database}?{urlencode({'host': self.sockets})}"

    def tell(self, *statements: str) -> None:
        """Have the superuser execute statements."""
        address = self.address(SUPERUSER, SUPERUSER)
        with psycopg.connect(address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Have a new cluster of Debian's newest PostgreSQL; skip the test where there is none."""
    programs = debian_programs()
    need(programs, "Debian's package postgresql: make deps")
    assert programs is not None
    user = _server_user()
    # pytest's own directories are closed to the user that the server runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    os.chown(directory, user.uid, user.gid)
    directory.chmod(0o755)
    data = directory / "data"
    try:
        _run(user, programs / "initdb", "-D", data, "-U", SUPERUSER, "-E", "UTF8", "--no-sync")
        (data / "pg_hba.conf").write_text(RULES)
        options = f"-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off"
        server = (programs / "pg_ctl", "-D", data, "-w")
        _run(user, *server, "-l", directory / "log", "-o", options, "start")
        try:
            yield Cluster(directory)
        finally:
            _run(user, *server, "-m", "fast", "stop")
    finally:
        shutil.rmtree(directory)


def debian_programs() -> Path | None:
    """Return the directory of Debian's newest PostgreSQL that is new enough, if any."""
    found = {int(path.parent.name): path for path in PLACE.glob("[0-9]*/bin")}
    newest = max((major for major in found if major >= OLDEST), default=None)
    return None if newest is None else found[newest]


def documented_statements() -> tuple[str, ...]:
    """Return what the how-to page has a superuser execute, with a password filled in."""
    lines = HOW_TO.read_text(encoding="utf-8").splitlines()
    statements = [line.strip() for line in lines if line.strip().startswith(("CREATE ", "GRANT "))]
    return tuple(each.replace("'…'", f"'{PASSWORD}'") for each in statements)


def _server_user() -> ServiceUser:
    """Return who runs the server: we ourselves, or Debian's own user where we are root."""
    own = os.geteuid()
    return user_by_id(own or pwd.getpwnam(SUPERUSER).pw_uid)


def _run(user: ServiceUser, *command: str | Path) -> None:
    ended = run_as(user, command, seconds=SECONDS)
    assert ended.returncode == 0, (command, ended.stdout, ended.stderr)
