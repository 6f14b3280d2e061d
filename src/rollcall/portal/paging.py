"""Pages of long lists: by number for what is counted, with the rest of the query kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

ROWS: Final = 50
LAST_PAGE: Final = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Where one is in a list. `rows` are those of this page, `total` may be unknown."""

    rows: Sequence[object]
    number: int
    total: int | None
    previous: str
    following: str
    text: str


def page_number(request: HttpRequest) -> int:
    """Return the page that was asked for, from 1."""
    text = request.GET.get("page", "1")
    return max(1, min(int(text), LAST_PAGE)) if text.isascii() and text.isdecimal() else 1


def make_page(
    request: HttpRequest, rows: Sequence[object], *, total: int | None = None, size: int = ROWS
) -> Page:
    """Return a page of at most `size` rows; one row more says that there is another page."""
    number = page_number(request)
    more = len(rows) > size
    shown = rows[:size]
    first = (number - 1) * size + 1
    last = first + len(shown) - 1
    text = _("%(first)s–%(last)s of %(total)s") if total is not None else _("%(first)s–%(last)s")
    return Page(
        rows=shown,
        number=number,
        total=total,
        previous=_address(request, number - 1) if number > 1 else "",
        following=_address(request, number + 1) if more else "",
        text=text % {"first": first, "last": last, "total": total} if shown else "",
    )


def _address(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return "?" + query.urlencode()
