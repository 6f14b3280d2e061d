"""One browser's way through the protocol without any page, and what Microsoft saw of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.oidc.claims import Check
from rollcall.oidc.flow import Attempt
from rollcall.wiring.machine import utc_now
from rollcall.wiring.sign_in import (
    Arrival,
    Departure,
    begin_sign_in,
    complete_sign_in,
)
from tests.integration.signin.company import URIS, Company

TOKENS = "/oauth2/v2.0/token"
KEYS = "/discovery/v2.0/keys"
DISCOVERY = "/openid-configuration"
ACCEPTED: list[Check] = [check for check in Check if check not in {Check.STATE, Check.ANSWER}]


@dataclass
class Later:
    """A clock that can be put forward."""

    by: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """Return the time that it is here."""
        return datetime.now(UTC) + self.by


@dataclass
class Visit:
    """One browser's way through the protocol, without any page."""

    company: Company
    clock: Any = utc_now

    def begin(self, **values: Any) -> Departure:
        """Ask where to go."""
        return begin_sign_in(
            self.company.machine,
            self.company.site.tenant.id,
            redirect_uri=URIS[0],
            clock=self.clock,
            **values,
        )

    def code(self, departure: Departure, person: int = 0) -> str:
        """Have somebody sign in at Microsoft."""
        user = self.company.people[person].id
        return self.company.simulator.sign_in(departure.url, user).code

    def complete(self, code: str, attempt: Attempt, **values: Any) -> Arrival:
        """Come back with a code."""
        given = {"redirect_uri": URIS[0], "clock": self.clock, **values}
        return complete_sign_in(
            self.company.machine,
            self.company.site.tenant.id,
            code=code,
            attempt=attempt,
            **given,
        )

    def walk(self, person: int = 0) -> Arrival:
        """Walk the whole way."""
        departure = self.begin()
        return self.complete(self.code(departure, person), departure.attempt)


@dataclass
class Asked:
    """What Microsoft was asked by one company since a moment."""

    company: Company
    since: int = 0

    def __post_init__(self) -> None:
        self.since = self.company.simulator.last_request()

    def __call__(self, path: str) -> int:
        """Return how often a path was asked for."""
        seen = self.company.simulator.requests(
            since=self.since, directory=self.company.site.directory.directory_id
        )
        return sum(path in each.path for each in seen)


def assert_refused(arrival: Arrival, check: Check) -> None:
    """Nobody came, because of this check, and what came before it passed."""
    assert arrival.claims is None
    assert arrival.failed is check, arrival.checks
    assert [each.check for each in arrival.checks] == ACCEPTED[: ACCEPTED.index(check) + 1]
    assert [each.passed for each in arrival.checks[:-1]] == [True] * (len(arrival.checks) - 1)


@contextmanager
def microsoft_later(company: Company, *, seconds: int) -> Iterator[None]:
    """Put Microsoft's clock forward for a block."""
    company.simulator.set_clock(seconds)
    try:
        yield
    finally:
        company.simulator.set_clock(0)


def wait_until(true: Any, seconds: float = 3) -> None:
    """Wait for what goes on in the background."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
