"""A small SIP phone for tests, which does right unless it is told to do wrong.

    anna, ben = Phone(UdpWire(switch), anna_line), Phone(UdpWire(switch), ben_line)
    assert anna.register().status == 200
    call = anna.invite("2002")                     # sent, and authorised when asked to
    ring = ben.expect("INVITE")
    ben.reply(ring, 180)
    there = ben.pick_up(ring)                      # 200 OK, its ACK awaited
    here = call.answered()                         # 200 OK, ACK sent
    assert here.hang_up(there).status == 200

`change` is called with each message before it is sent: that is where attacks are written.
"""

import time
from dataclasses import dataclass, field

from tests.call.apparatus import (
    PATIENCE,
    Apparatus,
    Change,
    Line,
    NothingCameError,
)
from tests.call.messages import CHALLENGES, Login, Message, address

__all__ = [
    "PATIENCE",
    "Change",
    "Dialog",
    "Line",
    "NothingCameError",
    "Outgoing",
    "Phone",
]


class Phone(Apparatus):
    """A phone that calls and is called."""

    def invite(
        self, number: str, *, change: Change | None = None, login: Login | None = None
    ) -> "Outgoing":
        """Call somebody; return the call as it stands after the credentials were given."""
        uri = number if ":" in number else f"sip:{number}@{self.line.domain}"
        message = self.compose("INVITE", uri, body=self.sdp)
        if change:
            change(message)
        self.send(message)
        call = Outgoing(self, message)
        first = call.next()
        if first.status in CHALLENGES:
            self.acknowledge(message, first)
            self.authorise_after(message, first, login=login)
            self.send(message)
        else:
            call.keep(first)
        return call

    def pick_up(self, invite: Message, *, tag: str = "", change: Change | None = None) -> "Dialog":
        """Answer a call and wait for its ACK; return this side of it."""
        ok = self.reply(invite, 200, tag=tag, body=self.sdp, change=change)
        dialog = Dialog.of_callee(self, invite, ok)
        self.expect("ACK")
        return dialog


@dataclass
class Outgoing:
    """A call of ours that is not answered yet."""

    phone: Phone
    request: Message
    _kept: list[Message] = field(default_factory=list)

    def keep(self, response: Message) -> None:
        """Have a response told again."""
        self._kept.append(response)

    def next(self, seconds: float = PATIENCE) -> Message:
        """Return the next response that is more than 100."""
        if self._kept:
            return self._kept.pop(0)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            response = self.phone.wait_for(self._is_mine, left, "no answer to INVITE")
            if response.status > 100:
                return response
        raise NothingCameError("nothing but 100")

    def final(self, seconds: float = PATIENCE) -> Message:
        """Return the final response; a refusal is acknowledged."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            response = self.next(left)
            if response.status >= 300:
                self.phone.acknowledge(self.request, response)
            if response.status >= 200:
                return response
        raise NothingCameError("no final answer to INVITE")

    def answered(self, *, change: Change | None = None) -> "Dialog":
        """Wait until the call is answered and acknowledge it; return this side of it."""
        response = self.final()
        assert response.status == 200, response.text
        dialog = Dialog.of_caller(self.phone, self.request, response)
        dialog.acknowledge(change=change)
        return dialog

    def cancel(self, *, change: Change | None = None) -> Message:
        """Think better of it; return the answer to that."""
        message = Message.request(
            "CANCEL",
            self.request.uri,
            [
                ("Via", self.request["Via"]),
                ("Max-Forwards", "70"),
                ("From", self.request["From"]),
                ("To", self.request["To"]),
                ("Call-ID", self.request["Call-ID"]),
                ("CSeq", f"{self.request['CSeq'].split()[0]} CANCEL"),
            ],
        )
        if change:
            change(message)
        return self.phone.ask(message)

    def _is_mine(self, message: Message) -> bool:
        return (
            message.is_response
            and message["Call-ID"] == self.request["Call-ID"]
            and message["CSeq"] == self.request["CSeq"]
        )


@dataclass
class Dialog:
    """One side of a call that was answered."""

    phone: Phone
    call_id: str
    own: str
    """From of what this side sends, with its tag."""
    other: str
    target: str
    """The other side's contact, as it was told to this one."""
    routes: list[str]
    cseq: int
    invite: Message
    response: Message

    @classmethod
    def of_caller(cls, phone: Phone, invite: Message, response: Message) -> "Dialog":
        """Return the caller's side."""
        return cls(
            phone=phone,
            call_id=invite["Call-ID"],
            own=invite["From"],
            other=response["To"],
            target=address(response["Contact"]),
            routes=list(reversed(response.all("Record-Route"))),
            cseq=int(invite["CSeq"].split()[0]),
            invite=invite,
            response=response,
        )

    @classmethod
    def of_callee(cls, phone: Phone, invite: Message, response: Message) -> "Dialog":
        """Return the callee's side."""
        return cls(
            phone=phone,
            call_id=invite["Call-ID"],
            own=response["To"],
            other=invite["From"],
            target=address(invite["Contact"]),
            routes=invite.all("Record-Route"),
            cseq=100,
            invite=invite,
            response=response,
        )

    def compose(self, method: str, *, body: bytes = b"", cseq: int = 0) -> Message:
        """Return a request inside the call."""
        if not cseq:
            self.cseq += 1
        message = self.phone.compose(
            method,
            self.target,
            sender=self.own,
            to=self.other,
            call_id=self.call_id,
            cseq=cseq or self.cseq,
            body=body,
        )
        for route in self.routes:
            message.add("Route", route)
        return message

    def ask(
        self,
        method: str,
        *,
        body: bytes = b"",
        change: Change | None = None,
        seconds: float = PATIENCE,
    ) -> Message:
        """Send a request inside the call; return the final answer, challenged or not."""
        message = self.compose(method, body=body)
        response = self.phone.ask_authorised(message, change=change, seconds=seconds)
        self.cseq = max(self.cseq, int(response["CSeq"].split()[0]))
        return response

    def start(self, method: str, *, body: bytes = b"", change: Change | None = None) -> Outgoing:
        """Send a request inside the call whose answer the test gives on the other side."""
        message = self.compose(method, body=body)
        if change:
            change(message)
        self.phone.send(message)
        return Outgoing(self.phone, message)

    def acknowledge(self, *, change: Change | None = None) -> None:
        """Send the ACK of the 200 that began the call."""
        message = self.compose("ACK", cseq=int(self.invite["CSeq"].split()[0]))
        if change:
            change(message)
        self.phone.send(message)

    def hang_up(self, other: "Dialog", *, change: Change | None = None) -> Message:
        """End the call while the other side agrees; return the answer."""
        bye = self.start("BYE", change=change)
        other.phone.reply(other.phone.expect("BYE"), 200)
        return bye.final()
