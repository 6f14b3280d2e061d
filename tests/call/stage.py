"""A running switch with phones on it, and what tests ask of them.

    anna, ben = stage.register(stage.north.hire()), stage.register(stage.north.hire())
    stage.talk(anna, ben)                                    # the valid twin
    with stage.keeps_quiet(ben):                             # nothing reaches this phone
        stage.refused(anna.invite("sip:2001@south.example"), 403)

Every phone has an address of its own in 127.0.0.0/8, so that what is counted by source is counted
for each of them alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import count
from typing import Final

from rollcall.service.switch import RunningSwitch
from rollcall.wiring.machine import Machine
from tests.call.ground import Firm, Ground, Person
from tests.call.messages import Message
from tests.call.wire import Change, Dialog, Line, NothingCameError, Outgoing, Phone
from tests.call.wires import Address, StreamWire, UdpWire, WebSocketWire, Wire
from tests.name_server import NameServer

FIRST_SOURCE: Final = IPv4Address("127.16.0.1")
FIRST_RTP: Final = 42000
REFUSED: Final = range(400, 700)
QUIET_SECONDS: Final = 0.3


@dataclass
class Stage:
    """A switch, its ground, and the phones that a test opened."""

    ground: Ground
    sip: Address
    sips: Address
    wss: Address
    origin: str
    ask: Callable[..., object]
    """Ask Kamailio by JSON-RPC: ask("core.psx")."""

    switch: RunningSwitch
    machine: Machine
    names: NameServer
    """Where the switch asks for the servers of carriers."""

    _sources: Iterator[int] = field(default_factory=count)
    _wires: list[Wire] = field(default_factory=list)

    @property
    def north(self) -> Firm:
        """The first tenant."""
        return self.ground.north

    @property
    def south(self) -> Firm:
        """The other, with the same numbers."""
        return self.ground.south

    def source(self) -> str:
        """Return an address that nobody came from before."""
        return str(FIRST_SOURCE + next(self._sources))

    def wire(self, transport: str = "udp", *, source: str = "", port: int = 0) -> Wire:
        """Open a way to the switch."""
        opened = self._opened(transport, source or self.source(), port)
        self._wires.append(opened)
        return opened

    def _opened(self, transport: str, source: str, port: int) -> Wire:
        match transport:
            case "udp":
                return UdpWire(self.sip, source=source, port=port)
            case "tcp":
                return StreamWire(self.sip, source=source)
            case "tls":
                return StreamWire(self.sips, source=source, tls=True, name="localhost")
            case "wss":
                return WebSocketWire(self.wss, source=source, origin=self.origin, name="localhost")
            case _:
                raise ValueError(transport)

    def phone(
        self, who: Person | Line, transport: str = "udp", *, source: str = "", port: int = 0
    ) -> Phone:
        """Have a phone for somebody, not registered yet."""
        line = who.line if isinstance(who, Person) else who
        wire = self.wire(transport, source=source, port=port)
        return Phone(wire, line, rtp_port=FIRST_RTP + 2 * len(self._wires))

    def register(
        self, who: Person | Line, transport: str = "udp", *, source: str = "", port: int = 0
    ) -> Phone:
        """Have a phone that is registered."""
        phone = self.phone(who, transport, source=source, port=port)
        answer = phone.register()
        assert answer.status == 200, answer.text
        return phone

    def pair(self, firm: Firm | None = None) -> tuple[Phone, Phone]:
        """Have two people of a tenant with registered phones."""
        firm = firm or self.north
        return self.register(firm.hire()), self.register(firm.hire())

    def connect(
        self, caller: Phone, callee: Phone, *, change: Change | None = None
    ) -> tuple[Dialog, Dialog]:
        """Have one phone call another that answers; return both sides."""
        call = caller.invite(callee.line.number, change=change)
        ringing = callee.expect("INVITE")
        tag = callee.ring(ringing)
        return self._answer(call, callee, ringing, tag)

    def talk(self, caller: Phone, callee: Phone, *, change: Change | None = None) -> Message:
        """Have a whole call, to the end; return the INVITE as the callee saw it."""
        here, there = self.connect(caller, callee, change=change)
        assert here.hang_up(there).status == 200
        return there.invite

    def refused(self, answer: Message | Outgoing, *statuses: int) -> Message:
        """Check that something was refused, and how."""
        final = answer.final() if isinstance(answer, Outgoing) else answer
        assert final.status in (statuses or REFUSED), final.text
        return final

    def refused_or_dropped(self, call: Outgoing) -> None:
        """Check that a call was refused, or was not even read as one."""
        try:
            final = call.final(1.0)
        except NothingCameError:
            return
        assert final.status in REFUSED, final.text

    @contextmanager
    def keeps_quiet(self, *phones: Phone) -> Iterator[None]:
        """Check that nothing reaches these phones meanwhile."""
        for phone in phones:
            phone.heard(0.05)
        yield
        for phone in phones:
            heard = phone.heard(QUIET_SECONDS)
            assert not heard, [message.text for message in heard]

    def clear(self) -> None:
        """Close all phones."""
        for wire in self._wires:
            wire.close()
        self._wires.clear()

    @staticmethod
    def _answer(call: Outgoing, callee: Phone, ringing: Message, tag: str) -> tuple[Dialog, Dialog]:
        ok = callee.reply(ringing, 200, tag=tag, body=callee.sdp)
        there = Dialog.of_callee(callee, ringing, ok)
        here = call.answered()
        callee.expect("ACK")
        return here, there
