"""People who come by the clock and not by when others were answered: an open loop of requests.

A small client of HTTP/1.1 over TLS, because what it costs stands beside what is measured.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

CALL_SECONDS = 15
LEARN = 0.5
"""Seconds in which the clock of arrivals begins."""

Visit = Callable[[int], Coroutine[Any, Any, float]]
"""What the n-th one does; returns the seconds that count."""


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header by its name in lower case; "" if it is not there."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies that it sets."""
        pairs = (value.split(";", 1)[0] for key, value in self.headers if key == "set-cookie")
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


@dataclass
class Door:
    """One server. `keep` connections for those who come later, or make a new one each time."""

    origin: str
    tls: ssl.SSLContext | None
    keep: bool
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask for something, and read the whole answer."""
        async with asyncio.timeout(CALL_SECONDS):
            reader, writer = self._kept() or await self._connect()
            lines = {"host": urlsplit(self.origin).netloc, **(headers or {})}
            if body or method == "POST":
                lines["content-length"] = str(len(body))
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            answer = await _read(reader)
            if self.keep and answer.header("connection") != "close":
                self._idle.append((reader, writer))
            else:
                writer.close()
            return answer

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Return a connection that the server did not close meanwhile."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """Let go of the connections that are kept."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.origin)
        return await asyncio.open_connection(parts.hostname, parts.port, ssl=self.tls)


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    status = int(first.split()[1])
    answer = Answer(status, headers, b"")
    if answer.header("transfer-encoding") == "chunked":
        return Answer(status, headers, await _chunks(reader))
    return Answer(
        status, headers, await reader.readexactly(int(answer.header("content-length") or 0))
    )


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


@dataclass(frozen=True)
class Came:
    """Those who came: the seconds of each that was served, in order, and why others were not."""

    seconds: tuple[float, ...]
    failures: tuple[str, ...]

    def quantile(self, share: float) -> float:
        """Return the milliseconds within which this share of them was served."""
        if not self.seconds:
            return float("inf")
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))] * 1000


async def come(visit: Visit, *, rate: float, seconds: float, first: int = 0) -> Came:
    """Have visitors come at a rate; wait until the last one is served."""
    begin = time.monotonic() + LEARN
    tasks: list[asyncio.Task[float]] = []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(visit(first + number)))
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    served = sorted(each for each in ended if isinstance(each, float))
    failures = tuple(repr(each) for each in ended if isinstance(each, BaseException))
    return Came(tuple(served), failures)
