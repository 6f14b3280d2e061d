"""The speech of a plain phone: it says a tone (PCMA over RTP) and listens to what comes."""

import secrets
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.call.messages import Message

SAMPLES: Final = 160
SECONDS: Final = 0.02
PCMA: Final = 8
HEADER: Final = 12
TONE: Final = (b"\xaa" * 10 + b"\x2a" * 10) * 8
"""A loud square wave of 400 Hz in A-law."""

QUIET: Final = frozenset(b"\x55\xd5\x54\xd4\x57\xd7\x56\xd6")
"""The softest values of A-law."""


class Speech:
    """One end of speech at a port."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        self._socket.settimeout(0.1)
        self._stop = threading.Event()
        self._target: tuple[str, int] | None = None
        self.packets = 0
        self.loud = 0
        """Packets in which something was to be heard."""
        self._threads = [threading.Thread(target=each) for each in (self._say, self._listen)]
        for thread in self._threads:
            thread.start()

    def say_to(self, message: Message) -> None:
        """Speak to where somebody's session description says."""
        lines = message.body.decode().splitlines()
        host = next(line.split()[-1] for line in lines if line.startswith("c="))
        port = next(line.split()[1] for line in lines if line.startswith("m=audio"))
        self._target = (host, int(port))

    def close(self) -> None:
        """Fall silent."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._socket.close()

    def _say(self) -> None:
        number, stamp, source = 0, 0, secrets.randbits(32)
        due = time.monotonic()
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            due += SECONDS
            if self._target is None:
                continue
            head = struct.pack("!BBHII", 0x80, PCMA, number & 0xFFFF, stamp & 0xFFFFFFFF, source)
            self._socket.sendto(head + TONE, self._target)
            number, stamp = number + 1, stamp + SAMPLES

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                packet = self._socket.recv(2048)
            except OSError:
                continue
            self.packets += 1
            payload = packet[HEADER:]
            if sum(byte not in QUIET for byte in payload) > len(payload) // 2:
                self.loud += 1


@contextmanager
def speaking(host: str, port: int) -> Iterator[Speech]:
    """Have one end of speech while the block lasts."""
    speech = Speech(host, port)
    try:
        yield speech
    finally:
        speech.close()
