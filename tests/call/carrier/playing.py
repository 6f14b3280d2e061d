"""sipp as a carrier: one scenario, one call, and what was said in it.

with carrier.play("answers") as playing:
    call = anna.invite("+4930555")
    ...
invite, ack, bye = playing.heard("INVITE", "ACK", "BYE")
"""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.call.messages import Message
from tests.call.wires import Address
from tests.needs import need

SCENARIOS: Final = Path(__file__).parent
PATIENCE: Final = 15
_VALUE: Final = re.compile(r"\{\{ ([a-z]+) \}\}")
_HEAD: Final = re.compile(
    r"^-{40,}[^\n]*\n(?:UDP|TCP|TLS) message (sent|received)[^\n]*\n\n", re.MULTILINE
)


@dataclass
class Playing:
    """One scenario that runs, or ran."""

    process: subprocess.Popen[bytes]
    told: Path
    _heard: list[Message] = field(default_factory=list)

    def awaits(self, method: str, times: int = 1) -> None:
        """Wait until a request has come. The switch may else hand on what comes next before it."""
        end = time.monotonic() + PATIENCE
        while len(re.findall(rf"^{method} ", self._text(), re.MULTILINE)) < times:
            assert time.monotonic() < end, f"no {method} came"
            time.sleep(0.02)

    def finish(self) -> None:
        """Wait until the scenario has come to its end, and check that it was the right one."""
        self.process.wait(PATIENCE)
        text = self._text()
        assert self.process.returncode == 0, text
        self._heard = [message for message in _received(text) if not message.is_response]

    def _text(self) -> str:
        return self.told.read_text(errors="replace") if self.told.exists() else ""

    def heard(self, *methods: str) -> list[Message]:
        """Return the requests that came, repetitions left out; check that they were these."""
        came: list[Message] = []
        for message in self._heard:
            if message.key not in [other.key for other in came]:
                came.append(message)
        assert [message.method for message in came] == list(methods)
        return came


@dataclass
class Carrier:
    """Where a carrier is."""

    address: str
    port: int
    place: Path

    @contextmanager
    def play(
        self,
        scenario: str,
        *,
        to: Address | None = None,
        transport: str = "u1",
        echo: bool = False,
        **keys: str,
    ) -> Iterator[Playing]:
        """Run a scenario while the block does, and then to its end."""
        program = shutil.which("sipp") or ""
        need(program, "sipp: make deps installs it")
        told = self.place / f"{scenario}-{self.address}-{self.port}.txt"
        told.unlink(missing_ok=True)
        script = told.with_suffix(".xml")
        script.write_text(_written(scenario, keys))
        command = [
            program,
            *([f"{to[0]}:{to[1]}"] if to else []),
            *("-sf", str(script)),
            *("-i", self.address, "-p", str(self.port), "-mi", self.address),
            *("-t", transport, "-m", "1", "-nostdin", "-nd"),
            *("-timeout", f"{PATIENCE - 3}s", "-timeout_error"),
            *("-trace_msg", "-message_file", str(told)),
            *(["-rtp_echo"] if echo else []),
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.place
        )
        playing = Playing(process, told)
        try:
            self._wait_until_there("udp" if transport.startswith("u") else "tcp", process)
            yield playing
            playing.finish()
        finally:
            process.kill()
            process.communicate()

    def _wait_until_there(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        """Wait until sipp has opened its port."""
        number = int.from_bytes(socket.inet_aton(self.address), sys.byteorder)
        wanted = f" {number:08X}:{self.port:04X} "
        end = time.monotonic() + PATIENCE
        while wanted not in Path(f"/proc/net/{kind}").read_text():
            assert process.poll() is None, "sipp did not begin"
            assert time.monotonic() < end, "sipp opens no port"
            time.sleep(0.02)


def _written(scenario: str, keys: Mapping[str, str]) -> str:
    """Return a scenario with its {{ values }}, as sipp reads it: a status cannot be a keyword."""
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    return _VALUE.sub(lambda found: keys[found[1]], text)


def _received(text: str) -> Iterator[Message]:
    _, *parts = _HEAD.split(text)
    for way, raw in zip(parts[::2], parts[1::2], strict=True):
        if way == "received":
            yield Message.parsed(raw.replace("\r\n", "\n").replace("\n", "\r\n").encode())
