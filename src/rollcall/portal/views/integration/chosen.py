"""Who stands on a list: some at a time, to be filtered and taken out. Lists may be long."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render

from rollcall.integrations.directory import name_people, names_like
from rollcall.integrations.queries import ListView, find_or_draft
from rollcall.integrations.rules import ADMINISTRATORS
from rollcall.portal.paging import page_number
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest

SUBJECTS: Final = ("people", "personal", "mailboxes", "sign-in", ADMINISTRATORS)
SHOWN: Final = 50
LONGEST_FILTER: Final = 100


@dataclass(frozen=True, slots=True)
class Chip:
    """One line of a list. `state` is unbound until it was looked up, gone if its object is."""

    line: str
    name: str
    address: str
    state: str
    removed: bool


@dataclass(frozen=True, slots=True)
class ChosenList:
    """A part of a list; `carried` are lines to be taken out that are not in the part."""

    subject: str
    total: int
    unbound: int
    matching: int
    chips: list[Chip]
    text: str
    first: int
    previous: str
    following: str
    carried: list[str]

    @property
    def last(self) -> int:
        """The position of the last one shown."""
        return self.first + len(self.chips) - 1


def list_chosen(
    tenant_id: int,
    listed: ListView,
    subject: str,
    *,
    removed: Collection[str] = (),
    text: str = "",
    number: int = 1,
) -> ChosenList:
    """Return a page of those of a list whose line, name or address has `text` in it."""
    lines = _matching(tenant_id, listed, text)
    number = min(number, max(1, -(-len(lines) // SHOWN)))
    start = (number - 1) * SHOWN
    shown = lines[start : start + SHOWN]
    names = name_people(tenant_id, [object_id for _line, object_id in shown if object_id])
    chips = []
    for line, object_id in shown:
        person = names.get(object_id) if object_id else None
        state = "" if object_id else "unbound"
        chips.append(
            Chip(
                line=line,
                name=person.name if person and person.name else line,
                address=(person.address or line) if person else "",
                state="gone" if person and person.removed else state,
                removed=line in removed,
            )
        )
    here = {chip.line for chip in chips}
    query = {"for": subject, "q": text}
    return ChosenList(
        subject=subject,
        total=len(listed.lines),
        unbound=sum(object_id is None for _line, object_id in listed.lines),
        matching=len(lines),
        chips=chips,
        text=text,
        first=start + 1,
        previous=urlencode(query | {"page": number - 1}) if number > 1 else "",
        following=urlencode(query | {"page": number + 1}) if start + SHOWN < len(lines) else "",
        carried=[line for line in removed if line not in here],
    )


def _matching(tenant_id: int, listed: ListView, text: str) -> tuple[tuple[str, str | None], ...]:
    if not text:
        return listed.lines
    ids = [object_id for _line, object_id in listed.lines if object_id]
    named = names_like(tenant_id, ids, text) if ids else frozenset()
    part = text.casefold()
    return tuple(
        (line, object_id)
        for line, object_id in listed.lines
        if part in line.casefold() or object_id in named
    )


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show another part of a list."""
    subject = request.GET.get("for", "people")
    if subject not in SUBJECTS:
        raise Http404
    chosen = list_chosen(
        request.tenant.id,
        find_or_draft(request.tenant.id).selection(subject),
        subject,
        removed=request.GET.getlist(f"{subject}-removed"),
        text=request.GET.get("q", "").strip()[:LONGEST_FILTER],
        number=page_number(request),
    )
    return render(request, "portal/integration/parts/chosen.html", {"chosen": chosen})
