"""Guessing is slow, and locks out whoever guesses, not whom they guess at."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from django.test import Client

from rollcall.accounts.attempts import NETWORK, PAIR, charge, forget_attempts, network_of, pair_of
from rollcall.wiring.machine import Machine, utc_now
from tests.hashers import real_passwords
from tests.integration.portal.arrival import (
    ELSE,
    EMAIL,
    PASSWORD,
    audited,
    is_in,
    new_account,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

ATTACKER = "203.0.113.7"


def guess(client: Client, email: str = EMAIL, password: str = ELSE) -> int:
    """Try to sign in; return the status of the answer."""
    return client.post("/sign-in", {"email": email, "password": password}).status_code


@pytest.fixture
def attacker(machine: Machine, nobody: Client) -> Client:
    """Somebody elsewhere."""
    return make_client(machine, REMOTE_ADDR=ATTACKER)


def test_after_some_failures_there_is_a_pause_that_grows(attacker: Client, conninfo: str) -> None:
    new_account("system")

    assert [guess(attacker) for _ in range(PAIR.free + 1)] == [200] * PAIR.free + [429]
    assert guess(attacker, password=PASSWORD) == 429, "the right one, too"
    details = [detail for _, _, detail in audited(conninfo, "sign_in.refused")]
    assert len(details) == PAIR.free, "as many as were tried: none within the pause"
    assert ["paused_until" in detail for detail in details] == [False] * 4 + [True]
    with psycopg.connect(conninfo) as connection:
        key, until = connection.execute(
            "SELECT key, refused_until FROM accounts_attempt WHERE refused_until IS NOT NULL"
        ).fetchone() or ("", None)
        assert ATTACKER not in key
        assert until - utc_now() <= timedelta(seconds=30)
        connection.execute("UPDATE accounts_attempt SET refused_until = now()")
    assert guess(attacker) == 200
    page = attacker.post("/sign-in", {"email": EMAIL, "password": ELSE})
    assert page.status_code == 429
    assert "Try again in" in page.content.decode()


def test_an_account_that_is_not_there_is_counted_like_one_that_is(attacker: Client) -> None:
    statuses = [guess(attacker, "nobody@rollcall.example") for _ in range(PAIR.free + 1)]

    assert statuses == [200] * PAIR.free + [429]


def test_an_attacker_elsewhere_locks_nobody_else_out(
    attacker: Client, nobody: Client, machine: Machine
) -> None:
    new_account("system")
    for _ in range(PAIR.free + 1):
        guess(attacker)

    assert sign_in_by(nobody) != "", "from another network"
    assert sign_in_by(make_client(machine, REMOTE_ADDR="203.0.113.8")) != ""


def test_behind_the_same_address_the_owners_browser_is_counted_apart(
    nobody: Client, machine: Machine
) -> None:
    from tests.integration.portal.arrival import new_tenant

    new_account(tenant_id=new_tenant().id)
    sign_in_by(nobody)
    assert is_in(nobody)
    colleague = make_client(machine)
    for _ in range(PAIR.free + 1):
        guess(colleague)

    assert guess(colleague, password=PASSWORD) == 429
    assert sign_in_by(nobody) == "/", "the browser that signed in before"
    stolen = make_client(machine)
    stolen.cookies["__Host-device"] = nobody.cookies["__Host-device"].value[:-2] + "xx"
    assert guess(stolen, password=PASSWORD) == 429, "a cookie that is not ours is none"


def exhaust(network: str, *, but: int = 0) -> None:
    """Count as many failures of a network as are free, except for some."""
    for _ in range(NETWORK.free - but):
        assert charge([network_of(network)], now=utc_now()) is None


def test_one_network_cannot_try_one_password_on_everybody(attacker: Client) -> None:
    exhaust(ATTACKER, but=1)

    assert guess(attacker, "one@rollcall.example") == 200
    assert guess(attacker, "more@rollcall.example") == 429


def test_who_has_an_account_cannot_wipe_out_the_count_of_the_network(attacker: Client) -> None:
    new_account("system")
    exhaust(ATTACKER, but=1)

    assert sign_in_by(attacker) != ""
    assert guess(attacker, "one@rollcall.example") == 200
    assert guess(attacker, "more@rollcall.example") == 429


def test_an_ipv6_subscriber_is_one_network(machine: Machine, nobody: Client) -> None:
    exhaust("2001:db8:1:2::/64")

    assert guess(make_client(machine, REMOTE_ADDR="2001:db8:1:2:ffff::1"), "x@x.example") == 429
    assert guess(make_client(machine, REMOTE_ADDR="2001:db8:1:3::1"), "x@x.example") == 200


def test_many_attempts_at_once_count_as_many(conninfo: str) -> None:
    counters = [pair_of(EMAIL, ATTACKER), network_of(ATTACKER)]

    def attempt(_number: int) -> bool:
        try:
            return charge(counters, now=utc_now()) is None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as threads:
        allowed = list(threads.map(attempt, range(24)))

    assert allowed.count(True) == PAIR.free


def test_an_account_that_is_not_there_takes_as_long(attacker: Client) -> None:
    emails = (EMAIL, "nobody@rollcall.example", "invited@rollcall.example")

    def least(email: str) -> float:
        spent = []
        for _ in range(2):
            before = time.process_time()  # of this process: others may keep the machine busy
            guess(attacker, email)
            spent.append(time.process_time() - before)
        return min(spent)

    with real_passwords():
        new_account("system")
        new_account("system", email="invited@rollcall.example", password="")
        times = [least(email) for email in emails]

    assert max(times) < 2 * min(times)


def test_old_counts_are_forgotten(attacker: Client) -> None:
    guess(attacker)

    assert forget_attempts(now=utc_now() + timedelta(days=1)) == 0
    assert forget_attempts(now=utc_now() + timedelta(days=3)) == 2
