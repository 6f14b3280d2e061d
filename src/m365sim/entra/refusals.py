"""Every AADSTS number the product may meet, and the error body that carries it. Contract a.6."""

import tomllib
from importlib.resources import files
from urllib.parse import quote

import msgspec
from msgspec import Struct

from m365sim.answers import PLAIN_JSON, Answer, Marks


class Refusal(Struct, frozen=True):
    """An entry of refusals.toml."""

    status: int
    error: str
    """The OAuth value that clients branch on."""
    text: str


REFUSALS = msgspec.convert(
    tomllib.loads(files("m365sim.entra").joinpath("refusals.toml").read_text("utf-8")),
    dict[int, Refusal],
    strict=False,
)
UNKNOWN = Refusal(400, "invalid_request", "An error that is not in the simulator's table.")


class EntraError(Exception):
    """A refusal by number; the words fill the gaps of its sentence."""

    def __init__(
        self, code: int, *, addition: str = "", retry_after: int | None = None, **words: str
    ) -> None:
        super().__init__(f"AADSTS{code}")
        self.code = code
        self.addition = addition
        self.retry_after = retry_after
        self.words = words


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return key


def refusal_of(error: EntraError) -> Refusal:
    """Return the entry of a number."""
    return REFUSALS.get(error.code, UNKNOWN)


def sentence(error: EntraError) -> str:
    """Return number and text, as pages show them."""
    text = refusal_of(error).text.format_map(_Gaps(error.words)) + error.addition
    return f"AADSTS{error.code}: {text}"


def description(error: EntraError, marks: Marks) -> str:
    """Return the text that clients get, with the marks of the exchange."""
    return (
        f"{sentence(error)} Trace ID: {marks.request_id} "
        f"Correlation ID: {marks.client_request_id} Timestamp: {_timestamp(marks)}"
    )


def _timestamp(marks: Marks) -> str:
    return marks.date.replace("T", " ") + "Z"


def refusal_answer(error: EntraError, marks: Marks, *, login_url: str) -> Answer:
    """Write the error body of the token endpoint."""
    refusal = refusal_of(error)
    written = _timestamp(marks)
    body = {
        "error": refusal.error,
        "error_description": description(error, marks),
        "error_codes": [error.code],
        "timestamp": written,
        "trace_id": marks.request_id,
        "correlation_id": marks.client_request_id,
        "error_uri": f"{login_url}/error?code={quote(str(error.code))}",
    }
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return Answer(
        refusal.status, msgspec.json.encode(body), f"{PLAIN_JSON}; charset=utf-8", headers
    )
