"""Pages of lists: where the next one begins is said by the answer, in words of our own."""

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
        max_length=200,
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


def bad_place() -> RefusedError:
    """Return the refusal of a place that no page has named."""
    return RefusedError(422, "bad-after", "“after” is not the “next” of a page of this list.")


def counted_page(rows: Sequence[Any], *, offset: int, limit: int) -> Page:
    """Return a page of rows that were read with one more than `limit`, counted from `offset`."""
    more = len(rows) > limit
    return Page(tuple(rows[:limit]), str(offset + limit) if more else None)
