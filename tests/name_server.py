"""A name server that knows what a test tells it, over UDP on loopback.

with name_server({"_sip._udp.carrier.example": ("SRV 10 5 5062 one.carrier.example.",)}) as server:
    server.address, server.port
"""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

Records = Mapping[str, tuple[str, ...]]


@dataclass
class NameServer:
    """One that answers. `records` may be changed meanwhile. While it is `silent` it says nothing,
    and never to questions for records of the `mute` kind.
    """

    address: str
    port: int
    records: dict[str, tuple[str, ...]]
    silent: bool = False
    mute: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, asked: bytes) -> bytes:
        """Return the answer to a question."""
        question = dns.message.from_wire(asked)
        (wanted,) = question.question
        name, kind = wanted.name.to_text(omit_final_dot=True), wanted.rdtype.name
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA
        if name not in self.records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        words = [record.split(maxsplit=1) for record in self.records.get(name, ())]
        values = [value for kind_of, value in words if kind_of == kind]
        if values:
            answer.answer.append(dns.rrset.from_text(wanted.name, 60, "IN", kind, *values))
        return answer.to_wire()


@contextmanager
def name_server(records: Records) -> Iterator[NameServer]:
    """Have a name server while the block lasts."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(0.1)
        address, port = ear.getsockname()
        server = NameServer(address, port, dict(records))
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(ear, server, over), name="name-server")
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join()


def _serve(ear: socket.socket, server: NameServer, over: threading.Event) -> None:
    while not over.is_set():
        try:
            asked, place = ear.recvfrom(4096)
        except OSError:
            continue
        answer = server.answer(asked)
        if not server.silent and not server.asked[-1].endswith(f" {server.mute or '-'}"):
            ear.sendto(answer, place)
