"""A simulated company, and a machine that is connected to it, for one benchmark."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from rollcall.environment import read_environment
from rollcall.host.postgres import running_database
from tests.simulator.control import Directory, Simulator

ROLLCALL = (sys.executable, "-m", "rollcall.cli")
ROLES = ("User.Read.All", "Contacts.Read", "MailboxSettings.Read")
SLUG = "contoso"
LOOK_EVERY = 0.02
"""Seconds between two looks at the memory of a process."""


@dataclass(frozen=True)
class Cost:
    """What one run cost: seconds of the command and of the run in it, processor seconds, MiB at
    the peak, requests, items inside batches, changes.
    """

    seconds: float
    inside: float
    cpu: float
    memory: float
    requests: int
    items: int
    changes: int


@dataclass(frozen=True)
class Company:
    """A directory of the simulator, and a Rollcall home that is connected to it."""

    simulator: Simulator
    directory: Directory
    home: Path
    conninfo: str

    def run(self, *arguments: str) -> Cost:
        """Run a sync as an administrator would, in a process of its own, and measure it."""
        begun = time.monotonic()
        with tempfile.TemporaryFile("w+") as output:
            process = subprocess.Popen(
                [*ROLLCALL, "sync", "run", SLUG, "--json", *arguments],
                env=environment(self.home),
                stdout=output,
            )
            used, peak = _watch(process)
            seconds = time.monotonic() - begun
            output.seek(0)
            run = json.load(output)
        if run["state"] != "applied":
            raise RuntimeError(f"the run is {run['state']}: {run['error'] or run['hold']}")
        return Cost(
            seconds=seconds,
            inside=_seconds_between(run["started_at"], run["finished_at"]),
            cpu=used.ru_utime + used.ru_stime,
            memory=peak,
            requests=run["requests"],
            items=run["items"],
            changes=_changes(run["counts"]),
        )


def _watch(process: "subprocess.Popen[bytes]") -> tuple[resource.struct_rusage, float]:
    """Wait for the end of a process; return what it used, and its peak of memory in MiB.

    The system's own account of a child's peak begins with the size of its parent.
    """
    peak = 0.0
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return used, peak
        peak = max(peak, _peak_so_far(process.pid))
        time.sleep(LOOK_EVERY)


def _peak_so_far(pid: int) -> float:
    """Return the peak of a process's resident memory in MiB; 0 once it has ended."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def _seconds_between(begun: str, ended: str) -> float:
    moments = (datetime.fromisoformat(each) for each in (begun, ended))
    return -(next(moments) - next(moments)).total_seconds()


def _changes(counts: dict[str, dict[str, int]]) -> int:
    quiet = {"unchanged", "refused"}
    return sum(n for stage in counts.values() for name, n in stage.items() if name not in quiet)


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a command for `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROLLCALL_")}
    return {**kept, "ROLLCALL_HOME": str(home)}


def call(home: Path, *arguments: str) -> str:
    """Run a command that must succeed; return what it prints."""
    done = subprocess.run(
        [*ROLLCALL, *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stderr}")
    return done.stdout


@contextmanager
def connected_company(
    home: Path, simulator: Simulator, spec: str, *settings: str
) -> Iterator[Company]:
    """Make a directory, a tenant that is connected to it, and keep its database running."""
    directory = simulator.add_directory(spec)
    application = directory.applications[0]
    application.set_roles(*ROLES)
    home.mkdir(parents=True)
    (home / "rollcall.toml").write_text(
        "[clouds.SIMULATED]\n"
        f'login = "{simulator.login}"\n'
        f'graph = "{simulator.graph}"\n'
        f'ca_file = "{simulator.ca_file}"\n'
    )
    machine = read_environment(environ={"ROLLCALL_HOME": str(home)}, cwd=home)
    with running_database(machine) as address:
        tenant = ("--name", "Contoso", "--sip-domain", "contoso.example")
        place = ("--time-zone", "Europe/Berlin", "--country", "DE")
        call(home, "tenant", "add", SLUG, *tenant, *place)
        ids = ["--application-id", application.application_id]
        ids += ["--directory-id", directory.directory_id]
        call(home, "m365", "set", SLUG, *ids, "--cloud", "SIMULATED", *settings)
        key = home / "public_key.pem"
        call(home, "m365", "key", "new", SLUG, "--out", str(key))
        application.upload(key.read_text())
        yield Company(simulator, directory, home, address.conninfo)
    directory.remove()


def settle(conninfo: str) -> None:
    """Let the database do its housekeeping between two measurements."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
