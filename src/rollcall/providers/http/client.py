"""HTTP as all providers use it: to known hosts only, with a timeout, and with an id to ask about.

The client sends one request and returns one answer, or a failure as a value. It decides nothing:
what an answer means is the provider's business, whether to try again is `retry`'s.
"""

import asyncio
import ssl
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

import aiohttp
import msgspec
from yarl import URL

from rollcall.core.errors import ContractError, SetupError

TIMEOUT = aiohttp.ClientTimeout(total=180, sock_connect=15, sock_read=90)
CONNECTIONS_PER_HOST = 16
KEEP_ALIVE = 15.0
READ_BUFFER = 1 << 20
TRUSTED_SECONDS = 3600
SERVICE_UNAVAILABLE = 503
NEEDS_ABORT = sys.version_info < (3, 12, 7)
"""Before, a connection that a cancelled request left behind outlived the loop, if not aborted."""


class Request(msgspec.Struct, frozen=True):
    """A request to be sent; the URL is absolute. An answer of more than `most` bytes is broken."""

    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    most: int | None = None


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. Header names are in lower case. `request_id` is ours, for their support."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return "json" in self.headers.get("content-type", "").lower()

    @property
    def date(self) -> datetime | None:
        """The other side's clock."""
        try:
            return parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None


class Broken(msgspec.Struct, frozen=True):
    """No whole answer came; `why` is a clause, such as “it did not answer in time”.

    `unsent` says that the request certainly did not get there: no connection was made.
    """

    why: str
    request_id: str
    unsent: bool = False


@dataclass(frozen=True)
class Outgoing:
    """How this machine reaches the outside: a proxy, and certificate authorities to trust."""

    proxy: str | None = field(default=None, repr=False)
    ca_files: tuple[Path, ...] = ()


class HttpClient:
    """Sends requests to the hosts it was made for."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        origins: Collection[str],
        new_id: Callable[[], str],
        proxy: str | None = None,
    ) -> None:
        self._session = session
        self._origins = {URL(origin).origin() for origin in origins}
        self._new_id = new_id
        self._proxy = proxy
        self.requests = 0

    def check_host(self, url: str) -> URL:
        """Return `url` parsed; raise ContractError if it leads to a host that is not ours to call.

        A link in an answer is not to be trusted more than any other text in it.
        """
        try:
            parsed = URL(url, encoded=True)
            origin = parsed.origin()
        except ValueError:
            raise ContractError("Microsoft sent a link that is no URL.", code="bad-link") from None
        if origin not in self._origins:
            raise ContractError(
                f"Microsoft's answer leads to another host ({origin}); it was not followed.",
                code="foreign-link",
            )
        return parsed

    async def send(self, request: Request) -> Answer | Broken:
        """Send `request` once. Raises SetupError where this machine's own set-up is the cause."""
        url = self.check_host(request.url)
        request_id = self._new_id()
        headers = {**request.headers, "client-request-id": request_id}
        self.requests += 1
        try:
            async with self._session.request(
                request.method,
                url,
                headers=headers,
                data=request.body,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                body = await _read(response, request.most)
                if body is None:
                    response.close()
                    return Broken(why="its answer is too long", request_id=request_id)
                if response.status == SERVICE_UNAVAILABLE:
                    # Microsoft asks for the next attempt on a new connection.
                    response.close()
                return Answer(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=body,
                    request_id=request_id,
                )
        except aiohttp.ClientConnectorCertificateError as error:
            raise SetupError(
                f"The certificate of {url.host} is not trusted ({error.certificate_error}). If a "
                "proxy opens TLS here, put its certificate authority into ca_bundle.",
                code="tls-not-trusted",
                help_page="proxy.md",
            ) from error
        except aiohttp.ClientHttpProxyError as error:
            raise SetupError(
                f"The proxy refused the way to {url.host}: {error.status} {error.message}.",
                code="proxy-refused",
                help_page="proxy.md",
            ) from error
        except asyncio.TimeoutError:  # noqa: UP041 - the name says what it is on 3.11, too
            return Broken(why="it did not answer in time", request_id=request_id)
        except (aiohttp.ClientError, OSError) as error:
            unsent = isinstance(error, aiohttp.ClientConnectorError)
            return Broken(why=_describe(error), request_id=request_id, unsent=unsent)


async def _read(response: aiohttp.ClientResponse, most: int | None) -> bytes | None:
    """Return the whole body, or None as soon as it is longer than `most`."""
    if most is None:
        return await response.read()
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _describe(error: Exception) -> str:
    match error:
        case aiohttp.ClientProxyConnectionError():
            return "the proxy could not be reached"
        case aiohttp.ClientConnectorDNSError():
            return "its name could not be resolved"
        case aiohttp.ClientConnectorError():
            return "it could not be reached"
        case aiohttp.ClientPayloadError():
            return "it broke off in the middle of an answer"
        case _:
            return "it closed the connection"


def trust_store(ca_files: Collection[Path]) -> ssl.SSLContext:
    """Return the system's trusted authorities and those of `ca_files`; TLS 1.2 or newer.

    Reading them takes 25 ms, as much as a quiet run takes otherwise, so they are kept: until a
    file changes, and for an hour at most.
    """
    hour = int(time.monotonic() // TRUSTED_SECONDS)
    return _trust_store(tuple((path, _changed_at(path)) for path in ca_files), hour)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=8)
def _trust_store(ca_files: tuple[tuple[Path, int], ...], _hour: int) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path, _ in ca_files:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise SetupError(
                f"{path} holds no certificate authority that can be read ({error}).",
                code="bad-ca-file",
                help_page="proxy.md",
            ) from error
    return context


@asynccontextmanager
async def open_client(
    *,
    outgoing: Outgoing,
    origins: Collection[str],
    new_id: Callable[[], str],
    keep_alive: float = KEEP_ALIVE,
    connections: int = CONNECTIONS_PER_HOST,
) -> AsyncIterator[HttpClient]:
    """Open a client for `origins`; it is closed with the block.

    An idle connection is kept for `keep_alive` seconds; a host gets so many at once.
    """
    connector = aiohttp.TCPConnector(
        ssl=trust_store(outgoing.ca_files),
        limit_per_host=connections,
        keepalive_timeout=keep_alive,
        enable_cleanup_closed=NEEDS_ABORT,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=TIMEOUT,
        read_bufsize=READ_BUFFER,
        headers={"User-Agent": "Rollcall", "Accept-Encoding": "gzip"},
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield HttpClient(session, origins=origins, new_id=new_id, proxy=outgoing.proxy)
