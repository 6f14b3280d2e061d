"""Microsoft as the examples have it, behind the adapter's HTTP client: every request is noted."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import msgspec
from typing_extensions import override

from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.credentials.keypair import generate_key_pair
from rollcall.credentials.secret import Secret
from rollcall.providers.http.client import Answer, HttpClient, Request
from rollcall.providers.http.pace import Pace, Pauses
from rollcall.providers.m365.auth import AccessToken, Application, TokenSource
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.clouds import GLOBAL
from rollcall.providers.m365.graph import GraphClient
from rollcall.providers.m365.source import M365Source
from rollcall.providers.m365.wire import BatchRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROOT = f"{GLOBAL.graph}/v1.0"
DIRECTORY = "11111111-2222-3333-4444-555555555555"
APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
NOT_FOUND = json.dumps({"error": {"code": "ResourceNotFound", "message": "none"}}).encode()

Answering = Callable[[str], bytes]
"""Returns the body of the good answer to a path (without the version), b"" for a 404."""


@dataclass
class Noted:
    """What was sent: whole requests, and what was in batches as (path, headers)."""

    requests: list[Request] = field(default_factory=list)
    items: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class Replay(HttpClient):
    """Answers instead of the network."""

    def __init__(
        self, session: aiohttp.ClientSession, answering: Answering, missing: bytes
    ) -> None:
        super().__init__(session, origins=GLOBAL.origins, new_id=lambda: "id")
        self._answering = answering
        self._missing = missing
        self.noted = Noted()

    @override
    async def send(self, request: Request) -> Answer:
        """Answer a request, or each item of a batch."""
        self.noted.requests.append(request)
        headers = {"content-type": "application/json"}
        if request.url.endswith("/$batch"):
            return Answer(200, headers, self._batch(request.body or b""), "id")
        if request.url.startswith(GLOBAL.login):
            return Answer(200, headers, self._answering("token"), "id")
        return Answer(200, headers, self._answering(request.url.removeprefix(ROOT)), "id")

    def _batch(self, body: bytes) -> bytes:
        responses = []
        for item in msgspec.json.decode(body, type=BatchRequest).requests:
            self.noted.items.append((item.url, item.headers))
            answer = self._answering(item.url)
            status = 200 if answer else 404
            content = json.loads(answer or self._missing)
            responses.append({"id": item.id, "status": status, "headers": {}, "body": content})
        return json.dumps({"responses": responses}).encode()


class KeptToken:
    """A vault that has a token, or (`fresh`) none."""

    def __init__(self, *, fresh: bool = False) -> None:
        self._fresh = fresh

    async def load_token(self) -> AccessToken | None:
        """Return a token that is good for an hour."""
        if self._fresh:
            return None
        return AccessToken(Secret(b"token"), expires_at=NOW + timedelta(hours=1))

    async def save_token(self, token: AccessToken) -> None:
        """Keep nothing."""

    async def accept_key(self, key_id: int, algorithm: Algorithm) -> None:
        """Note nothing."""


@asynccontextmanager
async def open_replay(
    answering: Answering, *, fresh: bool = False, missing: bytes = NOT_FOUND
) -> AsyncIterator[tuple[M365Source, Noted]]:
    """Open the adapter in front of the examples; return it with what it sends.

    `fresh` says that no token is kept; `missing` is the body of a 404.
    """
    pace = Pace(now=lambda: NOW)
    pauses = Pauses(pace)
    pair = generate_key_pair(name="test", days=30, now=NOW)
    signer = Signer(key_id=1, private_key=pair.private_key, certificate=pair.certificate)
    application = Application(GLOBAL, DIRECTORY, APPLICATION, (signer,))
    async with aiohttp.ClientSession() as session:
        client = Replay(session, answering, missing)
        tokens = TokenSource(
            client, application, KeptToken(fresh=fresh), pace=pace, new_id=lambda: "id"
        )
        graph = GraphClient(client, GLOBAL, tokens, pace=pace, pauses=pauses)
        async with BatchQueue(graph, pace=pace, pauses=pauses) as queue:
            source = M365Source(
                client=client, graph=graph, tokens=tokens, queue=queue, pauses=pauses, delta=True
            )
            yield source, client.noted
