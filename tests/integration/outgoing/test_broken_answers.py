"""What the client says of a server that does not answer as it should."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from rollcall.providers.http.client import Broken, HttpClient, Request

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _never(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _hang_up(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def _break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"value":')
    await writer.drain()


async def _talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example ready\r\n\r\n")
    await writer.drain()


@asynccontextmanager
async def _serving(answering: Answering) -> AsyncIterator[str]:
    ended: list[asyncio.Event] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.Event())
        mine = ended[-1]
        await answering(reader, writer)
        writer.close()
        await writer.wait_closed()
        mine.set()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        yield f"http://{host}:{port}"
        await asyncio.gather(*(each.wait() for each in ended))


async def _ask(origin: str) -> str:
    """Ask for something with little patience; return why there is no answer."""
    patience = aiohttp.ClientTimeout(connect=5, sock_read=0.3)
    async with aiohttp.ClientSession(timeout=patience) as session:
        client = HttpClient(session, origins=[origin], new_id=lambda: "ours")
        answer = await client.send(Request("GET", f"{origin}/v1.0/users"))
    assert isinstance(answer, Broken)
    assert answer.request_id == "ours"
    return answer.why


@pytest.mark.parametrize(
    ("answering", "why"),
    [
        (_never, "it did not answer in time"),
        (_hang_up, "it closed the connection"),
        (_break_off, "it broke off in the middle of an answer"),
        (_talk_nonsense, "it closed the connection"),
    ],
)
async def test_a_server_that_does_not_answer_well_is_told_of(
    answering: Answering, why: str
) -> None:
    async with _serving(answering) as origin:
        assert await _ask(origin) == why


async def test_a_server_that_is_not_there_is_told_of() -> None:
    async with _serving(_never) as origin:
        pass
    assert await _ask(origin) == "it could not be reached"


async def test_a_name_that_nobody_has_is_told_of() -> None:
    assert await _ask("http://graph.nowhere.invalid") == "its name could not be resolved"
