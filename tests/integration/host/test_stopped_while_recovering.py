"""A server that is to stop while it recovers from the crash of one of its processes."""

import os
import signal
import time

import psycopg
from psycopg import pq
from tests.integration.host.machine import Machine, ask, tell, wait_until

SOON = 60.0
"""Seconds; far less than it would wait for a server that never ends."""


def test_a_server_that_recovers_from_a_crash_stops_when_its_last_user_leaves(
    machine: Machine,
) -> None:
    with machine.database() as address:
        tell(address, "create table numbers as select generate_series(1, 1000000) as n")
        with psycopg.connect(address.conninfo) as victim:
            os.kill(victim.info.backend_pid, signal.SIGKILL)
            conninfo = address.conninfo.encode()
            wait_until(lambda: pq.PGconn.ping(conninfo) == pq.Ping.REJECT)
        began = time.monotonic()
    assert time.monotonic() - began < SOON
    assert machine.postmaster is None
    with machine.database() as address:
        assert ask(address, "select count(*) from numbers") == (1_000_000,)
