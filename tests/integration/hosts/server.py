"""A PostgreSQL server on a host of its own, as a database machine has it: TCP and a password.

The test itself comes in by the socket in the file system, which no cable has to do with.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from rollcall.host.binaries import Binaries, find_binaries
from rollcall.host.cluster import SHELTER
from rollcall.host.postmaster import find_orphans, read_postmaster
from rollcall.host.service_user import ServiceUser, choose_user, run_as
from rollcall.host.sockets import clear_directory
from tests.integration.host.machine import lives, wait_until
from tests.integration.hosts.network import DATABASE, Network
from tests.integration.server.cluster import PASSWORD, documented_statements

SUPERUSER = "postgres"
OWNER = "rollcall"
SECONDS = 60


@dataclass(frozen=True)
class Server:
    """The server of the host `database`."""

    network: Network
    directory: Path
    user: ServiceUser
    binaries: Binaries

    @property
    def data(self) -> Path:
        """Where its data is."""
        return self.directory / "data"

    def url(self, database: str) -> str:
        """Return where a database is for the other hosts."""
        return f"postgresql://{OWNER}:{quote(PASSWORD)}@{self.network.address(DATABASE)}:5432/{database}"

    def here(self, database: str, *, user: str = OWNER) -> str:
        """Return where a database is for the test."""
        return make_conninfo(host=str(self.directory), dbname=database, user=user)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        rules = f"{self.network.address(DATABASE)} -c unix_socket_directories={self.directory}"
        options = ("-l", self.directory / "log", "-o", f"-c listen_addresses={rules}")
        with self.network.inside(DATABASE):
            self._run(self.binaries.pg_ctl, "start", "-D", self.data, "-w", *options)

    def stop(self) -> None:
        """Stop it as an administrator does: connections are ended."""
        self._run(self.binaries.pg_ctl, "stop", "-D", self.data, "-w", "-m", "fast")

    def kill(self) -> None:
        """End it as a crash does; its processes see that and end, too."""
        postmaster = read_postmaster(self.data)
        assert postmaster is not None
        os.kill(postmaster.pid, signal.SIGKILL)
        wait_until(lambda: not lives(postmaster.pid))
        for pid in find_orphans(self.data):
            os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not find_orphans(self.data))
        # whoever has this pid by now, if only as a zombie, must not pass for the server
        (self.data / "postmaster.pid").unlink()
        clear_directory(self.directory)

    def tell(self, *statements: str) -> None:
        """Have the superuser execute statements."""
        with psycopg.connect(self.here(SUPERUSER, user=SUPERUSER), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def _run(self, *command: str | Path) -> None:
        ended = run_as(self.user, command, seconds=SECONDS)
        assert ended.returncode == 0, (command, ended.stdout, ended.stderr)


@contextmanager
def running_server(network: Network) -> Iterator[Server]:
    """Have a new server for the block, with what the how-to page has its superuser make."""
    # pytest's own directories are closed to the user that the server runs as under root
    directory = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    user = choose_user(directory)
    os.chown(directory, user.uid, user.gid)
    directory.chmod(0o755)
    server = Server(network, directory, user, find_binaries(None, user, shelter=SHELTER))
    try:
        server._run(
            *(server.binaries.initdb, "-D", server.data, "-U", SUPERUSER, "-E", "UTF8"),
            *("--locale=C.UTF-8", "--no-sync", "--no-instructions"),
        )
        (server.data / "pg_hba.conf").write_text(
            f"local all all trust\nhost all {OWNER} {network.everything} scram-sha-256\n"
        )
        server.start()
        try:
            server.tell(*documented_statements())
            yield server
        finally:
            _end(server)
    finally:
        shutil.rmtree(directory)


def _end(server: Server) -> None:
    postmaster = read_postmaster(server.data)
    if postmaster is not None and lives(postmaster.pid):
        os.kill(postmaster.pid, signal.SIGQUIT)
        give_up_at = time.monotonic() + SECONDS
        while lives(postmaster.pid) and time.monotonic() < give_up_at:
            time.sleep(0.02)
