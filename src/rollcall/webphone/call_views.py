"""One's own calls, the newest first, with the names of those who called or were called."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from rollcall.calling.calls import CallPage, CallsWanted, CallView, Party, list_calls
from rollcall.tenants.key_pages import Place
from rollcall.web.audience import for_own
from rollcall.web.identity import PageRequest
from rollcall.webphone.look_up import Asker
from rollcall.webphone.pages import asker_of, lists, search_address, show_page, wants_part
from rollcall.webphone.socket import socket_address
from rollcall.webphone.who import CallerName, who_called

SIZE: Final = 30
LONGEST: Final = 200
MINUTE: Final = 60
HOUR: Final = 60 * MINUTE


class Face(msgspec.Struct, frozen=True):
    """A photo of an extension, or initials."""

    id: int
    display_name: str
    photo: str = ""


class CallLine(msgspec.Struct, frozen=True):
    """A call as one's own list shows it. `way` is in, out or missed; `dialled` calls back."""

    id: int
    way: str
    result: str
    name: str
    about: str
    number: str
    dialled: str
    began_at: datetime
    talked: str
    photo: str = ""
    extension_id: int | None = None

    @property
    def display_name(self) -> str:
        """The name, or the number of somebody who has none."""
        return self.name or self.number

    @property
    def face(self) -> Face:
        """What the list shows beside it."""
        return Face(self.extension_id or 0, self.name, self.photo)


@for_own("GET")
def calls(request: PageRequest) -> HttpResponse:
    """Show one's own calls, all or those that were missed."""
    asker = asker_of(request)
    if asker is None:
        raise Http404
    missed = request.GET.get("show") == "missed"
    after, before = _place(request, "after"), _place(request, "before")
    page = list_calls(
        request.tenant.id,
        CallsWanted(
            extension_id=asker.extension_id,
            missed=missed,
            place=Place(after="" if before else after, before=before),
            size=SIZE,
        ),
    )
    values: dict[str, Any] = {
        "lists": lists(search_address),
        "rows": call_lines(asker, page),
        "can_call": bool(socket_address(request)),
        "missed": missed,
        "ways": [("", _address()), ("missed", _address(show="missed"))],
        "earlier": _turn(missed, before=page.rows[0].place) if page.earlier and page.rows else "",
        "later": _turn(missed, after=page.rows[-1].place) if page.later and page.rows else "",
    }
    if wants_part(request):
        return render(request, "webphone/parts/calls.html", values)
    return show_page(request, asker, {**values, "calls": True, "person": None})


def call_lines(asker: Asker, page: CallPage) -> list[CallLine]:
    """Return the lines of a page, all names in one query."""
    others = [_other(call, asker) for call in page.rows]
    asked = [_asked(call, other) for call, other in zip(page.rows, others, strict=True)]
    names = who_called(asker, asked)
    return [
        _line(call, asker, other, names[_asked(call, other)])
        for call, other in zip(page.rows, others, strict=True)
    ]


def _line(call: CallView, asker: Asker, other: Party, found: CallerName) -> CallLine:
    missed = call.is_missed_by(asker.extension_id)
    way = "missed" if missed else "in" if call.is_to(asker.extension_id) else "out"
    return CallLine(
        id=call.id,
        way=way,
        result=call.result,
        name=found.name or other.name,
        about=found.about,
        number=found.number,
        dialled=_dialled(other),
        began_at=call.began_at,
        talked=_span(call.seconds),
        photo=found.photo if found.kind == "colleague" else "",
        extension_id=found.id if found.kind == "colleague" else None,
    )


def _other(call: CallView, asker: Asker) -> Party:
    """Return whoever is not the asker; who called themself is both."""
    return call.other(asker.extension_id)


def _asked(call: CallView, party: Party) -> str:
    """Return the number whose name is looked for."""
    return party.extension or call.number_of(party)


def _dialled(party: Party) -> str:
    return party.extension or party.number


def _span(seconds: int) -> str:
    """Return how long people talked, as 12:30; nothing for not at all."""
    if seconds <= 0:
        return ""
    minutes, left = divmod(seconds, MINUTE)
    hours, rest = divmod(minutes, MINUTE)
    return f"{hours}:{rest:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def _place(request: PageRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "")[:LONGEST]


def _turn(missed: bool, **place: str) -> str:  # noqa: FBT001 - which list it is
    return _address(show="missed" if missed else "", **place)


def _address(**values: str) -> str:
    given = {name: value for name, value in values.items() if value}
    return reverse("phone-calls") + ("?" + urlencode(given) if given else "")
