"""Faults that pass by themselves, or mean nothing: the run waits, asks again, and nobody sees it.

They happen everywhere, so each is tried at every place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.integration.faults.places import BATCH, ITEMS, USERS_PAGES, WHOLE, Place
from tests.integration.faults.row import FOREVER, Row, Strike


@dataclass(frozen=True)
class _Fault:
    kind: str
    options: Mapping[str, object]
    times: int | None


def _fault(kind: str, *, times: int | None = 2, **options: object) -> _Fault:
    return _Fault(kind, options, times)


THROTTLES = {
    "429 with seconds": _fault("throttle", retry_after=7),
    "429 with a fraction of seconds": _fault("throttle", retry_after=2.128),
    "429 with a date": _fault("throttle", retry_after="http-date", seconds=9),
    "429 without Retry-After": _fault("throttle", retry_after=None),
}
BROKEN_SERVERS = {
    "500": _fault("status", status=500, code="generalException"),
    "503": _fault("status", status=503, code="serviceNotAvailable"),
    "504 with HTML": _fault("html"),
    "HTML with 200": _fault("html", status=200),
    "JSON that is no object": _fault("status", status=200, body="[]"),
    "nothing but null": _fault("status", status=200, body="null"),
}
ANYWHERE = {
    **THROTTLES,
    **BROKEN_SERVERS,
    "502 with HTML": _fault("html", status=502),
    "503 with Retry-After, then closed": _fault(
        "status", status=503, code="UnknownError", headers={"Retry-After": "3"}, close=True
    ),
    "connection closed": _fault("close"),
    "connection closed in the middle": _fault("close", where="middle"),
    "truncated JSON": _fault("truncate"),
}
AT_GRAPH = {
    "401": _fault("unauthorized", times=1),
    "424": _fault("status", status=424, code="FailedDependency"),
    "wrong content type": _fault("wrong_content_type", content_type="text/html"),
    "a slow-down signal": _fault("headers", headers={"x-ms-throttle-limit-percentage": "1.7"}),
}
IN_BATCHES = {
    **THROTTLES,
    **BROKEN_SERVERS,
    "401": _fault("unauthorized", times=1),
    "423": _fault("status", status=423, code="MailboxStoreUnavailable"),
    "424": _fault("status", status=424, code="FailedDependency"),
    "503 ErrorServerBusy": _fault("status", status=503, code="ErrorServerBusy"),
}
OF_BATCHES = {
    "424 for the whole": _fault("batch_424", scope="outer"),
    "all answers left out": _fault("mangle", target="/responses", value=[]),
    "an answer left out": _fault("mangle", target="/responses/0", remove=True),
    "null instead of the answers": _fault("mangle", target="/responses"),
    "answers in another order": _fault("reorder", times=FOREVER),
    "bodies of null": _fault("mangle", target="/responses/*/body"),
    "424 for all items": _fault("batch_424", scope="items"),
    "bodies left out": _fault("mangle", target="/responses/*/body", remove=True),
    "headers of null": _fault("mangle", target="/responses/*/headers", times=FOREVER),
    "bodies that are no base64": _fault("mangle", target="/responses/*/body", value="#"),
}
HARMLESS = {
    "unknown properties": _fault("unknown_properties", times=FOREVER),
}

EVERY = 3
"""Of these pairs of fault and place, every third is in every run of the tests."""

ALWAYS = frozenset(
    {
        "401 at users, middle",
        "503 at photo bytes",
        "connection closed in the middle at users, middle",
        "null instead of the answers at $batch",
        "truncated JSON at $batch",
    }
)
"""These are, too."""


def passing_rows() -> Iterator[Row]:
    """Yield a row for every fault at every place where it can happen."""
    yield from _grid(ANYWHERE, WHOLE)
    yield from _grid(AT_GRAPH, WHOLE[1:])
    yield from _grid(IN_BATCHES, ITEMS)
    yield from _grid(OF_BATCHES, (BATCH,), every=2)
    yield from _grid(HARMLESS, (*USERS_PAGES, *ITEMS))


def _grid(
    faults: Mapping[str, _Fault], places: tuple[Place, ...], *, every: int = EVERY
) -> Iterator[Row]:
    for line, (name, fault) in enumerate(faults.items()):
        for column, place in enumerate(places):
            title = f"{name} at {place.name}"
            yield Row(
                name=title,
                strikes=(
                    Strike(kind=fault.kind, place=place, times=fault.times, options=fault.options),
                ),
                phases=place.phases,
                short=title in ALWAYS or (line + column) % every == 0,
            )
