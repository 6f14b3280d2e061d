"""What is sent back to a client, before it meets a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

GRAPH_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)
"""The Content-Type of Graph's good answers. Contract m.5."""
PLAIN_JSON = "application/json"

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body; inside a batch it becomes one of the responses."""

    status: int
    body: bytes = b""
    content_type: str = PLAIN_JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[bytes, ...] = ()
    """The body in pieces that may have been sent before, for whoever packs it."""

    @property
    def is_json(self) -> bool:
        """Whether the body is declared to be JSON."""
        return self.content_type.startswith(PLAIN_JSON)


class GraphError(Exception):
    """An answer of Graph that is an error: status, code and message as Microsoft writes them."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Marks:
    """What one exchange is known by, on both sides."""

    request_id: str
    client_request_id: str
    date: str
    """As error bodies write it: `2026-11-23T00:00:00`."""


def error_answer(error: GraphError, marks: Marks) -> Answer:
    """Write an error as Graph does. Contract g.3."""
    body = {
        "error": {
            "code": error.code,
            "message": error.message,
            "innerError": {
                "date": marks.date,
                "request-id": marks.request_id,
                "client-request-id": marks.client_request_id,
            },
        }
    }
    return Answer(error.status, msgspec.json.encode(body), PLAIN_JSON, dict(error.headers))


def json_answer(value: object, *, status: int = 200, content_type: str = GRAPH_JSON) -> Answer:
    """Write a value as a JSON answer."""
    return Answer(status, msgspec.json.encode(value), content_type)
