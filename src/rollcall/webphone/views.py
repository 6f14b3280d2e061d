"""The web phone's pages: oneself and a search, and beside it whoever was chosen.

Each page is there as a whole; to htmx only the part is sent that changes.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from rollcall.calling.registrations import registered_numbers
from rollcall.tenants.key_pages import Place
from rollcall.web.audience import for_own
from rollcall.web.identity import PageRequest
from rollcall.webphone.details import (
    Person,
    find_colleague,
    find_company_contact,
    find_own_contact,
)
from rollcall.webphone.look_up import Asked, Asker, Group, Kind, look_up
from rollcall.webphone.pages import asker_of, lists, show_page, wants_part
from rollcall.webphone.socket import socket_address
from rollcall.webphone.words import NOBODY, NUMBERS, SINGULAR, TITLES, say_how_many

LONGEST: Final = 200
"""Characters of what is typed, or of a place in a list."""

PAGES: Final = {
    Kind.COLLEAGUES: "phone-colleague",
    Kind.OWN: "phone-own-contact",
    Kind.COMPANY: "phone-company-contact",
}
NAMES: Final = {
    Kind.COLLEAGUES: "extension",
    Kind.OWN: "own_contact",
    Kind.COMPANY: "contact",
}


@for_own("GET", without_extension=True)
def home(request: PageRequest) -> HttpResponse:
    """Show who one is, and what the search finds."""
    asker = asker_of(request)
    if asker is None:
        return render(request, "webphone/nobody.html")
    if wants_part(request):
        return render(request, "webphone/parts/found.html", _search(request, asker))
    return _page(request, asker, None)


@for_own("GET")
def colleague(request: PageRequest, extension: int) -> HttpResponse:
    """Show a colleague."""
    asker = _required(request)
    return _chosen(request, asker, find_colleague(asker, extension))


@for_own("GET")
def own_contact(request: PageRequest, own_contact: int) -> HttpResponse:
    """Show one of one's own contacts."""
    asker = _required(request)
    return _chosen(request, asker, find_own_contact(asker, own_contact))


@for_own("GET")
def company_contact(request: PageRequest, contact: int) -> HttpResponse:
    """Show a contact of the company."""
    asker = _required(request)
    return _chosen(request, asker, find_company_contact(asker, contact))


def _required(request: PageRequest) -> Asker:
    asker = asker_of(request)
    if asker is None:
        raise Http404
    return asker


def _chosen(request: PageRequest, asker: Asker, person: Person | None) -> HttpResponse:
    if person is None:
        raise Http404
    if wants_part(request):
        return render(request, "webphone/parts/chosen.html", _detail(request, asker, person))
    return _page(request, asker, person)


def _page(request: PageRequest, asker: Asker, person: Person | None) -> HttpResponse:
    return show_page(request, asker, {**_search(request, asker), **_detail(request, asker, person)})


def _text(request: PageRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "")[:LONGEST]


def _asked(request: PageRequest) -> Asked:
    kind = _text(request, "in")
    after, before = _text(request, "after"), _text(request, "before")
    chosen = Kind(kind) if kind in {each.value for each in Kind} else None
    place = Place(after="" if before else after, before=before) if chosen else Place()
    return Asked(_text(request, "q"), chosen, place)


def _search(request: PageRequest, asker: Asker) -> dict[str, Any]:
    """Return what is found, with an address for each line and each list."""
    asked = _asked(request)
    groups = look_up(asker, asked)
    return {
        "q": asked.text,
        "kind": asked.kind.value if asked.kind else "",
        "said": say_how_many(groups) if asked.text.strip() else "",
        "lists": lists(lambda kind: _address(asked.text, kind)),
        "groups": [_shown(asked, each) for each in groups if each.rows],
        "nobody": NOBODY[asked.kind or Kind.COLLEAGUES],
        "own_id": asker.extension_id,
        "can_call": bool(socket_address(request)),
        "reachable": _reachable(asker, groups),
    }


def _reachable(asker: Asker, groups: Iterable[Group]) -> frozenset[str]:
    """Return which of the colleagues in some lists have a phone that is signed in."""
    inside = [row.dialled for each in groups if each.kind is Kind.COLLEAGUES for row in each.rows]
    return registered_numbers(asker.tenant_id, inside)


def _shown(asked: Asked, group: Group) -> dict[str, Any]:
    back = _query(asked.text, asked.kind)
    pages, name = PAGES[group.kind], NAMES[group.kind]
    return {
        "kind": group.kind.value,
        "title": TITLES[group.kind],
        "rows": [(row, reverse(pages, kwargs={name: row.id}) + back) for row in group.rows],
        "more": _address(asked.text, group.kind) if group.more else "",
        "earlier": _address(asked.text, group.kind, before=group.earlier) if group.earlier else "",
        "later": _address(asked.text, group.kind, after=group.later) if group.later else "",
        "cut": group.cut,
    }


def _detail(request: PageRequest, asker: Asker, person: Person | None) -> dict[str, Any]:
    if person is None:
        return {"person": None}
    asked = _asked(request)
    inside = [person.numbers[0].dialled] if person.kind is Kind.COLLEAGUES else []
    return {
        "person": person,
        "what": SINGULAR[person.kind],
        "numbers": [(NUMBERS.get(each.kind, each.kind), each) for each in person.numbers],
        "back": _address(asked.text, asked.kind),
        "can_call": bool(socket_address(request)),
        "on": bool(registered_numbers(asker.tenant_id, inside)),
    }


def _address(text: str, kind: Kind | None = None, **place: str) -> str:
    return reverse("phone") + _query(text, kind, **place)


def _query(text: str, kind: Kind | None, **place: str) -> str:
    values = {"q": text.strip(), "in": kind.value if kind else "", **place}
    given = {name: value for name, value in values.items() if value}
    return "?" + urlencode(given) if given else ""
