"""A worker: takes runs from the queue and carries them out, several at once, each in a thread.

The quick lane has many slots, the lane of the long runs has one of its own, so that neither waits
for the other. A worker that is told to stop hands its runs over: another one goes on with them.
"""

import asyncio
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import structlog
from django.db import close_old_connections
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException

from rollcall.core.errors import SyncError
from rollcall.fleet.operations import Identity
from rollcall.integrations.queue import LANES, LONG, TASK
from rollcall.integrations.runs import find_summary
from rollcall.service.presence import new_identity, present
from rollcall.service.stopping import Stopping
from rollcall.wiring.machine import Machine
from rollcall.wiring.sync import work_on

LONG_SLOTS = 1
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 60.0
HAND_OVER_SECONDS = 20.0
AGAIN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


def run_worker(machine: Machine, stopping: Stopping) -> None:
    """Work until told to stop."""
    slots = machine.environment.worker_slots
    identity = new_identity("worker", capacity=slots + LONG_SLOTS)
    hands = _Hands(machine, stopping, identity)
    _log.info("worker.started", slots=slots, pid=identity.pid)
    with present(identity, load=lambda: hands.load):
        asyncio.run(_work(machine, hands, stopping))
    _log.info("worker.stopped", pid=identity.pid)


class _Hands:
    """Carries runs out, and knows how many are in hand."""

    def __init__(self, machine: Machine, stopping: Stopping, identity: Identity) -> None:
        self._machine = machine
        self._stopping = stopping
        self._name = f"{identity.host}:{identity.pid}"
        self._lock = threading.Lock()
        self.load = 0

    def carry_out(self, run_id: int) -> None:
        """Carry a run out, if it still waits for that. Its report says how it went."""
        self._count(1)
        close_old_connections()
        try:
            summary = find_summary(run_id)
            if summary is None or summary.state != "queued":
                return
            log = _log.bind(run_id=run_id, tenant_id=summary.tenant_id)
            log.info("run.began", trigger=summary.trigger)
            work_on(
                self._machine, summary, stopping=lambda: bool(self._stopping), worker=self._name
            )
            ended = find_summary(run_id)
            log.info("run.ended", state=ended.state if ended else "deleted")
        except SyncError as error:
            _log.warning("run.not_kept", run_id=run_id, code=error.code)
        except Exception:  # noqa: BLE001 - it is noted as our fault; the worker goes on
            _log.exception("run.broke", run_id=run_id)
        finally:
            self._count(-1)
            close_old_connections()

    def _count(self, more: int) -> None:
        with self._lock:
            self.load += more


async def _work(machine: Machine, hands: _Hands, stopping: Stopping) -> None:
    slots = machine.environment.worker_slots
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(slots + LONG_SLOTS + 2, "run"))
    while not stopping:
        try:
            await _serve_queue(machine, hands, stopping)
        except (ConnectorException, psycopg.OperationalError, OSError) as error:
            _log.warning("worker.lost_the_database", error=type(error).__name__)
            await asyncio.sleep(AGAIN_SECONDS)


async def _serve_queue(machine: Machine, hands: _Hands, stopping: Stopping) -> None:
    """Serve both lanes until it is time to stop, or the database is gone."""
    connector = PsycopgConnector(
        conninfo=machine.conninfo,
        min_size=1,
        max_size=4,
        timeout=10,
        kwargs={"application_name": "rollcall worker"},
    )
    app = App(connector=connector)
    slots = machine.environment.worker_slots
    app.task(name=TASK, queue=LANES[0])(hands.carry_out)
    async with app.open_async():
        lanes = [asyncio.create_task(_serve_lane(app, lane, slots)) for lane in LANES]
        stopping.tell(partial(_cancel, asyncio.get_running_loop(), lanes))
        try:
            await asyncio.wait(lanes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            _cancel_once(lanes)
            ended = await asyncio.gather(*lanes, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


def _cancel(loop: asyncio.AbstractEventLoop, lanes: Iterable["asyncio.Task[None]"]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(_cancel_once, lanes)


def _cancel_once(lanes: Iterable["asyncio.Task[None]"]) -> None:
    """Let the lanes end in peace: a second cancel would not wait for the runs in hand."""
    for lane in lanes:
        if not lane.done() and not lane.cancelling():
            lane.cancel()


async def _serve_lane(app: App, lane: str, slots: int) -> None:
    """Serve one queue; when cancelled, take no more and give the runs in hand time to end."""
    await app.run_worker_async(
        name=lane,
        queues=[lane],
        concurrency=LONG_SLOTS if lane == LONG else slots,
        fetch_job_polling_interval=POLL_SECONDS,
        abort_job_polling_interval=3600.0,
        shutdown_graceful_timeout=HAND_OVER_SECONDS,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=STALLED_SECONDS,
    )
