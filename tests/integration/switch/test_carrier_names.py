"""Carriers' names as addresses: asked for aside, kept while nobody knows better."""

from collections.abc import Iterator

import pytest

from rollcall.sip.carrier_dns import Carrier, CarrierDns, Hop, look_up_addresses
from rollcall.sip.carrier_names import MOST_HOPS, CarrierNames
from rollcall.sip.carrier_places import CarrierPlaces
from tests.name_server import NameServer, name_server

SEVEN = Carrier("127.0.0.7")
LOCALHOST = Carrier("localhost", port=5060)
NAMED = Carrier("carrier.example")


class Steady:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Steady:
    return Steady()


@pytest.fixture
def names(clock: Steady) -> Iterator[CarrierNames]:
    """Looks up names."""
    names = CarrierNames(CarrierPlaces(loopback=True), CarrierDns(), clock=clock)
    yield names
    names.close()


def test_a_name_is_known_when_it_was_found(names: CarrierNames) -> None:
    names.known([SEVEN, LOCALHOST])
    names.wait(10)

    known = names.known([SEVEN, LOCALHOST])

    assert known[SEVEN] == (Hop("127.0.0.7", 5060),)
    assert Hop("127.0.0.1", 5060) in known[LOCALHOST]


def test_a_name_that_nobody_asks_for_any_more_is_forgotten(names: CarrierNames) -> None:
    names.known([SEVEN])
    names.wait(10)

    assert names.known([]) == {}
    assert names.known([SEVEN]) == {}


def test_a_name_is_looked_up_again_and_stays_known_meanwhile(
    names: CarrierNames, clock: Steady
) -> None:
    names.known([SEVEN])
    names.wait(10)
    clock.now = 1000.0

    assert names.known([SEVEN]) == {SEVEN: (Hop("127.0.0.7", 5060),)}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    monkeypatch.setattr("rollcall.sip.carrier_dns.SECONDS", 0.3)
    with name_server({"carrier.example": ("A 198.51.100.5",)}) as server:
        yield server


@pytest.fixture
def asking(server: NameServer, clock: Steady) -> Iterator[CarrierNames]:
    """Asks the name server of the test."""
    servers = CarrierDns(name_servers=[(server.address, server.port)])
    names = CarrierNames(CarrierPlaces(), servers, clock=clock)
    yield names
    names.close()


def look(names: CarrierNames, clock: Steady) -> tuple[Hop, ...]:
    """Return what is known of the carrier after the next look."""
    clock.now += 1000.0
    names.known([NAMED])
    names.wait(10)
    return names.known([NAMED]).get(NAMED, ())


def test_servers_come_and_go_with_what_the_dns_says(
    asking: CarrierNames, server: NameServer, clock: Steady
) -> None:
    assert look(asking, clock) == (Hop("198.51.100.5", 5060),)

    server.records["_sip._udp.carrier.example"] = ("SRV 1 1 5080 a.carrier.example.",)
    server.records["a.carrier.example"] = ("A 198.51.100.6",)
    assert look(asking, clock) == (Hop("198.51.100.6", 5080),)

    server.records["a.carrier.example"] = ("A 127.0.0.1",)
    assert look(asking, clock) == ()


def test_of_a_name_with_addresses_without_end_some_are_taken(
    asking: CarrierNames, server: NameServer, clock: Steady
) -> None:
    server.records["carrier.example"] = tuple(f"A 198.51.100.{last}" for last in range(1, 50))

    assert len(look(asking, clock)) == MOST_HOPS


def test_while_the_dns_is_silent_a_carrier_keeps_the_servers_that_it_had(
    asking: CarrierNames, server: NameServer, clock: Steady
) -> None:
    before = look(asking, clock)
    server.silent = True

    assert look(asking, clock) == before
    server.records.clear()
    server.silent = False
    assert look(asking, clock) == before


def test_where_records_of_servers_cannot_be_had_the_name_is_one(
    asking: CarrierNames, server: NameServer, clock: Steady
) -> None:
    server.mute = "SRV"

    assert look(asking, clock) == (Hop("198.51.100.5", 5060),)


def test_what_is_no_name_has_no_address() -> None:
    assert look_up_addresses("a" * 300) == ()
    assert look_up_addresses("") == ()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "::1",
        "169.254.169.254",
        "0.0.0.0",
        "192.0.2.7",
        "::ffff:127.0.0.1",
    ],
)
def test_a_name_that_leads_to_this_machine_has_no_address(clock: Steady, host: str) -> None:
    names = CarrierNames(CarrierPlaces(own=("192.0.2.7",)), CarrierDns(), clock=clock)
    carriers = [Carrier(host, port=5060), Carrier("192.0.2.8")]
    try:
        names.known(carriers)
        names.wait(10)

        assert names.known(carriers) == {Carrier("192.0.2.8"): (Hop("192.0.2.8", 5060),)}
    finally:
        names.close()
