"""Pages of lists: where the next one begins is said by the answer, in words of our own."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from rollcall.api.answers import RefusedError
from rollcall.api.shapes import Page

FURTHEST: Final = 10_000_000
DIGITS: Final = 18

After = Annotated[
    str,
    Field(
        max_length=1000,
        pattern=r"^[0-9A-Za-z_:.~-]*$",
        description="Where the page begins: `next` of the page before.",
    ),
]


def as_number(after: str, *, most: int = FURTHEST) -> int:
    """Return the number that `after` is; nothing is 0."""
    if not after:
        return 0
    if not after.isascii() or not after.isdecimal() or len(after) > DIGITS or int(after) > most:
        raise bad_place()
    return int(after)


def name_place(text: str) -> str:
    """Return a row's place, which may hold any text, in letters that need no escaping."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_place(after: str) -> str:
    """Return the place that `name_place` named."""
    try:
        text = urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode()
    except ValueError:
        raise bad_place() from None
    if "\0" in text:
        raise bad_place()
    return text


def bad_place() -> RefusedError:
    """Return the refusal of a place that no page has named."""
    return RefusedError(422, "bad-after", "“after” is not the “next” of a page of this list.")


def counted_page(rows: Sequence[Any], *, offset: int, limit: int) -> Page:
    """Return a page of rows that were read with one more than `limit`, counted from `offset`."""
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), str(offset + limit) if more else None)
