"""What directories publish is read once, kept for a while, and believed only of themselves."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection

from rollcall.core.errors import SetupError, TransientError
from rollcall.oidc.claims import Check
from rollcall.oidc.flow import Attempt
from rollcall.wiring import published
from rollcall.wiring.machine import Machine
from rollcall.wiring.sign_in import (
    Arrival,
    begin_sign_in,
    forget_published,
    sign_out_url,
)
from tests.integration.conftest import simulated_cloud
from tests.integration.signin.company import URIS, Company
from tests.integration.signin.visit import (
    DISCOVERY,
    KEYS,
    TOKENS,
    Asked,
    Later,
    Visit,
    assert_refused,
    microsoft_later,
    wait_until,
)


@pytest.fixture(autouse=True)
def nothing_kept(running_simulator: Any) -> Iterator[None]:
    """Begin with nothing that was read before, and a Microsoft that behaves."""
    forget_published()
    yield
    running_simulator.clear_faults()


@pytest.fixture
def visit(company: Company) -> Visit:
    """Return a visitor of the first company."""
    return Visit(company)


def test_a_key_that_signs_from_now_on_is_found_at_once(visit: Visit) -> None:
    directory = visit.company.site.directory
    directory.change_keys("own")
    assert visit.walk().claims is not None
    directory.change_keys("rotate")
    asked = Asked(visit.company)

    assert visit.walk().claims is not None
    assert visit.walk().claims is not None
    assert asked(KEYS) == 1
    directory.change_keys("retire")
    assert visit.walk().claims is not None


def test_unknown_keys_cause_one_reading_in_five_minutes(company: Company) -> None:
    clock = Later()
    visit = Visit(company, clock)
    assert visit.walk().claims is not None
    company.simulator.bend_id_token(header={"kid": "another"}, times=None)
    asked = Asked(company)

    for _ in range(3):
        assert_refused(visit.walk(), Check.SIGNATURE)
    assert asked(KEYS) == 1
    clock.by = timedelta(minutes=5)
    with microsoft_later(company, seconds=300):
        assert_refused(visit.walk(), Check.SIGNATURE)
    assert asked(KEYS) == 2


def test_a_refresh_that_fails_keeps_the_last_good_keys(company: Company) -> None:
    clock = Later()
    visit = Visit(company, clock)
    departure = visit.begin()
    assert visit.complete(visit.code(departure), departure.attempt).claims is not None
    company.simulator.bend_keys("status", status=500, times=None)
    asked = Asked(company)
    clock.by = timedelta(hours=2)
    with microsoft_later(company, seconds=7200):
        assert visit.walk().claims is not None
        wait_until(lambda: asked(KEYS) == 1)
        assert visit.walk().claims is not None
        assert asked(KEYS) == 1
    clock.by = timedelta(hours=25)
    with microsoft_later(company, seconds=25 * 3600):
        assert_refused(visit.walk(), Check.SIGNATURE)


def test_a_set_of_keys_that_was_exchanged_does_not_verify_by_the_old_ones(visit: Visit) -> None:
    directory = visit.company.site.directory
    directory.change_keys("own")
    assert visit.walk().claims is not None
    directory.change_keys("swap")

    assert visit.walk().claims is not None
    visit.company.simulator.bend_keys("status", status=200, body='{"keys": []}', times=None)
    directory.change_keys("rotate")
    assert_refused(visit.walk(), Check.SIGNATURE)


def test_the_keys_of_one_directory_never_verify_for_another(visit: Visit, other: Company) -> None:
    for company in (visit.company, other):
        company.site.directory.change_keys("own")
        assert Visit(company).walk().claims is not None
    visit.company.simulator.bend_id_token(
        directory=visit.company.site.directory.directory_id,
        signed_by=other.site.directory.directory_id,
        header={"kid": other.site.directory.keys().signing},
    )

    assert_refused(visit.walk(), Check.SIGNATURE)
    assert Visit(other).walk().claims is not None


def test_keys_that_never_come_end_in_a_refusal_and_hinder_nobody_else(
    visit: Visit, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "READING_SECONDS", 1.5)
    assert Visit(other).walk().claims is not None
    visit.company.simulator.bend_keys(
        "delay",
        directory=visit.company.site.directory.directory_id,
        seconds=20,
        times=None,
    )
    departure = visit.begin()
    code = visit.code(departure)

    def complete() -> Arrival:
        try:
            return visit.complete(code, departure.attempt)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        hanging = pool.submit(complete)
        for person in range(3):
            assert Visit(other).walk(person).claims is not None
        assert not hanging.done() or time.monotonic() - began < 2
        arrival = hanging.result(5)

    assert_refused(arrival, Check.SIGNATURE)
    assert isinstance(arrival.error, TransientError)


def test_a_microsoft_that_never_answers_is_waited_for_no_longer_than_said(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.wiring.sign_in.PATIENCE", 0.5)
    departure = visit.begin()
    code = visit.code(departure)
    visit.company.simulator.fault("delay", host="login", path="/token$", seconds=20, times=1)

    began = time.monotonic()
    arrival = visit.complete(code, departure.attempt)

    assert time.monotonic() - began < 3
    assert_refused(arrival, Check.REDEMPTION)
    assert isinstance(arrival.error, TransientError)


def test_a_microsoft_that_never_answers_takes_one_thread_and_not_all(
    visit: Visit, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.wiring.sign_in.PATIENCE", 0.7)
    monkeypatch.setattr("rollcall.wiring.patience.LONG", 0.5)
    departures = [visit.begin() for _ in range(4)]
    codes = [visit.code(each) for each in departures]
    fault = visit.company.simulator.fault(
        "delay",
        host="login",
        path="/token$",
        seconds=20,
        times=None,
        directory=visit.company.site.directory.directory_id,
    )
    assert_refused(visit.complete(codes[0], departures[0].attempt), Check.REDEMPTION)

    def complete(number: int) -> float:
        began = time.monotonic()
        try:
            arrival = visit.complete(codes[number], departures[number].attempt)
        finally:
            connection.close()
        assert isinstance(arrival.error, TransientError)
        return time.monotonic() - began

    with ThreadPoolExecutor(3) as pool:
        took = sorted(pool.map(complete, (1, 2, 3)))
    assert took[1] < 0.5 < took[2]
    assert visit.begin().url
    assert Visit(other).walk().claims is not None
    visit.company.simulator.clear_faults(fault)
    assert visit.walk().claims is not None


def test_many_who_come_at_once_cause_one_reading(visit: Visit) -> None:
    count, asked = 8, Asked(visit.company)
    gate = threading.Barrier(count)

    def walk(person: int) -> Arrival:
        gate.wait()
        try:
            return visit.walk(person % 6)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        arrivals = list(pool.map(walk, range(count)))

    assert all(each.claims is not None for each in arrivals), [each.checks[-1] for each in arrivals]
    assert (asked(DISCOVERY), asked(KEYS), asked(TOKENS)) == (1, 1, count)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://login.evil.example/common/v2.0"),
        ("jwks_uri", "https://login.evil.example/keys"),
        ("token_endpoint", "https://login.evil.example/token"),
        ("authorization_endpoint", "https://login.evil.example/authorize"),
        ("end_session_endpoint", "https://login.evil.example/logout"),
    ],
)
def test_a_directory_that_describes_itself_elsewhere_is_not_followed(
    visit: Visit, name: str, value: str
) -> None:
    visit.company.simulator.bend_discovery(name, value, times=2)

    with pytest.raises(SetupError):
        visit.begin()
    attempt = Attempt("state", "nonce", "verifier")
    assert_refused(visit.complete("code", attempt), Check.DISCOVERY)
    assert visit.walk().claims is not None


def test_a_microsoft_that_is_not_there_is_a_passing_trouble(company: Company) -> None:
    gone = simulated_cloud(company.simulator, login="https://127.0.0.1:9")
    known = msgspec.structs.replace(company.machine.environment, clouds=(gone,))
    machine = Machine(known, company.machine.conninfo)
    tenant_id = company.site.tenant.id

    with pytest.raises(TransientError):
        begin_sign_in(machine, tenant_id, redirect_uri=URIS[0])
    assert sign_out_url(machine, tenant_id, return_to=URIS[0], logout_hint="") is None
