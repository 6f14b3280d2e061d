"""A provider's machine with many tenants, and the service that runs on it, as a process.

with Service.started(plant) as service:
    night = plant.begin_night()
    plant.await_morning(night)
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from rollcall.credentials.keyfile import load_key_ring
from rollcall.credentials.sealing import KeyRing, seal, unseal
from rollcall.integrations.operations import Connection, change_integration, new_key_pair
from rollcall.integrations.queries import key_place
from rollcall.tenants.operations import add_tenant
from tests.databases import point_django
from tests.integration.commands.program import CLOUD, Program, cloud_settings
from tests.integration.host.machine import wait_until
from tests.ports import free_port
from tests.simulator.control import Directory, Simulator
from tests.sites import ROLES

SCOPE = (2000, 8999)
BIG_SCOPE = (100000, 199999)
READY_SECONDS = 60.0
STOP_SECONDS = 60.0

COPY_KEY = """
    INSERT INTO integrations_keypair (tenant_id, integration_id, state, certificate, private_key,
        sha1, sha256, algorithm, not_before, not_after, created_at)
    SELECT i.tenant_id, i.id, 'pending', k.certificate, %s, k.sha1, k.sha256, k.algorithm,
        k.not_before, k.not_after, now()
    FROM integrations_keypair k, integrations_integration i
    WHERE k.tenant_id = %s AND i.tenant_id = %s
"""
WAITING = """
    SELECT count(*) FROM integrations_integration i
    WHERE NOT EXISTS (SELECT FROM integrations_syncrun r WHERE r.integration_id = i.id
            AND r.asked_at >= %(night)s AND r.state IN ('applied', 'held'))
        OR EXISTS (SELECT FROM integrations_syncrun r WHERE r.integration_id = i.id
            AND r.state IN ('queued', 'running'))
"""
OVERLAPS = """
    SELECT a.id, b.id FROM integrations_syncrun a JOIN integrations_syncrun b
        ON a.integration_id = b.integration_id AND a.id < b.id
        AND a.started_at IS NOT NULL AND b.started_at IS NOT NULL
        AND a.finished_at > b.started_at
"""


@dataclass(frozen=True)
class Firm:
    """A tenant and its directory."""

    slug: str
    tenant_id: int
    directory: Directory
    first: int


@dataclass
class Plant:
    """One machine, its tenants, the simulated Microsoft."""

    program: Program
    simulator: Simulator
    conninfo: str
    firms: list[Firm] = field(default_factory=list)
    certificate: str = ""

    @property
    def key_ring(self) -> KeyRing:
        """The keys of the machine."""
        return load_key_ring(self.program.environment.encryption_key_file)

    def found_firms(self, specs: Iterable[str], **values: Any) -> None:
        """Make a tenant for each directory `spec`; they share one key pair, which costs time."""
        for spec in specs:
            self._found(spec, values)

    def _found(self, spec: str, values: Mapping[str, Any]) -> None:
        directory = self.simulator.add_directory(spec)
        application = directory.applications[0]
        application.set_roles(*ROLES)
        first, last = BIG_SCOPE if directory.info.users > SCOPE[1] - SCOPE[0] else SCOPE
        tenant = add_tenant(
            slug=directory.name.lower(),
            name=directory.name.title(),
            sip_domain=f"{directory.name.lower()}.example",
            time_zone="Europe/Berlin",
            country="DE",
        )
        change_integration(
            tenant.id,
            actor="test",
            connection=Connection(application.application_id, directory.directory_id, CLOUD),
            values={"first_extension": first, "last_extension": last, "photos": False, **values},
            lists={},
        )
        self._give_key(tenant.id)
        application.upload(self.certificate)
        self.firms.append(Firm(tenant.slug, tenant.id, directory, first))

    def _give_key(self, tenant_id: int) -> None:
        ring = self.key_ring
        if not self.firms:
            now = datetime.now().astimezone()
            _, self.certificate = new_key_pair(
                tenant_id, actor="test", name="all", days=365, ring=ring, now=now
            )
            return
        source = self.firms[0].tenant_id
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            query = "SELECT private_key FROM integrations_keypair WHERE tenant_id = %s"
            row = connection.execute(query, [source]).fetchone()
            assert row is not None
            secret = unseal(ring, row[0], place=key_place(source))
            sealed = seal(ring, secret, place=key_place(tenant_id))
            connection.execute(COPY_KEY, [sealed, source, tenant_id])

    def rows(self, query: str, **given: Any) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        with psycopg.connect(self.conninfo, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), given or None).fetchall()

    def value(self, query: str, **given: Any) -> Any:
        """Return the one value of a query."""
        (row,) = self.rows(query, **given)
        return next(iter(row.values()))

    def await_schedules(self) -> None:
        """Wait until the scheduler knows all tenants."""
        count = len(self.firms)
        query = "SELECT count(*) FROM integrations_schedule"
        wait_until(lambda: self.value(query) >= count, seconds=60)

    def begin_night(self, spread: float = 0.0) -> datetime:
        """Let it be every tenant's time now, or within `spread` seconds; return the moment."""
        query = """
            UPDATE integrations_schedule s SET slot_at = now(),
                next_at = now() + n.number * %(spread)s * interval '1 second'
            FROM (SELECT integration_id, (row_number() OVER (ORDER BY integration_id) - 1)
                    / count(*) OVER ()::float AS number FROM integrations_schedule) n
            WHERE n.integration_id = s.integration_id RETURNING now() AS night
        """
        night: datetime = self.rows(query, spread=spread)[0]["night"]
        return night

    def hurry(self) -> None:
        """Let what failed for now be tried again at once, not after minutes."""
        query = "UPDATE integrations_schedule SET next_at = now() WHERE attempts > 0 RETURNING 1"
        self.rows(query)

    def await_morning(self, night: datetime, *, seconds: float) -> None:
        """Wait until every tenant was synchronised since the night began."""
        give_up_at = time.monotonic() + seconds
        while (waiting := self._waiting(night)) != 0:
            if time.monotonic() > give_up_at:
                raise AssertionError(f"{waiting} tenants wait: {self.unfinished()}")
            time.sleep(0.2)

    def _waiting(self, night: datetime) -> int:
        try:
            self.hurry()
            return int(self.value(WAITING, night=night))
        except psycopg.OperationalError:  # a killed database on its way back
            return -1

    def unfinished(self) -> list[dict[str, Any]]:
        """Return what waits or runs, for a message."""
        return self.rows(
            "SELECT id, integration_id, state, trigger, worker, takeovers, error->>'code' AS code, "
            "now() - beat_at AS silent FROM integrations_syncrun "
            "WHERE state IN ('queued', 'running', 'failed') ORDER BY id DESC LIMIT 20"
        )

    def overlaps(self) -> list[dict[str, Any]]:
        """Return pairs of runs of one tenant that were on at the same time."""
        return self.rows(OVERLAPS)


