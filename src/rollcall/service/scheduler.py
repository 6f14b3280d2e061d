"""The scheduler: every two seconds it asks for runs that are due, and goes on with those that died.

Any number of schedulers may run, on any number of machines; one is enough.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import DatabaseError, InterfaceError, connection

from rollcall.core.ports import Clock
from rollcall.environment import Environment
from rollcall.integrations.queue import drop_dead_jobs, queue_waiting
from rollcall.integrations.recovery import take_over_dead
from rollcall.integrations.retention_operations import clean_up
from rollcall.integrations.schedules import reckon_schedules, request_due
from rollcall.integrations.settling import settle_all
from rollcall.service.post import sending
from rollcall.service.presence import new_identity, present
from rollcall.service.stopping import Stopping
from rollcall.wiring.machine import Machine, to_session_life, utc_now

SWEEP_EVERY = 2.0
RECKON_EVERY = timedelta(seconds=10)
CLEAN_UP_EVERY = timedelta(hours=1)
SETTLE_EVERY = timedelta(seconds=30)
"""So often sessions are looked over, should whoever had to do that have died."""

_log = structlog.get_logger(__name__)


def run_scheduler(machine: Machine, stopping: Stopping, *, clock: Clock = utc_now) -> None:
    """Sweep until told to stop; mails are sent meanwhile."""
    scheduler = Scheduler(clock, (_housekeeping(machine.environment),))
    identity = new_identity("scheduler")
    _log.info("scheduler.started", pid=identity.pid)
    with present(identity), sending(machine, clock=clock):
        while not stopping:
            scheduler.sweep()
            stopping.wait(SWEEP_EVERY)
    _log.info("scheduler.stopped", pid=identity.pid)


class Scheduler:
    """What a scheduler does at each sweep, and when it did the rarer things last."""

    def __init__(self, clock: Clock, chores: "Sequence[Chore]" = ()) -> None:
        self._clock = clock
        self._chores = (
            Chore("schedules.reckoned", _reckon, RECKON_EVERY),
            Chore("sessions.settled", _settle, SETTLE_EVERY),
            *chores,
        )
        self._done: dict[str, datetime] = {}

    def sweep(self) -> None:
        """Do what is due, each thing by itself: one that fails stands in no other's way."""
        now = self._clock()
        for chore in self._chores:
            if chore.is_due(self._done.get(chore.name), now):
                self._done[chore.name] = now
                _do(chore.name, partial(chore.do, now))
        _do("runs.due", lambda: request_due(now=now))
        _do("jobs.dead", drop_dead_jobs)
        _do("runs.taken_over", lambda: take_over_dead(now=now))
        _do("runs.queued_again", queue_waiting)


def _do(event: str, work: Callable[[], int]) -> None:
    try:
        count = work()
    except (DatabaseError, InterfaceError) as error:
        _log.warning("scheduler.not_done", what=event, error=type(error).__name__)
        connection.close()
    else:
        if count:
            _log.info(event, count=count)


class Chore:
    """Something that is done now and then: `do` returns how many things it touched."""

    def __init__(self, name: str, do: Callable[[datetime], int], every: timedelta) -> None:
        self.name = name
        self.do = do
        self._every = every

    def is_due(self, last: datetime | None, now: datetime) -> bool:
        """Tell whether it is time."""
        return last is None or now - last >= self._every


def _housekeeping(environment: Environment) -> Chore:
    def clean(now: datetime) -> int:
        done = clean_up(
            now=now,
            keep_runs_days=environment.keep_runs_days,
            keep_audit_days=environment.keep_audit_days,
            keep_calls_days=environment.keep_calls_days,
            life=to_session_life(environment),
        )
        return sum(done.values())

    return Chore("cleaned_up", clean, CLEAN_UP_EVERY)


def _reckon(now: datetime) -> int:
    return reckon_schedules(now=now)


def _settle(now: datetime) -> int:
    return settle_all(now=now)
