"""What a SIP phone of the tests sends and reads: requests and answers. Calls are in `wire`."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.call.messages import (
    ANSWERS,
    CHALLENGES,
    Login,
    Message,
    challenge_of,
    new_branch,
    new_tag,
    parameter,
    plain_sdp,
    web_sdp,
)
from tests.call.wires import UdpWire, Wire

Change = Callable[[Message], object]

PATIENCE: Final = 4.0
AGAIN_AFTER: Final = 0.5
CANCELLED: Final = 487
REASONS: Final = {
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    404: "Not Found",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    603: "Decline",
}


class NothingCameError(AssertionError):
    """What was waited for did not come."""


@dataclass(frozen=True)
class Line:
    """Whose phone it is."""

    number: str
    domain: str
    login: Login

    @property
    def uri(self) -> str:
        """The address of record."""
        return f"sip:{self.number}@{self.domain}"


class Apparatus:
    """A phone on one wire. Nothing runs beside the test: it reads when it is asked to."""

    def __init__(self, wire: Wire, line: Line, *, rtp_port: int = 40000) -> None:
        self.wire = wire
        self.line = line
        self.rtp_port = rtp_port
        self.challenge = ""
        self._nonce_count = 0
        self._cseq = 0
        self._waiting: list[Message] = []
        self._seen: set[tuple[str, ...]] = set()
        self._replies: dict[tuple[str, ...], Message] = {}
        self._register_call_id = f"{new_tag()}@{wire.host}"
        self._register_tag = new_tag()

    @property
    def contact(self) -> str:
        """Where it wants to be reached."""
        transport = self.wire.transport.lower()
        suffix = (
            "" if transport == "udp" else f";transport={'ws' if transport == 'wss' else transport}"
        )
        return f"<sip:{self.line.number}@{self.wire.host}:{self.wire.port}{suffix}>"

    @property
    def sdp(self) -> bytes:
        """What it says of its media."""
        make = web_sdp if self.wire.transport in {"WS", "WSS"} else plain_sdp
        return make(self.wire.host, self.rtp_port)

    # Composing

    def compose(
        self,
        method: str,
        uri: str,
        *,
        sender: str = "",
        to: str = "",
        call_id: str = "",
        cseq: int = 0,
        body: bytes = b"",
    ) -> Message:
        """Return a request out of any dialog."""
        self._cseq = max(self._cseq + 1, cseq)
        message = Message.request(
            method,
            uri,
            [
                ("Via", self.via()),
                ("Max-Forwards", "70"),
                ("From", sender or f"<{self.line.uri}>;tag={new_tag()}"),
                ("To", to or f"<{uri}>"),
                ("Call-ID", call_id or f"{new_tag()}@{self.wire.host}"),
                ("CSeq", f"{cseq or self._cseq} {method}"),
                ("Contact", self.contact),
            ],
        )
        if body:
            message.add("Content-Type", "application/sdp")
            message.body = body
        return message

    def via(self) -> str:
        """Return the Via of a new transaction."""
        return (
            f"SIP/2.0/{self.wire.transport} {self.wire.host}:{self.wire.port}"
            f";branch={new_branch()};rport"
        )

    def authorise(
        self, message: Message, *, login: Login | None = None, proxy: bool = False
    ) -> None:
        """Answer the last challenge in a request."""
        self._nonce_count += 1
        message.drop("Authorization")
        message.drop("Proxy-Authorization")
        answer = (login or self.line.login).answer(
            self.challenge, message.method, message.uri, nc=self._nonce_count
        )
        message.add("Proxy-Authorization" if proxy else "Authorization", answer)

    # Sending and receiving

    def send(self, message: Message) -> None:
        """Send a message as it is."""
        self.wire.send(message.raw())

    def receive(self, seconds: float = PATIENCE) -> Message | None:
        """Return the next message that is not a repetition; None when there is none in time.

        keep-alive messages of the switch (OPTIONS, empty lines) are answered and not told.
        """
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 or not seconds:
            raw = self.wire.receive(max(left, 0))
            if raw is None:
                return None
            if not raw.strip(b"\r\n\0"):
                continue
            message = Message.parsed(raw)
            if not self._is_news(message):
                continue
            if (
                message.method == "OPTIONS"
                and not message.is_response
                and not parameter(message["To"], "tag")
            ):
                self.reply(message, 200)
                continue
            return message
        return None

    def _is_news(self, message: Message) -> bool:
        if message.is_response and message.method != "INVITE":
            return True
        kind = (str(message.status), *message.key, parameter(message["To"], "tag"), message.method)
        if kind in self._seen:
            if (again := self._replies.get(kind[1:4])) is not None and not message.is_response:
                self.send(again)
            return False
        self._seen.add(kind)
        return True

    def expect(self, method: str, seconds: float = PATIENCE) -> Message:
        """Return the next request of a method; what else comes is kept."""
        return self.wait_for(
            lambda m: not m.is_response and m.method == method, seconds, f"no {method} came"
        )

    def wait_for(
        self, wanted: Callable[[Message], bool], seconds: float, complaint: str
    ) -> Message:
        """Return the next message that is wanted; what else comes is kept."""
        for index, kept in enumerate(self._waiting):
            if wanted(kept):
                return self._waiting.pop(index)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.receive(left)
            if message is None:
                break
            if wanted(message):
                return message
            self._waiting.append(message)
        came = [m.line for m in self._waiting]
        raise NothingCameError(f"{self.line.number}: {complaint}; kept: {came}")

    def heard(self, seconds: float = 0.3) -> list[Message]:
        """Return all requests that came, waiting a moment for more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.receive(left)
            if message is not None:
                self._waiting.append(message)
        heard = [message for message in self._waiting if not message.is_response]
        self._waiting.clear()
        return heard

    # Asking

    def ask(self, message: Message, *, seconds: float = PATIENCE) -> Message:
        """Send a request; return the final response to it, repeating the request over UDP."""
        self.send(message)
        key = message.key
        end = time.monotonic() + seconds
        repeat = isinstance(self.wire, UdpWire)
        while (left := end - time.monotonic()) > 0:
            try:
                response = self.wait_for(
                    lambda m: m.is_response and m.key[0] == key[0] and m["CSeq"] == key[1],
                    min(AGAIN_AFTER if repeat else left, left),
                    f"no answer to {message.method}",
                )
            except NothingCameError:
                if repeat:
                    self.send(message)
                continue
            repeat = False
            if response.status < 200:
                continue
            if message.method == "INVITE" and response.status >= 300:
                self.acknowledge(message, response)
            return response
        raise NothingCameError(f"{self.line.number}: no answer to {message.method} in {seconds} s")

    def acknowledge(self, invite: Message, response: Message) -> None:
        """Send the ACK of an INVITE that was refused."""
        ack = Message.request(
            "ACK",
            invite.uri,
            [
                ("Via", invite["Via"]),
                ("Max-Forwards", "70"),
                ("From", invite["From"]),
                ("To", response["To"]),
                ("Call-ID", invite["Call-ID"]),
                ("CSeq", f"{invite['CSeq'].split()[0]} ACK"),
                *(("Route", route) for route in invite.all("Route")),
            ],
        )
        self.send(ack)

    def ask_authorised(
        self,
        message: Message,
        *,
        change: Change | None = None,
        login: Login | None = None,
        seconds: float = PATIENCE,
    ) -> Message:
        """Send a request, and once more with credentials when these are asked for."""
        if change:
            change(message)
        response = self.ask(message, seconds=seconds)
        if response.status not in CHALLENGES or not response[CHALLENGES[response.status]]:
            return response
        self.authorise_after(message, response, login=login)
        return self.ask(message, seconds=seconds)

    def authorise_after(
        self, message: Message, response: Message, *, login: Login | None = None
    ) -> None:
        """Make of a request that was challenged the one that answers."""
        self.challenge, self._nonce_count = challenge_of(response), 0
        message["Via"] = self.via()
        number, method = message["CSeq"].split()
        self._cseq = max(self._cseq, int(number) + 1)
        message["CSeq"] = f"{int(number) + 1} {method}"
        self.authorise(message, login=login, proxy=response.status == 407)
        assert ANSWERS[response.status] in dict(message.headers)

    # What a phone does

    def register(
        self,
        *,
        expires: int = 120,
        domain: str = "",
        change: Change | None = None,
        login: Login | None = None,
        seconds: float = PATIENCE,
    ) -> Message:
        """Register; return the final answer."""
        domain = domain or self.line.domain
        own = f"<sip:{self.line.number}@{domain}>"
        message = self.compose(
            "REGISTER",
            f"sip:{domain}",
            sender=f"{own};tag={self._register_tag}",
            to=own,
            call_id=self._register_call_id,
        )
        message.add("Expires", str(expires))
        return self.ask_authorised(message, change=change, login=login, seconds=seconds)

    def ask_quietly(self, method: str, uri: str, *statuses: int) -> None:
        """Ask for something that may not even be understood: refused, or not answered at all."""
        body = self.sdp if method == "INVITE" else b""
        try:
            answer = self.ask_authorised(self.compose(method, uri, body=body), seconds=0.6)
        except NothingCameError:
            return
        assert answer.status in (statuses or range(400, 700)), answer.text

    def register_quietly(self, *statuses: int) -> None:
        """Register as somebody who may not even be understood."""
        try:
            answer = self.register(seconds=0.6)
        except NothingCameError:
            return
        assert answer.status in statuses, answer.text

    def reply(
        self,
        request: Message,
        status: int,
        *,
        tag: str = "",
        body: bytes = b"",
        change: Change | None = None,
    ) -> Message:
        """Answer a request."""
        to = request["To"]
        if not parameter(to, "tag") and status > 100:
            to += f";tag={tag or new_tag()}"
        reply = Message(f"SIP/2.0 {status} {REASONS.get(status, 'Whatever')}")
        for name, value in request.headers:
            if name.lower() in {"via", "from", "call-id", "cseq", "record-route"}:
                reply.add(name, value)
        reply.add("To", to)
        reply.add("Contact", self.contact)
        if body:
            reply.add("Content-Type", "application/sdp")
            reply.body = body
        if change:
            change(reply)
        self._replies[request.key] = reply
        self.send(reply)
        return reply

    def ring(self, invite: Message) -> str:
        """Ring; return the tag to answer with."""
        tag = new_tag()
        self.reply(invite, 180, tag=tag)
        return tag

    def close(self) -> None:
        """Go away without a word."""
        self.wire.close()
