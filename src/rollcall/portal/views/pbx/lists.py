"""What the lists of extensions and contacts have in common: places, and links to other pages."""

from collections.abc import Sequence
from typing import Protocol

from django.http import HttpRequest

from rollcall.portal.paging import Page
from rollcall.tenants.key_pages import Place

LONGEST: int = 200


class Placed(Protocol):
    """A row that knows where the list goes on after it."""

    @property
    def place(self) -> str:
        """Where it goes on."""


def typed(request: HttpRequest) -> str:
    """Return what was typed into the search."""
    return request.GET.get("q", "").replace("\0", "")[:LONGEST]


def place_of(request: HttpRequest) -> Place:
    """Return where the page begins or ends."""
    after, before = (
        request.GET.get(name, "").replace("\0", "")[:LONGEST] for name in ("after", "before")
    )
    return Place(after="" if before else after, before=before)


def to_page(request: HttpRequest, rows: Sequence[Placed], *, earlier: bool, later: bool) -> Page:
    """Return rows with the links to the pages before and after them."""
    return Page(
        rows=rows,
        number=0,
        total=None,
        previous=link(request, before=rows[0].place) if earlier and rows else "",
        following=link(request, after=rows[-1].place) if later and rows else "",
        text="",
    )


def link(request: HttpRequest, **changes: str) -> str:
    """Return this page's address with other values; a changed list begins at its beginning."""
    query = request.GET.copy()
    for name in ("after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return "?" + query.urlencode()
