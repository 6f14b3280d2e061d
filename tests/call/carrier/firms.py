"""Tenants with trunks, each with one person who has a number of the telephone network."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.db import connections

from rollcall.calling.models import Trunk, TrunkNumber
from rollcall.calling.trunk_operations import NewTrunk, save_trunk
from rollcall.credentials.sealing import KeyRing
from rollcall.sip.carrier_places import CarrierPlaces
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant
from tests.call.carrier.playing import Carrier
from tests.call.ground import Firm, Person
from tests.call.messages import Login
from tests.call.stage import Stage
from tests.call.wire import Change, Line, Outgoing, Phone
from tests.databases import point_django
from tests.ports import free_port

TOLD_WITHIN: Final = 10.0


@dataclass
class TrunkFirm:
    """A tenant with a trunk, and where its carrier is."""

    firm: Firm
    person: Person
    number: int
    address: str
    port: int
    home: str
    home_port: int

    @property
    def domain(self) -> str:
        """The tenant's SIP domain."""
        return self.firm.domain

    @property
    def host(self) -> str:
        """The carrier, as it stands in addresses."""
        return f"{self.address}:{self.port}"

    def phone(self, stage: Stage, transport: str = "udp") -> Phone:
        """Have the person's phone, at the same place each time."""
        return stage.register(self.person, transport, source=self.home, port=self.home_port)

    def carrier(self, stage: Stage, *, as_number: str = "+4930999") -> Phone:
        """Play the carrier by hand."""
        line = Line(as_number, "carrier.example", Login("nobody", "nothing"))
        return stage.phone(line, source=self.address, port=self.port)

    def sipp(self, place: Path) -> Carrier:
        """Have sipp play the carrier."""
        return Carrier(self.address, self.port, place)


@dataclass
class Firms:
    """Tenants whose carriers write numbers in different ways."""

    plus: TrunkFirm
    digits: TrunkFirm
    national: TrunkFirm
    american: TrunkFirm


def call_in(stage: Stage, carrier: Phone, called: str, *, change: Change | None = None) -> Outgoing:
    """Have a carrier call a number of ours; what is answered comes later."""
    message = carrier.compose("INVITE", f"sip:{called}@{stage.sip[0]}", body=carrier.sdp)
    if change:
        change(message)
    carrier.send(message)
    return Outgoing(carrier, message)


@contextmanager
def found_firms(stage: Stage) -> Iterator[Firms]:
    """Have tenants with trunks by address; they go with the block."""
    point_django(stage.ground.conninfo)
    firms = Firms(
        plus=found_trunk_firm("plusfirm", number=49301000, address="127.17.0.1"),
        digits=found_trunk_firm(
            "digitfirm", number=49302000, address="127.17.0.2", number_format="digits"
        ),
        national=found_trunk_firm(
            "landfirm", number=49303000, address="127.17.0.3", number_format="national"
        ),
        american=found_trunk_firm("usfirm", number=12125550000, address="127.17.0.4", country="US"),
    )
    wait_until_told(stage, firms.american)
    try:
        yield firms
    finally:
        for firm in (firms.plus, firms.digits, firms.national, firms.american):
            remove_trunk(firm)
        connections.close_all()


def found_trunk_firm(
    slug: str, *, number: int, address: str, country: str = "DE", **trunk: Any
) -> TrunkFirm:
    """Have a tenant with a trunk by address, and somebody with a number."""
    domain = f"{slug}.example"
    add_tenant(
        slug=slug, name=slug.title(), sip_domain=domain, time_zone="Europe/Berlin", country=country
    )
    firm = Firm(get_tenant(slug).id, slug, domain)
    person = firm.hire()
    port = free_port()
    settings = {"kind": "address", "host": address, "port": port, "main_number": number} | trunk
    Trunk(tenant_id=firm.tenant_id, **settings).save()
    TrunkNumber(tenant_id=firm.tenant_id, number=number, extension_id=person.extension_id).save()
    home = address.replace("127.17.", "127.18.")
    return TrunkFirm(firm, person, number, address, port, home, free_port())


def set_trunk(firm: TrunkFirm, new: NewTrunk, ring: KeyRing) -> None:
    """Set a firm's trunk as its administrator does; carriers of the tests are of loopback."""
    places = CarrierPlaces(loopback=True)
    save_trunk(firm.firm.tenant_id, new, ring=ring, actor="test", now=now(), places=places)


def add_trunk_number(person: Person, number: int, *, shown: bool = True) -> None:
    """Give somebody a number of the telephone network."""
    TrunkNumber(
        tenant_id=person.firm.tenant_id,
        number=number,
        extension_id=person.extension_id,
        shown=shown,
    ).save()


def remove_trunk(firm: TrunkFirm) -> None:
    """Take a tenant's trunk away."""
    Trunk.objects.of(firm.firm.tenant_id).delete()


def wait_until_told(stage: Stage, firm: TrunkFirm, *, target: bool = True) -> None:
    """Wait until the switch knows of a tenant's trunk, or knows no more of it."""
    told_of(lambda: target == is_told(stage, "trunk", f"{firm.domain}::target"), f"trunk of {firm}")


def is_told(stage: Stage, table: str, key: str) -> bool:
    """Tell whether something stands in a table of the switch."""
    return isinstance(stage.ask("htable.get", table, key), dict)


def told_of(is_so: Callable[[], bool], what: str, seconds: float = TOLD_WITHIN) -> None:
    """Wait for something to become so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
