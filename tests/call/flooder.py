"""A flood of requests from one address, as a process of its own: python -m tests.call.flooder …

It says in the end how many it sent, and does not read what is answered.
"""

import argparse
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.call.messages import Message, new_branch, new_tag
from tests.call.wires import Address

ROOT: Final = Path(__file__).parents[2]
DIFFERENT: Final = 500
BURST_SECONDS: Final = 0.005


@dataclass
class Flood:
    """A flood that goes on."""

    process: subprocess.Popen[str]
    sent: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """How many messages a second there were."""
        return self.sent / self.seconds if self.seconds else 0.0

    def end(self) -> None:
        """End it, and hear how much it was."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=10)
        if said.strip():
            told = json.loads(said)
            self.sent, self.seconds = told["sent"], told["seconds"]


@contextmanager
def flooding(
    switch: Address,
    *,
    source: str,
    domain: str,
    rate: int,
    methods: str = "INVITE,REGISTER,OPTIONS",
) -> Iterator[Flood]:
    """Have a flood while the block runs."""
    command = [sys.executable, "-m", "tests.call.flooder", *map(str, switch), source, domain]
    with subprocess.Popen(
        [*command, str(rate), methods], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        flood = Flood(process)
        try:
            yield flood
        finally:
            flood.end()


def junk(method: str, domain: str, source: str) -> bytes:
    """Return a request as scanners send it."""
    uri = f"sip:{domain}" if method == "REGISTER" else f"sip:{new_tag()[:4]}@{domain}"
    message = Message.request(
        method,
        uri,
        [
            ("Via", f"SIP/2.0/UDP {source}:5060;branch={new_branch()}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:100@{domain}>;tag={new_tag()}"),
            ("To", f"<sip:100@{domain}>"),
            ("Call-ID", new_tag()),
            ("CSeq", f"1 {method}"),
            ("Contact", f"<sip:100@{source}>"),
        ],
    )
    return message.raw()


def pour(switch: Address, source: str, messages: list[bytes], rate: int) -> int:
    """Send until told to end; return how many."""
    per_burst = max(1, int(rate * BURST_SECONDS))
    sent, endless = 0, cycle(messages)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((source, 0))
        began = time.monotonic()
        try:
            while True:
                for _ in range(per_burst):
                    wire.sendto(next(endless), switch)
                sent += per_burst
                time.sleep(max(0.0, began + sent / rate - time.monotonic()))
        except KeyboardInterrupt:
            return sent


def main() -> None:
    """Flood."""
    parser = argparse.ArgumentParser()
    for name in ("host", "port", "source", "domain", "rate", "methods"):
        parser.add_argument(name)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    methods = given.methods.split(",")
    messages = [
        junk(methods[each % len(methods)], given.domain, given.source) for each in range(DIFFERENT)
    ]
    began = time.monotonic()
    sent = pour((given.host, int(given.port)), given.source, messages, int(given.rate))
    sys.stdout.write(json.dumps({"sent": sent, "seconds": time.monotonic() - began}))


if __name__ == "__main__":
    main()