@contextmanager
def plant(home: Path, simulator: Simulator, **settings: object) -> Iterator[Plant]:
    """Have a machine with an empty database, which stays open as long as the block lasts."""
    home.mkdir(parents=True)
    settings = {"listen": f"127.0.0.1:{free_port()}", **settings}
    lines = "".join(f"{name} = {value!r}\n".replace("'", '"') for name, value in settings.items())
    (home / "rollcall.toml").write_text(lines + cloud_settings(simulator))
    program = Program(home)
    program.done("doctor")
    with program.database() as conninfo:
        point_django(conninfo)
        yield Plant(program, simulator, conninfo)


class Service:
    """`rollcall up` as a process, started again when it fails, as systemd does."""

    def __init__(self, plant: Plant, *, workers: int, switch: str = "off") -> None:
        self._plant = plant
        self._workers = workers
        self._switch = switch
        self._log = (plant.program.home / "up.out").open("a")
        self._ended = threading.Event()
        self.process = self._start()
        self._guard = threading.Thread(target=self._start_again, daemon=True)
        self._guard.start()

    @classmethod
    @contextmanager
    def started(cls, plant: Plant, *, workers: int = 2, switch: str = "off") -> Iterator["Service"]:
        """Have the service while the block lasts."""
        service = cls(plant, workers=workers, switch=switch)
        try:
            service.await_ready()
            yield service
        except BaseException:
            print("\n".join(service.last_words()))  # noqa: T201 - pytest shows it
            raise
        finally:
            service.stop()

    def _start(self) -> "subprocess.Popen[bytes]":
        home = self._plant.program.home
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-m", "rollcall.cli", "up"],
            env={
                **environ,
                "ROLLCALL_HOME": str(home),
                "ROLLCALL_WORKERS": str(self._workers),
                "ROLLCALL_SWITCH": self._switch,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _start_again(self) -> None:
        while not self._ended.wait(0.1):
            if self.process.poll() is not None:
                self.process = self._start()

    def await_ready(self) -> None:
        """Wait until scheduler and workers are there."""
        query = """
            SELECT count(*) FROM fleet_process WHERE beat_at > now() - interval '8 seconds'
                AND kind IN ('worker', 'scheduler')
        """
        wait_until(lambda: self._plant.value(query) > self._workers, seconds=READY_SECONDS)

    def last_words(self) -> Iterator[str]:
        """Yield the ends of all logs, for a test that failed."""
        home = self._plant.program.home
        for path in (home / "up.out", *sorted((home / "log").glob("*.log"))):
            yield f"--- {path.name}"
            yield from path.read_text(errors="replace").splitlines()[-30:]

    def stop(self) -> None:
        """Stop it as systemd does."""
        self._ended.set()
        self._guard.join()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            self._log.close()

    def pids(self, kind: str) -> list[int]:
        """Return the processes of one kind: up, web, worker, scheduler, or database."""
        if kind == "up":
            return [self.process.pid]
        found = []
        for line in children_of(self.process.pid):
            pid, words = line
            if f" {kind} " in f" {words} ":
                found.append(pid)
        return found


def children_of(parent: int) -> Iterator[tuple[int, str]]:
    """Yield the children of a process, each with its command line."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            words = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(fields[1]) == parent:
            yield int(status.parent.name), words
