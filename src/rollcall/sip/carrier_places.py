"""Where a carrier may be: nowhere on this machine, and at no address that leads to no one server.

A tenant's administrator names the carrier, and the switch then talks there: a name that leads to
what only this machine can reach would make it a door to that.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec


class CarrierPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """What is refused: the switch's `own` addresses always, those of loopback unless allowed."""

    own: tuple[str, ...] = ()
    loopback: bool = False

    def allows(self, written: str) -> bool:
        """Tell whether a carrier may be at this address. What is none is nowhere."""
        try:
            address = _plain(ip_address(written))
        except ValueError:
            return False
        if address.is_unspecified or address.is_multicast or address.is_link_local:
            return False
        return address not in self._own() and (self.loopback or not address.is_loopback)

    def allows_network(self, network: IPv4Network | IPv6Network) -> bool:
        """Tell whether none of what is refused is in this network."""
        if network.num_addresses == 1:
            return self.allows(str(network.network_address))
        refused = [*_NOWHERE, *([] if self.loopback else _LOOPBACK)]
        if any(network.overlaps(each) for each in refused if each.version == network.version):
            return False
        return not any(each in network for each in self._own())

    def _own(self) -> tuple[IPv4Address | IPv6Address, ...]:
        return tuple(_plain(ip_address(each)) for each in self.own)


_LOOPBACK = tuple(map(ip_network, ("127.0.0.0/8", "::1/128")))
_NOWHERE = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"),
        *("::/128", "fe80::/10", "ff00::/8"),
    )
)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return what an address of IPv4 in the dress of IPv6 leads to."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
