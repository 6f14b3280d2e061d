"""JSON from the other side, read strictly: bounded, plain UTF-8, and nothing said twice.

Parsers disagree about which of two members of one name counts (RFC 8259, 4), so there must be one.
"""

import json
from typing import Any, NoReturn, TypeVar

import msgspec

T = TypeVar("T")


class DocumentError(ValueError):
    """It is no document of the kind that was expected."""


def read_document(body: bytes, kind: type[T], *, most: int) -> T:
    """Return a JSON object as `kind`; raise DocumentError if it is none, or too long."""
    if len(body) > most:
        raise DocumentError(f"it has {len(body)} bytes; {most} are the most")
    try:
        json.loads(body.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
        return msgspec.json.decode(body, type=kind)
    except DocumentError:
        raise
    except msgspec.ValidationError as error:
        raise DocumentError(f"it is not as expected: {error}") from None
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise DocumentError("it is no JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DocumentError("it says one thing twice")
    return members


def _refuse_constant(_: str) -> NoReturn:
    raise DocumentError("it holds a number that is none")
