"""Graph and Entra as a script says: a client that asks a function instead of the network."""

import asyncio
import base64
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import aiohttp
from tests.clocks import Naps
from typing_extensions import override

from rollcall.credentials.assertion import Algorithm, Signer
from rollcall.credentials.keypair import generate_key_pair
from rollcall.credentials.secret import Secret
from rollcall.providers.http.client import Answer, Broken, HttpClient, Request
from rollcall.providers.http.pace import Pace, Pauses
from rollcall.providers.m365.auth import AccessToken, Application, TokenSource
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.clouds import GLOBAL
from rollcall.providers.m365.graph import GraphClient

NOW = datetime(2026, 3, 29, tzinfo=UTC)
ROLES = ("User.Read.All", "Contacts.Read", "MailboxSettings.Read")
Script = Callable[[Request], Awaitable[Answer | Broken]]


def new_ids() -> Callable[[], str]:
    """Return a maker of ids: 1, 2, 3 …"""
    numbers = itertools.count(1)
    return lambda: str(next(numbers))


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer that holds `value`; header names are written with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(
        status=status,
        headers={"content-type": "application/json", **named},
        body=json.dumps(value).encode(),
        request_id="1",
    )


def error_answer(status: int, code: str, **headers: str) -> Answer:
    """Return a refusal in Graph's form."""
    return json_answer({"error": {"code": code, "message": "no"}}, status, **headers)


class ScriptedClient(HttpClient):
    """Answers from a script; what was asked is in `asked`."""

    def __init__(self, script: Script) -> None:
        session = cast("aiohttp.ClientSession", None)
        super().__init__(session, origins=GLOBAL.origins, new_id=new_ids())
        self._script = script
        self.asked: list[Request] = []

    @override
    async def send(self, request: Request) -> Answer | Broken:
        """Check the host as ever, then ask the script."""
        self.check_host(request.url)
        self.requests += 1
        self.asked.append(request)
        return await self._script(request)


class MemoryVault:
    """Keeps a token, and remembers which key was accepted."""

    def __init__(self, token: AccessToken | None = None) -> None:
        self.token = token
        self.accepted: list[tuple[int, Algorithm]] = []

    async def load_token(self) -> AccessToken | None:
        """Return the token that is kept."""
        return self.token

    async def save_token(self, token: AccessToken) -> None:
        """Keep a token."""
        self.token = token

    async def accept_key(self, key_id: int, algorithm: Algorithm) -> None:
        """Note a key."""
        self.accepted.append((key_id, algorithm))


def new_signer() -> Signer:
    """Return a new key that signs."""
    pair = generate_key_pair(name="test", days=365, now=NOW)
    return Signer(key_id=1, private_key=pair.private_key, certificate=pair.certificate)


def kept_token(value: str = "kept", *, minutes: float = 60) -> AccessToken:
    """Return a token that is good for some minutes yet."""
    return AccessToken(Secret(value.encode()), NOW + timedelta(minutes=minutes))


def make_pace(naps: Naps) -> Pace:
    """Waiting takes no time, and chance is always the same."""
    return Pace(sleep=naps.sleep, now=lambda: NOW, steady=naps.steady, jitter=lambda: 1.0)


def make_graph(
    client: HttpClient, naps: Naps, *, token: str = "kept", signers: tuple[Signer, ...] = ()
) -> tuple[GraphClient, Pauses]:
    """Return a client of Graph with a good token, and its pauses."""
    pace = make_pace(naps)
    pauses = Pauses(pace)
    tokens = TokenSource(
        client,
        Application(
            cloud=GLOBAL,
            directory_id="directory",
            application_id="application",
            signers=signers,
        ),
        MemoryVault(kept_token(token)),
        pace=pace,
        new_id=new_ids(),
    )
    return GraphClient(client, GLOBAL, tokens, pace=pace, pauses=pauses), pauses


Parts = Mapping[str, object]
Office = Callable[[str], Parts | None]
"""What the item of a path is answered; None leaves it out of the batch's answer."""


def good(value: object = "good") -> Parts:
    """Return a good answer to an item."""
    return {"status": 200, "body": value}


def refusal(status: int, code: str, **headers: str) -> Parts:
    """Return a refusal of an item."""
    return {"status": status, "headers": headers, "body": {"error": {"code": code}}}


class BatchGraph:
    """Answers batches from a function of the path; notes what was in them, and how many at once."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.batches: list[list[str]] = []
        self.headers: dict[str, Mapping[str, str]] = {}
        self.at_once = 0
        self.most_at_once = 0
        self.hold: Callable[[], Awaitable[None]] = lambda: asyncio.sleep(0)

    @property
    def paths(self) -> list[str]:
        """All that was asked for, in order."""
        return [path for batch in self.batches for path in batch]

    async def answer(self, request: Request) -> Answer:
        """Answer a batch."""
        items = json.loads(request.body or b"")["requests"]
        self.batches.append([each["url"] for each in items])
        self.headers |= {each["url"]: each["headers"] for each in items}
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.hold()
        self.at_once -= 1
        answers = [(each["id"], self._office(each["url"])) for each in items]
        return json_answer(
            {"responses": [{"id": name, **parts} for name, parts in answers if parts is not None]}
        )

    def queue(self, naps: Naps | None = None, *, token: str | None = None) -> BatchQueue:
        """Return a queue whose batches are answered here, with a token that may do all."""
        naps = naps or Naps()
        token = token_with(*ROLES) if token is None else token
        graph, pauses = make_graph(ScriptedClient(self.answer), naps, token=token)
        return BatchQueue(graph, pace=make_pace(naps), pauses=pauses)


def token_with(*roles: str) -> str:
    """Return a token that says it has these permissions."""
    claims = base64.urlsafe_b64encode(json.dumps({"roles": roles}).encode()).rstrip(b"=").decode()
    return f"header.{claims}.signature"


def header_of(request: Request, name: str) -> str:
    """Return a header of a request."""
    headers: Mapping[str, str] = {key.lower(): value for key, value in request.headers.items()}
    return headers.get(name, "")
