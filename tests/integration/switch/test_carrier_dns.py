"""Where a carrier's servers are, as the DNS says it."""

from collections.abc import Iterator

import pytest

from rollcall.sip.carrier_dns import Carrier, CarrierDns, DnsSilentError, Hop
from tests.name_server import NameServer, name_server

TWO_SERVERS = {
    "_sip._udp.carrier.example": (
        "SRV 20 0 5060 reserve.carrier.example.",
        "SRV 10 0 5070 first.carrier.example.",
    ),
    "_sips._tcp.carrier.example": ("SRV 10 0 5071 first.carrier.example.",),
    "first.carrier.example": ("A 198.51.100.2", "A 198.51.100.1", "AAAA 2001:db8::1"),
    "reserve.carrier.example": ("A 198.51.100.9",),
    "carrier.example": ("A 198.51.100.80",),
    "plain.example": ("A 198.51.100.5",),
    "_sip._udp.closed.example": ("SRV 0 0 0 .",),
    "closed.example": ("A 198.51.100.6",),
    "_sip._udp.nowhere.example": ("SRV 0 0 0 carrier.example.",),
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server(TWO_SERVERS) as server:
        yield server


@pytest.fixture
def servers(server: NameServer) -> CarrierDns:
    return CarrierDns(name_servers=[(server.address, server.port)])


def test_the_dns_says_which_servers_there_are_and_at_which_ports(servers: CarrierDns) -> None:
    assert servers.hops(Carrier("carrier.example")) == (
        Hop("198.51.100.1", 5070),
        Hop("198.51.100.2", 5070),
        Hop("2001:db8::1", 5070),
        Hop("198.51.100.9", 5060),
    )


def test_each_transport_has_records_of_its_own(servers: CarrierDns) -> None:
    assert servers.hops(Carrier("carrier.example", "tls"))[0] == Hop("198.51.100.1", 5071)
    assert servers.hops(Carrier("carrier.example", "tcp")) == (Hop("198.51.100.80", 5060),)


def test_with_a_port_the_name_itself_is_the_server(servers: CarrierDns, server: NameServer) -> None:
    assert servers.hops(Carrier("carrier.example", "udp", 5080)) == (Hop("198.51.100.80", 5080),)
    assert not [asked for asked in server.asked if asked.endswith("SRV")]


def test_a_name_without_records_of_servers_is_one_at_the_usual_port(servers: CarrierDns) -> None:
    assert servers.hops(Carrier("plain.example")) == (Hop("198.51.100.5", 5060),)
    assert servers.hops(Carrier("plain.example", "tls")) == (Hop("198.51.100.5", 5061),)


def test_who_says_that_there_is_no_sip_has_no_servers(servers: CarrierDns) -> None:
    assert servers.hops(Carrier("closed.example")) == ()
    assert servers.hops(Carrier("nowhere.example")) == ()  # at no port


def test_of_an_address_nobody_is_asked(servers: CarrierDns, server: NameServer) -> None:
    assert servers.hops(Carrier("198.51.100.7")) == (Hop("198.51.100.7", 5060),)
    assert servers.hops(Carrier("2001:db8::7", "tls")) == (Hop("2001:db8::7", 5061),)
    assert server.asked == []


def test_an_unknown_name_has_no_servers(servers: CarrierDns) -> None:
    assert servers.hops(Carrier("nobody.example")) == ()


def test_name_servers_that_say_nothing_are_not_taken_for_a_no(
    servers: CarrierDns, server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollcall.sip.carrier_dns.SECONDS", 0.3)
    server.silent = True

    with pytest.raises(DnsSilentError):
        servers.hops(Carrier("carrier.example"))


@pytest.mark.parametrize("host", ["a" * 64, "x" * 250 + ".example", "a..b", ""])
def test_what_is_no_name_is_no_fault(servers: CarrierDns, host: str) -> None:
    with pytest.raises(DnsSilentError):
        servers.hops(Carrier(host))
