"""A machine whose switch has ports of its own, and the switch on it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec
import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from rollcall.environment import Environment, PortRange
from rollcall.host.switch_programs import SwitchMissingError, find_switch_programs
from rollcall.service import switch, switch_crew, switch_rounds
from rollcall.service.stopping import Stopping
from rollcall.service.switch import RunningSwitch, running_switch
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.wiring.machine import Machine
from tests.databases import conninfo, environment, home, point_django, server
from tests.needs import need
from tests.ports import free_port, free_sip_port

__all__ = ["conninfo", "environment", "home", "server"]

SECONDS = 30.0
_numbers = count(1)


@dataclass
class Running:
    """A switch that runs, and the tenant that it is for."""

    machine: Machine
    switch: RunningSwitch

    def await_that(self, condition: Callable[[], bool], *, seconds: float = SECONDS) -> None:
        """Go on as the service does until something holds."""
        give_up_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < give_up_at, "waited in vain"
            self.switch.look()
            time.sleep(0.05)

    def value(self, table: str, key: str) -> str | None:
        """Return what stands in a table of Kamailio's memory."""
        answer = self.switch.control.ask("htable.get", table, key)
        return str(answer["item"]["value"]) if isinstance(answer, dict) else None


Start = Callable[[], AbstractContextManager[Running]]


@pytest.fixture(scope="module", autouse=True)
def brisk() -> Iterator[None]:
    """Everything is looked at more often than it needs to be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switch, "CERTIFICATE_EVERY", 0.3)
        patch.setattr(switch, "ANSWER_SECONDS", 1.0)
        patch.setattr(switch_crew, "PAUSES", (0.0,))
        for name in ("FACTS_EVERY", "STALE_EVERY", "STATES_EVERY"):
            patch.setattr(switch_rounds, name, 0.3)
        yield


@pytest.fixture(scope="module")
def steady(server: str, environment: Environment) -> Iterator[Running]:
    """A switch for all tests of a file, which knows one tenant."""
    name = f"steady_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    machine = _with_ports(environment, make_conninfo(server, dbname=name))
    point_django(machine.conninfo)
    new_tenant("contoso")
    with running_switch(machine, Stopping()) as made:
        yield Running(machine, made)
        connections.close_all()


@pytest.fixture
def machine(environment: Environment, conninfo: str) -> Machine:
    """A machine with an empty database and free ports."""
    return _with_ports(environment, conninfo)


def _with_ports(environment: Environment, conninfo: str) -> Machine:
    try:
        find_switch_programs()
    except SwitchMissingError as error:
        need(None, f"the switch's programs, by make deps: {error}")
    first = 20000 + free_port() % 10_000 // 100 * 100
    own = msgspec.structs.replace(
        environment,
        sip_port=free_sip_port(),
        sips_port=free_sip_port(),
        wss_port=free_sip_port(),
        media_ports=PortRange(first, first + 99),
    )
    return Machine(environment=own, conninfo=conninfo)


@pytest.fixture
def start(machine: Machine) -> Start:
    """Start the switch on the machine."""

    @contextmanager
    def started() -> Iterator[Running]:
        with running_switch(machine, Stopping()) as made:
            yield Running(machine, made)

    return started


@pytest.fixture
def running(start: Start) -> Iterator[Running]:
    """The switch, which knows one tenant."""
    new_tenant("contoso")
    with start() as made:
        yield made
        connections.close_all()


def new_tenant(slug: str, *, country: str = "DE") -> TenantView:
    """Add a tenant with the domain <slug>.example."""
    add_tenant(
        slug=slug,
        name=slug.title(),
        sip_domain=f"{slug}.example",
        time_zone="Europe/Berlin",
        country=country,
    )
    return get_tenant(slug)


def lives(pid: int) -> bool:
    """Tell whether a process is there and not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def workers_in(directory: Path) -> set[int]:
    """Return the processes that work in a directory."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").samefile(directory) and lives(int(process.name)):
                found.add(int(process.name))
        except OSError:
            continue
    return found
