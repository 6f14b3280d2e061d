"""The switch: Kamailio and rtpengine with what they are told, and their memory kept in line.

`rollcall switch` is this. It survives the end of either program, of the database, and of itself:
what an earlier one left is ended first.
"""

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog

from rollcall.core.errors import TransientError
from rollcall.core.ports import Clock
from rollcall.environment import ConfigurationError
from rollcall.host.certificate import ServerPair
from rollcall.host.errors import DatabaseServerError
from rollcall.host.files import write_file
from rollcall.host.locks import only_one
from rollcall.host.switch_database import switch_environ
from rollcall.host.switch_places import SwitchPlaces, find_switch_places
from rollcall.host.switch_programs import SwitchPrograms, find_switch_programs
from rollcall.service.presence import new_identity, present
from rollcall.service.stopping import Stopping
from rollcall.service.switch_crew import SwitchCrew
from rollcall.service.switch_plan import LOOPBACK, check_ports, free_udp_port, plan_switch
from rollcall.service.switch_program import Recipe, end_orphans
from rollcall.service.switch_rounds import SwitchRounds
from rollcall.service.web_certificate import CertificateWatch
from rollcall.sip.kamailio import (
    SwitchPlan,
    kamailio_command,
    render_kamailio,
    render_tls,
    rtpengine_command,
)
from rollcall.sip.rpc import Control
from rollcall.wiring.machine import Machine, utc_now

KAMAILIO = "kamailio"
RTPENGINE = "rtpengine"
LOOK_EVERY = 0.5
CERTIFICATE_EVERY = 5.0
PING_SECONDS = 0.5
ANSWER_SECONDS = 2.0
LAST_PROCESS = "tcp main process"

_log = structlog.get_logger(__name__)


def serve_switch(machine: Machine, stopping: Stopping, *, clock: Clock = utc_now) -> None:
    """Run the switch until told to stop. Raises ConfigurationError when it cannot begin."""
    with running_switch(machine, stopping, clock=clock) as switch, present(new_identity("switch")):
        while not stopping.wait(LOOK_EVERY):
            switch.look()
        _log.info("switch.stopping")


@contextmanager
def running_switch(
    machine: Machine, stopping: Stopping, *, clock: Clock = utc_now
) -> Iterator["RunningSwitch"]:
    """Have the switch run while the block does; `look` brings it in line with the database.

    Raises ConfigurationError with what stands in the way.
    """
    home = machine.environment.home
    taken = f"The switch of {home} runs already: “rollcall doctor” shows it."
    programs = find_switch_programs()
    try:
        with only_one(home, "switch.lock", taken):
            switch = RunningSwitch(machine, programs, clock=clock)
            try:
                switch.begin(stopping)
                yield switch
            finally:
                switch.end()
    except DatabaseServerError as error:  # of the lock, or a place for files
        raise ConfigurationError(str(error)) from error


