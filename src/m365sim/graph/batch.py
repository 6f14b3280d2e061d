"""$batch: how it must look, in which order items run, how answers are put together. Contract f."""

from base64 import b64encode
from collections.abc import Collection, Sequence

import msgspec
from msgspec import Struct, field

from m365sim.answers import Answer, GraphError
from m365sim.graph.options import bad_request
from m365sim.seeds import number

MOST_ITEMS = 20
FIRST_ERROR = 400
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})
encode = msgspec.json.Encoder().encode


class BatchItem(Struct):
    """One request of a batch. Fields that are not known are let pass, as Graph does."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: msgspec.Raw = field(default_factory=msgspec.Raw)
    depends_on: list[str] | None = field(default=None, name="dependsOn")


class BatchRequest(Struct):
    """The body of a batch."""

    requests: list[BatchItem]


def read_batch(body: bytes) -> list[BatchItem]:
    """Return the items of a batch; 400 when it is malformed."""
    try:
        items = msgspec.json.decode(body, type=BatchRequest).requests
    except msgspec.DecodeError as error:
        raise _malformed(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and "
            "payload is of valid JSON format."
        ) from error
    if not items:
        raise _malformed("The batch holds no requests.")
    if len(items) > MOST_ITEMS:
        raise _malformed("Number of batch request steps exceeds the maximum value of 20.")
    seen: set[str] = set()
    for item in items:
        _check_item(item)
        if item.id.lower() in seen:
            raise _malformed(f"Request Id '{item.id}' has to be unique in a batch.")
        seen.add(item.id.lower())
    return items


def _check_item(item: BatchItem) -> None:
    if item.method.upper() not in METHODS:
        raise _malformed(f"The method of request '{item.id}' is not valid.")
    if not item.url:
        raise _malformed(f"The url of request '{item.id}' is missing.")
    if item.url.partition("?")[0].rstrip("/").lower().endswith("$batch"):
        raise _malformed("Nested batch requests are not supported.")
    has_type = any(name.lower() == "content-type" for name in item.headers)
    if bytes(item.body) not in (b"", b"null") and not has_type:
        raise _malformed(f"Request '{item.id}' has a body and no Content-Type header.")


def in_waves(items: Sequence[BatchItem]) -> list[list[BatchItem]]:
    """Return the items as they can run: each wave depends on waves before; 400 for a circle."""
    known = {item.id for item in items}
    for item in items:
        for other in item.depends_on or ():
            if other not in known:
                raise _malformed(
                    f"Request '{item.id}' depends on '{other}', which is not in the batch."
                )
    waves: list[list[BatchItem]] = []
    done: set[str] = set()
    waiting = list(items)
    while waiting:
        wave = [item for item in waiting if done.issuperset(item.depends_on or ())]
        if not wave:
            raise _malformed("The requests depend on each other in a circle.")
        waves.append(wave)
        done |= {item.id for item in wave}
        waiting = [item for item in waiting if item.id not in done]
    return waves


def relative_path(url: str, *, bases: Collection[str]) -> str:
    """Return an item's path and query below the version; an absolute url must have a known base."""
    if "://" not in url.partition("?")[0]:
        return url if url.startswith("/") else f"/{url}"
    for base in bases:
        if url.lower().startswith(f"{base.lower()}/"):
            return url[len(base) :]
    raise _malformed(f"The url '{url}' is not one of this service.")


def batch_parts(answers: Sequence[tuple[str, Answer]]) -> tuple[bytes, ...]:
    """Put the answers together, in an order that follows from the ids and is not the asked one."""
    shuffled = sorted(answers, key=lambda pair: number("batch order", pair[0], len(answers)))
    parts = [b'{"responses":[']
    for place, (item_id, answer) in enumerate(shuffled):
        headers = {
            "Cache-Control": "no-cache",
            **answer.headers,
            "Content-Type": answer.content_type,
        }
        head = encode(item_id), answer.status, encode(headers)
        parts.append((b"," if place else b"") + b'{"id":%b,"status":%d,"headers":%b' % head)
        if answer.body:
            parts += [b',"body":', _embedded(answer)]
        parts.append(b"}")
    return (*parts, b"]}")


def _embedded(answer: Answer) -> bytes:
    """Return a body as a JSON value: JSON as it is, text as text, anything else as base64."""
    if answer.is_json and (answer.status < FIRST_ERROR or _is_json(answer.body)):
        return answer.body
    if answer.body.isdigit():
        return answer.body
    if answer.content_type.startswith(("text/", "application/json")):
        return encode(answer.body.decode(errors="replace"))
    return b'"' + b64encode(answer.body) + b'"'


def _is_json(body: bytes) -> bool:
    """Say whether an error, which a fault may have written, would not break the batch."""
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return True


def _malformed(message: str) -> GraphError:
    return bad_request(message, code="BadRequest")
