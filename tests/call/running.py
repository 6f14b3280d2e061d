"""A switch of the tests' own: a database, the two programs on free ports, and its rounds."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
import psycopg
from django.db import connections
from psycopg.conninfo import make_conninfo

from rollcall.core.errors import TransientError
from rollcall.environment import Environment, HostPort, PortRange
from rollcall.host.switch_programs import SwitchMissingError, find_switch_programs
from rollcall.service.stopping import Stopping
from rollcall.service.switch import RunningSwitch, running_switch
from rollcall.service.switch_plan import phone_origins
from rollcall.sip.rpc import Control
from rollcall.wiring.machine import Machine
from tests.call.ground import Ground, found_firm
from tests.call.stage import Stage
from tests.databases import keep_django_at, point_django
from tests.name_server import NameServer, name_server
from tests.needs import need
from tests.ports import free_port

LOOPBACK: Final = "127.0.0.1"
FIRST_MEDIA: Final = 10_000
MEDIA_PORTS: Final = 2_000
"""Below the ports that the kernel gives to whoever asks for any."""

LOOK_EVERY: Final = 0.5


@contextmanager
def running_stage(server: str, environment: Environment, *, name: str = "calls") -> Iterator[Stage]:
    """Have a switch with two tenants on a database of its own."""
    need(_programs(), "Kamailio and rtpengine: make deps installs them")
    conninfo = make_conninfo(server, dbname=name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    point_django(conninfo)
    ground = Ground(conninfo, found_firm("north"), found_firm("south"))
    with name_server({}) as names:
        machine = Machine(_with_ports(environment, names), conninfo)
        with _rounds(machine) as switch:
            yield _stage(ground, machine, switch, names)


def _programs() -> bool:
    try:
        find_switch_programs()
    except SwitchMissingError:
        return False
    return True


def _with_ports(environment: Environment, names: NameServer) -> Environment:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_MEDIA + worker * MEDIA_PORTS
    return msgspec.structs.replace(
        environment,
        switch=True,
        loopback_carriers=True,
        carrier_name_servers=(HostPort(names.address, names.port),),
        sip_address=LOOPBACK,
        sip_port=free_port(),
        sips_port=free_port(),
        wss_port=free_port(),
        media_ports=PortRange(first, first + MEDIA_PORTS - 1),
    )


@contextmanager
def _rounds(machine: Machine) -> Iterator[RunningSwitch]:
    """Run the switch, and its rounds in a thread, as its own process would."""
    stopping = Stopping()
    with running_switch(machine, stopping) as switch:
        looking = (switch, stopping, machine.conninfo)
        thread = threading.Thread(target=_look, args=looking, name="rounds")
        thread.start()
        try:
            yield switch
        finally:
            stopping.begin()
            thread.join()


def _look(switch: RunningSwitch, stopping: Stopping, conninfo: str) -> None:
    keep_django_at(conninfo)  # other tests' databases are none of this switch's
    try:
        while not stopping.wait(LOOK_EVERY):
            switch.look()
    finally:
        connections.close_all()


def _stage(ground: Ground, machine: Machine, switch: RunningSwitch, names: NameServer) -> Stage:
    environment = machine.environment
    control = Control(str(switch.places.control))  # the rounds have theirs

    def ask(method: str, *values: str | int) -> object:
        try:
            return control.ask(method, *values)
        except TransientError as error:
            raise AssertionError(method) from error

    return Stage(
        ground=ground,
        sip=(LOOPBACK, environment.sip_port),
        sips=(LOOPBACK, environment.sips_port),
        wss=(LOOPBACK, environment.wss_port),
        origin=phone_origins(environment)[0],
        ask=ask,
        switch=switch,
        machine=machine,
        names=names,
    )
