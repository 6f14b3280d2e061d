"""A flood from one address does not starve the others: they register and call as before."""

import statistics
import time
from collections.abc import Callable, Sequence

import pytest

from tests.call.flooder import flooding
from tests.call.stage import Stage
from tests.call.wire import Phone

BOUND_SECONDS = 1.0
TRANSPORTS = ("udp", "tcp", "tls", "wss")
LOSING_NOTHING = TRANSPORTS[1:]
ROUNDS = 12


def one_round(stage: Stage, transport: str, callees: str = "udp") -> tuple[float, float]:
    """Have two newcomers register and call; return how long each of these took."""
    began = time.perf_counter()
    caller = stage.register(stage.north.hire(), transport)
    registered = time.perf_counter() - began
    callee = stage.register(stage.north.hire(), callees)
    began = time.perf_counter()
    here, there = stage.connect(caller, callee)
    called = time.perf_counter() - began
    assert here.hang_up(there).status == 200
    return registered, called


def measure(stage: Stage, rounds: int, transports: Sequence[str]) -> dict[str, float]:
    """Return medians and worst times of registering and calling, in milliseconds."""
    used = [transports[each % len(transports)] for each in range(rounds)]
    found = [one_round(stage, each, transports[0]) for each in used]
    registered, called = ([pair[side] for pair in found] for side in (0, 1))
    return {
        "register": statistics.median(registered) * 1000,
        "register worst": max(registered) * 1000,
        "call": statistics.median(called) * 1000,
        "call worst": max(called) * 1000,
    }


def check(
    stage: Stage,
    rate: int,
    rounds: int,
    record_property: Callable[[str, object], None],
    *,
    transports: Sequence[str] = TRANSPORTS,
) -> None:
    """Flood, and have others register and call meanwhile."""
    quiet = measure(stage, 4, transports)
    with flooding(stage.sip, source=stage.source(), domain=stage.north.domain, rate=rate) as flood:
        time.sleep(1.0)
        loud = measure(stage, rounds, transports)
    told = ", ".join(f"{name} {quiet[name]:.0f} → {loud[name]:.0f} ms" for name in quiet)
    print(f"{flood.rate:.0f} messages/s: {told}")  # noqa: T201 - shown when asked for (-rP)
    record_property("flood", told)
    assert flood.rate > rate * 0.5
    assert loud["register worst"] < BOUND_SECONDS * 1000
    assert loud["call worst"] < BOUND_SECONDS * 1000


def test_a_flood_of_thousands_a_second_starves_nobody(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    check(stage, 5_000, ROUNDS, record_property)


@pytest.mark.long
def test_a_flood_of_tens_of_thousands_a_second_starves_nobody(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    """At such a rate the machine itself drops datagrams, and our phones do not say them again."""
    check(stage, 30_000, 10 * ROUNDS, record_property, transports=LOSING_NOTHING)


def test_a_flood_from_a_phones_own_address_ends_with_itself(stage: Stage) -> None:
    """Who sits behind the same address as a phone that is known cannot use up the switch."""
    source = stage.source()
    person = stage.north.hire()
    stage.register(person, source=source)
    with flooding(stage.sip, source=source, domain=stage.north.domain, rate=4_000):
        time.sleep(1.0)
        registered, called = one_round(stage, "udp")
    assert registered < BOUND_SECONDS
    assert called < BOUND_SECONDS
    time.sleep(4.5)
    assert stage.phone(person, source=source).register().status == 200


def test_connections_in_great_number_starve_nobody(stage: Stage) -> None:
    """TCP, TLS and WebSockets that say nothing."""
    source = stage.source()
    idle: list[Phone] = []
    person = stage.north.hire()
    for each in range(120):
        try:
            idle.append(stage.phone(person, ("tcp", "tls", "wss")[each % 3], source=source))
        except OSError:
            break  # it may be refused: so much the better
    registered, called = one_round(stage, "wss")
    assert registered < BOUND_SECONDS
    assert called < BOUND_SECONDS
