"""A request and its reply, between the sockets and the services. Knows no HTTP library."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from m365sim.answers import Marks
from m365sim.clock import written
from m365sim.faults.playing import Outcome
from m365sim.journal import Entry, Exchange, ItemEntry, logged_headers
from m365sim.seeds import guid
from m365sim.world import World


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What a client sent."""

    number: int
    method: str
    path: str
    """With the query, undecoded."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def host_url(self) -> str:
        """The scheme and host the client called."""
        return f"https://{self.headers.get('host', 'localhost')}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back, with all headers."""

    outcome: Outcome
    headers: Mapping[str, str]


@dataclass(slots=True)
class Notes:
    """What a service found out about a request, for the log."""

    directory: str = ""
    items: list[ItemEntry] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)


Service = Callable[[WireRequest], Awaitable[Reply]]


def marks_of(request: WireRequest, now: float) -> Marks:
    """Name one exchange: the client's own id is echoed, ours follows from the number."""
    request_id = guid("request", request.number)
    return Marks(
        request_id=request_id,
        client_request_id=request.headers.get("client-request-id") or request_id,
        date=written(now).rstrip("Z"),
    )


def pairs(text: str) -> dict[str, str]:
    """Read a query or a form; of a name given twice the last one counts."""
    return dict(parse_qsl(text, keep_blank_values=True))


def write_down(world: World, host: str, request: WireRequest, reply: Reply, notes: Notes) -> None:
    """Put a request into the log and, when recording, the whole exchange."""
    answer = reply.outcome.answer
    world.journal.entries.append(
        Entry(
            number=request.number,
            at=world.clock.now(),
            host=host,
            method=request.method,
            path=request.path,
            status=0 if reply.outcome.cut == "before" else answer.status,
            directory=notes.directory,
            headers=logged_headers(request.headers),
            items=notes.items,
            faults=notes.faults,
        )
    )
    if world.journal.recording:
        world.journal.exchanges.append(
            Exchange(
                number=request.number,
                host=host,
                method=request.method,
                path=request.path,
                request_headers={k: v for k, v in request.headers.items() if k != "authorization"},
                request_body=request.body.decode(errors="replace"),
                status=answer.status,
                response_headers=dict(reply.headers),
                response_body=_as_text(answer.body),
            )
        )


def _as_text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return b64encode(body).decode()
