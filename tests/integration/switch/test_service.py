"""`rollcall up` with its switch, and what becomes of it when its processes are killed."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rollcall.core.findings import Light
from rollcall.environment import Environment, read_environment
from rollcall.host.cluster import find_cluster
from rollcall.host.opening import open_machine
from rollcall.host.postmaster import find_postmaster
from rollcall.host.switch_findings import switch_findings
from rollcall.host.switch_places import look_for_switch_places
from rollcall.host.switch_programs import SwitchMissingError, find_switch_programs
from rollcall.service.switch import kamailio_started
from rollcall.sip.rpc import Control
from tests.integration.commands.program import PROGRAM, Program
from tests.integration.host.machine import wait_until
from tests.integration.nights.plant import children_of
from tests.integration.switch.conftest import lives, workers_in
from tests.needs import need
from tests.ports import free_port, free_sip_port

SECONDS = 60
PORTS = ("sip_port", "sips_port", "wss_port")


@dataclass
class Up:
    """`rollcall up`, with a switch."""

    program: Program
    process: "subprocess.Popen[str]"
    out: Path

    @property
    def environment(self) -> Environment:
        """What it was told."""
        return read_environment(environ={"ROLLCALL_HOME": str(self.program.home)}, cwd=Path("/"))

    @property
    def directory(self) -> Path:
        """Where the switch works."""
        return look_for_switch_places(self.environment).directory

    def part(self) -> int:
        """Return the process of `rollcall switch`; 0 while there is none."""
        children = children_of(self.process.pid)
        return next((pid for pid, words in children if " switch " in f" {words} "), 0)

    def answers(self) -> bool:
        """Tell whether Kamailio answers, all of it."""
        control = look_for_switch_places(self.environment).control
        return control.exists() and kamailio_started(Control(str(control), timeout=2))

    def findings(self) -> list[tuple[Light, str]]:
        """Return what doctor says of the switch."""
        with open_machine(self.environment):
            return [(each.light, each.message) for each in switch_findings(self.environment)]

    def shows(self, light: Light) -> bool:
        """Tell whether doctor's first finding is of this light; at the very start it has none."""
        return [each for each, _ in self.findings()][:1] == [light]


@pytest.fixture
def program() -> Iterator[Program]:
    """The program with an empty home and ports of its own."""
    try:
        find_switch_programs()
    except SwitchMissingError as error:
        need(None, f"the switch's programs, by make deps: {error}")
    with TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o755)
        home = Path(place) / "home"
        home.mkdir()
        (home / "rollcall.toml").write_text(
            f'listen = "127.0.0.1:{free_port()}"\nworkers = 0\nswitch = "on"\n'
            + "".join(f"{name} = {free_sip_port()}\n" for name in PORTS)
            + 'media_ports = "21000-21099"\n'
        )
        yield Program(home)


@contextmanager
def started(program: Program, *options: str) -> Iterator[Up]:
    out = program.home / "out"
    with out.open("w") as log:
        process = subprocess.Popen(
            [str(PROGRAM), "up", *options],
            env={"PATH": os.environ["PATH"], "ROLLCALL_HOME": str(program.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    up = Up(program, process, out)
    try:
        wait_until(lambda: "ready after" in out.read_text(), seconds=SECONDS)
        yield up
    finally:
        process.terminate()
        process.wait(SECONDS)


def test_up_has_a_switch_that_is_well_and_leaves_nothing_of_it(program: Program) -> None:
    with started(program) as up:
        wait_until(up.answers, seconds=SECONDS)
        directory = up.directory
        wait_until(lambda: up.shows(Light.GREEN), seconds=SECONDS)
        light, words = up.findings()[1]
        assert light is Light.AMBER
        assert "Only this machine gets there: set sip_address." in words

    assert up.process.returncode == 0
    assert not workers_in(directory)


@pytest.mark.long
def test_a_switch_that_is_killed_takes_its_programs_along_and_comes_back(program: Program) -> None:
    with started(program) as up:
        wait_until(up.answers, seconds=SECONDS)
        before, part = workers_in(up.directory), up.part()

        os.kill(part, signal.SIGKILL)

        wait_until(lambda: up.part() not in {0, part}, seconds=SECONDS)
        wait_until(up.answers, seconds=SECONDS)
        assert not any(lives(pid) for pid in before)


@pytest.mark.long
def test_the_switch_goes_on_when_the_database_is_killed(program: Program) -> None:
    with started(program) as up:
        wait_until(up.answers, seconds=SECONDS)
        wait_until(lambda: up.shows(Light.GREEN), seconds=SECONDS)
        before, part = workers_in(up.directory), up.part()
        cluster = find_cluster(program.home)
        server = find_postmaster(cluster.data) if cluster else None
        assert server is not None

        os.kill(server.pid, signal.SIGKILL)

        wait_until(lambda: "answers again" in up.out.read_text(), seconds=SECONDS)
        wait_until(lambda: up.shows(Light.GREEN), seconds=SECONDS)
        assert up.part() == part
        assert workers_in(up.directory) == before


@pytest.mark.long
def test_a_taken_port_keeps_the_switch_away_and_nothing_else(program: Program) -> None:
    port = read_environment(environ={"ROLLCALL_HOME": str(program.home)}, cwd=Path("/")).sip_port
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        with started(program) as up:
            wait_until(
                lambda: "sip_port (ROLLCALL_SIP_PORT)" in up.out.read_text(), seconds=SECONDS
            )
            wait_until(lambda: up.shows(Light.RED), seconds=SECONDS)
            other.close()
            wait_until(up.answers, seconds=SECONDS)


@pytest.mark.long
def test_without_the_switch_nothing_of_it_is_started(program: Program) -> None:
    with started(program, "--no-switch") as up:
        assert up.part() == 0
        assert not (program.home / "switch").exists()
