"""Everything on this machine: the parts of `rollcall up`, its database, and when it is ready."""

import time
from collections.abc import Callable

import psycopg
import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.environment import Environment
from rollcall.fleet.queries import living_processes
from rollcall.host.errors import DatabaseServerError
from rollcall.host.postgres import running_database
from rollcall.host.switch_programs import SwitchMissingError, find_switch_programs
from rollcall.service.presence import new_identity, present
from rollcall.service.stopping import Stopping
from rollcall.service.supervisor import Part, Say, supervise
from rollcall.service.systemd import tell_systemd
from rollcall.wiring.machine import Machine

LOOK_AT_DATABASE_EVERY = 2.0
PATIENCE_SECONDS = 5

_log = structlog.get_logger(__name__)


def parts_of(environment: Environment, *, switch: bool = False) -> tuple[Part, ...]:
    """Return the parts that this machine runs, with the switch or without."""
    workers = [f"worker-{number}" for number in range(1, environment.workers + 1)]
    return (
        _part("web", "web"),
        _part("scheduler", "scheduler"),
        *(_part("worker", name) for name in workers),
        *([_part("switch", "switch")] if switch else []),
    )


def can_switch(environment: Environment, *, wanted: bool, say: Say) -> bool:
    """Tell whether the switch is a part of this machine; say why not where it was wanted."""
    if not (wanted and environment.switch):
        return False
    try:
        find_switch_programs()
    except SwitchMissingError as error:
        say("switch", str(error))
        return False
    return True


def _part(command: str, name: str) -> Part:
    return Part(name, (command, "--name", name, "--stop-with-pipe"))


def run_everything(
    machine: Machine,
    *,
    stopping: Stopping,
    say: Say,
    ready: Callable[[], None],
    switch: bool = True,
) -> None:
    """Run the parts until it is time to stop; `ready` is called once, when all of them are.

    The switch is not waited for: what stands in its way (a port, say) stands in no other's.
    """
    environment = machine.environment
    parts = parts_of(environment, switch=can_switch(environment, wanted=switch, say=say))
    watch = _Watch(machine, expected=len(parts_of(environment)), say=say, ready=ready)
    with present(new_identity("up")):
        try:
            supervise(parts, stopping=stopping, say=say, chore=watch.look)
        finally:
            tell_systemd("STOPPING=1")


class _Watch:
    """Looks at the database again and again, and brings the embedded one back if it is gone."""

    def __init__(
        self, machine: Machine, *, expected: int, say: Say, ready: Callable[[], None]
    ) -> None:
        self._machine = machine
        self._expected = expected
        self._say = say
        self._ready: Callable[[], None] | None = ready
        self._looked_at = time.monotonic()
        self._gone = False
        self._trouble = ""

    def look(self) -> None:
        """See whether the database answers, and, until then, whether all parts are there."""
        now = time.monotonic()
        if self._ready is None and now - self._looked_at < LOOK_AT_DATABASE_EVERY:
            return
        self._looked_at = now
        if not self._answers():
            self._bring_back()
        elif self._gone:
            self._gone, self._trouble = False, ""
            self._say("database", "answers again")
        elif self._ready is not None and self._all_there():
            tell_systemd("READY=1")
            self._ready()
            self._ready = None

    def _answers(self) -> bool:
        try:
            with psycopg.connect(
                self._machine.conninfo, connect_timeout=PATIENCE_SECONDS, autocommit=True
            ) as client:
                client.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _bring_back(self) -> None:
        if not self._gone:
            self._gone = True
            self._say("database", "does not answer")
            _log.warning("database.gone")
        connection.close()
        try:
            with running_database(self._machine.environment):
                pass
        except DatabaseServerError as error:
            self._say_once(str(error))

    def _say_once(self, trouble: str) -> None:
        """Say what is the trouble with the database, unless that was the last word on it."""
        sentence = trouble.partition("\n")[0]  # times stand in what PostgreSQL said
        if sentence != self._trouble:
            self._trouble = sentence
            self._say("database", trouble)

    def _all_there(self) -> bool:
        try:
            there = [each for each in living_processes() if each.kind != "switch"]
        except (DatabaseError, InterfaceError):
            return False
        return len(there) > self._expected  # they, and this one