class RunningSwitch:
    """The programs, their files, and the memory of the one that has a memory."""

    def __init__(self, machine: Machine, programs: SwitchPrograms, *, clock: Clock) -> None:
        environment = machine.environment
        self.places = find_switch_places(environment)
        ended = end_orphans(self.places.directory, (programs.kamailio, programs.rtpengine))
        if ended:
            _log.warning("switch.orphans_ended", count=ended)
        check_ports(environment)
        self.plan = plan_switch(environment, programs, self.places, ng_port=free_udp_port())
        self.control = Control(str(self.places.control))
        self.crew = SwitchCrew(
            _recipes(self.plan, self.places, switch_environ(environment, machine.conninfo)),
            prepare=self._clear_remains,
        )
        self._certificate = CertificateWatch(environment, clock=clock, steady=time.monotonic)
        self._certificate_due = 0.0
        self._starts = 0
        self._rounds = SwitchRounds(machine, self.control, contact=_contact(self.plan), clock=clock)

    def begin(self, stopping: Stopping) -> None:
        """Write the files and start both programs. Raises ConfigurationError."""
        try:
            self._write_files()
        except OSError as error:
            raise ConfigurationError(
                f"{self.places.directory} cannot be written to ({error.strerror})."
            ) from error
        self.crew.begin(stopping)
        _log.info("switch.began", **self.crew.pids())
        self.look()

    def look(self) -> None:
        """Start again what ended, and bring the switch in line with the database."""
        self.crew.look_after()
        if not self._rounds.database_is_away:  # what asks it, Kamailio's control too, waits for it
            self.crew.end_hung()
        starts = self.crew.starts[KAMAILIO]
        if starts != self._starts:
            if not kamailio_started(self.control):
                return
            self._starts = starts
            self._rounds.begin_anew()
        self._look_at_certificate()
        self._rounds.look()

    def end(self) -> None:
        """Stop both programs."""
        self.crew.end()
        _log.info("switch.ended")

    def _look_at_certificate(self) -> None:
        now = time.monotonic()
        if now < self._certificate_due:
            return
        self._certificate_due = now + CERTIFICATE_EVERY
        pair = self._certificate.look()
        if pair is None:
            return
        try:
            self._write_pair(pair)
            self.control.ask("tls.reload")
        except OSError as error:
            _log.warning("switch.certificate_not_written", error=type(error).__name__)
        except TransientError:
            _log.warning("switch.certificate_waits")  # one that starts anew reads it by itself
        else:
            _log.info("switch.certificate_renewed", not_after=str(pair.not_after))

    def _write_files(self) -> None:
        directory = self.places.directory
        self._write_pair(self._certificate.first())
        write_file(directory / "kamailio.cfg", render_kamailio(self.plan), mode=0o600)
        write_file(directory / "tls.cfg", render_tls(self.plan), mode=0o600)

    def _write_pair(self, pair: ServerPair) -> None:
        """Put the web server's certificate where Kamailio can read it, and nobody else."""
        directory = self.places.directory
        write_file(directory / "key.pem", pair.key.decode(), mode=0o600)
        write_file(directory / "certificate.pem", pair.certificate.decode(), mode=0o600)

    def _clear_remains(self, program: str) -> None:
        """Take away what a killed program left: the pid in it may be somebody else's by now."""
        if program == KAMAILIO:
            self.places.control.unlink(missing_ok=True)
            (self.places.directory / "kamailio.pid").unlink(missing_ok=True)


def kamailio_started(control: Control) -> bool:
    """Tell whether all processes of Kamailio are there: it answers before the last ones are."""
    try:
        processes = control.ask("core.psx")
    except TransientError:
        return False
    named = processes if isinstance(processes, list) else []
    return any(isinstance(each, dict) and each.get("DSC") == LAST_PROCESS for each in named)


def rtpengine_answers(port: int) -> bool:
    """Tell whether rtpengine answers at its control port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PING_SECONDS)
        try:
            client.connect((LOOPBACK, port))
            client.send(b"ping d7:command4:pinge")
            return b"4:pong" in client.recv(1024)
        except OSError:
            return False


def _recipes(
    plan: SwitchPlan, places: SwitchPlaces, environ: Mapping[str, str]
) -> tuple[Recipe, ...]:
    control = Control(str(places.control), timeout=ANSWER_SECONDS)
    return (
        Recipe(
            name=RTPENGINE,
            command=rtpengine_command(plan),
            environ={"PATH": environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            user=places.user,
            directory=places.directory,
            answers=lambda: rtpengine_answers(plan.ng_port),
        ),
        Recipe(
            name=KAMAILIO,
            command=kamailio_command(plan),
            environ=environ,
            user=places.user,
            directory=places.directory,
            answers=lambda: kamailio_started(control),
        ),
    )


def _contact(plan: SwitchPlan) -> str:
    """Return the address and port that carriers reach the switch at."""
    address = plan.public_address or plan.address
    return f"{f'[{address}]' if ':' in address else address}:{plan.sip_port}"
