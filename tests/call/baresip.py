"""baresip as a desk phone: it registers, answers by itself, says back and keeps what it hears."""

import array
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.call.wire import Line
from tests.call.wires import Address
from tests.needs import need
from tests.ports import free_sip_port

PATIENCE: Final = 10.0
HOST: Final = "127.0.0.1"
WAV_HEADER: Final = 44
LOUD: Final = 1000
"""Of 32,767: softer samples are silence."""

_CONFIG: Final = """
sip_listen {host}:{port}
net_interface 127.0.0.1
audio_source aubridge,echo
audio_player aubridge,echo
audio_alert aubridge,echo
snd_path {place}
module_path /usr/lib/baresip/modules
module g711.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
"""
_ACCOUNT: Final = (
    "<sip:{line.number}@{line.domain};transport=udp>;auth_user={line.login.username}"
    ';auth_pass={line.login.password};outbound="sip:{host}:{port};transport=udp"'
    ";answermode=auto;regint=60;audio_codecs=PCMA/8000/1\n"
)


@dataclass
class Baresip:
    """A phone that runs."""

    process: subprocess.Popen[bytes]
    place: Path

    @property
    def said(self) -> str:
        """What it has printed."""
        return (self.place / "said.txt").read_text(errors="replace")

    def registered(self) -> None:
        """Wait until it is."""
        end = time.monotonic() + PATIENCE
        while "200 OK" not in self.said:
            assert time.monotonic() < end, self.said
            assert self.process.poll() is None, self.said
            time.sleep(0.1)

    @property
    def heard(self) -> int:
        """How many loud samples it has heard, in all its calls."""
        return sum(map(_loud_samples, self.place.glob("*-dec.wav")))


def _loud_samples(recording: Path) -> int:
    raw = recording.read_bytes()[WAV_HEADER:]
    samples = array.array("h", raw[: len(raw) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return sum(abs(sample) > LOUD for sample in samples)


@contextmanager
def baresip(line: Line, sip: Address, place: Path) -> Iterator[Baresip]:
    """Have baresip registered for a line while the block lasts."""
    program = shutil.which("baresip") or ""
    need(program, "baresip: make deps installs it")
    config = _CONFIG.format(host=HOST, port=free_sip_port(), place=place)
    (place / "config").write_text(config.lstrip())
    (place / "accounts").write_text(_ACCOUNT.format(line=line, host=sip[0], port=sip[1]))
    with (place / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            [program, "-f", str(place)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=place,
        )
        phone = Baresip(process, place)
        try:
            phone.registered()
            yield phone
        finally:
            process.kill()
            process.wait()
