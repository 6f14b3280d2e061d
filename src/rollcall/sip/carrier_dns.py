"""Which servers a carrier has, asked of the DNS as RFC 3263 says.

With a port, or with an address for a name, there is nothing to ask but the addresses. Otherwise SRV
records (RFC 2782) say which servers there are, at which ports, and which of them comes first; a
name without such records is a server itself, at the usual port.
"""

import hashlib
import math
import socket
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver
import msgspec
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

USUAL_PORTS: Final = {"udp": 5060, "tcp": 5060, "tls": 5061}
SECONDS: Final = 4.0
"""For one question, all name servers together."""

MOST_SERVERS: Final = 8
_SERVICES: Final = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_NO_SERVICE: Final = "."


class Carrier(msgspec.Struct, frozen=True):
    """Where a trunk leads, as its administrator wrote it. Without a `port` the DNS says which."""

    host: str
    transport: str = "udp"
    port: int | None = None


class Hop(msgspec.Struct, frozen=True):
    """One of a carrier's servers: an IP address and a port."""

    address: str
    port: int


class Offer(msgspec.Struct, frozen=True):
    """An SRV record: lower priorities first, among equals more often the heavier one."""

    priority: int
    weight: int
    port: int
    target: str


class DnsSilentError(Exception):
    """No name server answered, or none of them well: nothing is known of the name."""


class CarrierDns:
    """The name servers of this machine, or others.

    `name_servers` are addresses and ports. `seed` is something of this switch alone: switches that
    share a carrier then do not all choose the same of its servers.
    """

    def __init__(self, *, name_servers: Iterable[tuple[str, int]] = (), seed: str = "") -> None:
        self._own = [dns.nameserver.Do53Nameserver(*each) for each in name_servers]
        self._seed = seed

    def hops(self, carrier: Carrier) -> tuple[Hop, ...]:
        """Return a carrier's servers, the first to try first. Raises DnsSilentError."""
        if carrier.port is not None or is_address(carrier.host):
            return self.plain_hops(carrier)
        offers = self._offers(f"{_SERVICES[carrier.transport]}.{carrier.host}.")
        if not offers:
            return self.plain_hops(carrier)
        found = [
            Hop(address, offer.port)
            for offer in in_order(offers, seed=self._seed)[:MOST_SERVERS]
            if offer.target != _NO_SERVICE and offer.port
            for address in self._addresses(offer.target)
        ]
        return tuple(dict.fromkeys(found))

    def plain_hops(self, carrier: Carrier) -> tuple[Hop, ...]:
        """Return the addresses of the name itself, IPv4 first."""
        port = carrier.port or USUAL_PORTS[carrier.transport]
        return tuple(Hop(address, port) for address in self._addresses(carrier.host))

    def _offers(self, name: str) -> list[Offer]:
        return [
            Offer(record.priority, record.weight, record.port, record.target.to_text(True))
            for record in self._ask(name, dns.rdatatype.SRV)
            if isinstance(record, SRV)
        ]

    def _addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a host; those of this machine's own files too, usually."""
        if not self._own or is_address(host):
            return look_up_addresses(host)
        found: set[str] = set()
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            records = self._ask(f"{host}.", kind)
            found |= {record.address for record in records if isinstance(record, (A, AAAA))}
        return _sorted(found)

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list[object]:
        """Return the records of a name; none where there are none."""
        try:
            resolver = dns.resolver.Resolver(configure=not self._own)
            if self._own:
                resolver.nameservers = self._own
            return list(resolver.resolve(name, kind, lifetime=SECONDS, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise DnsSilentError(name) from error


def in_order(offers: Iterable[Offer], *, seed: str) -> list[Offer]:
    """Return SRV records in the order to try them in.

    Among those of one priority each is first as often as its weight says, over all seeds; for one
    seed the order stays, so that a registration does not wander.
    """
    return sorted(offers, key=lambda offer: (offer.priority, _draw(offer, seed), offer.target))


def _draw(offer: Offer, seed: str) -> float:
    """Return a lot, the lower the better: exponentially distributed, with the weight as its rate.

    Of independent lots of that kind, the one of weight w is the lowest with probability w : sum.
    A weight of 0 counts as next to nothing, as RFC 2782 has it.
    """
    place = f"{seed} {offer.target} {offer.port}".encode()
    drawn = int.from_bytes(hashlib.sha256(place).digest()[:8])
    return -math.log((drawn + 1) / (2**64 + 1)) / (offer.weight or 0.001)


def is_address(host: str) -> bool:
    """Tell whether a host is given by its address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def look_up_addresses(host: str) -> tuple[str, ...]:
    """Return the addresses of a host as this machine finds them; IPv4 first, in a steady order."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ()
    return _sorted({str(place[0]) for *_, place in found})


def _sorted(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=lambda address: (":" in address, address)))
