"""The numbers that the carrier gave: listed, added many at once, given to people, removed."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.calling.number_operations import (
    add_numbers,
    assign_number,
    assign_proposed,
    remove_numbers,
)
from rollcall.calling.trunk_numbers import (
    NumbersWanted,
    TrunkNumberView,
    count_numbers,
    list_numbers,
    propose_numbers,
)
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number
from rollcall.portal.forms.trunk import AssignForm, NumberLinesForm
from rollcall.portal.paging import Page
from rollcall.portal.views.calling.trunk import trunk_frame
from rollcall.portal.views.pbx.lists import link, place_of, typed
from rollcall.telephony.listing import Wanted, list_page
from rollcall.telephony.queries import get_key
from rollcall.tenants.key_pages import Place
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest

FILTERS: Final = {"": None, "given": True, "free": False}
SHOWN: Final = 200
CHOICES: Final = 10


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show a page of the numbers."""
    chosen = request.GET.get("show", "")
    chosen = chosen if chosen in FILTERS else ""
    wanted = NumbersWanted(text=typed(request), assigned=FILTERS[chosen], place=place_of(request))
    found = list_numbers(request.tenant.id, wanted)
    total, free = count_numbers(request.tenant.id)
    rows = found.rows
    turned = Page(
        rows=rows,
        number=0,
        total=None,
        previous=link(request, before=rows[0].number) if found.earlier and rows else "",
        following=link(request, after=rows[-1].number) if found.later and rows else "",
        text="",
    )
    values = {
        **trunk_frame(request),
        "page": turned,
        "rows": [{"number": each, "key": each.number.removeprefix("+")} for each in rows],
        "q": typed(request),
        "shown": chosen,
        "total": total,
        "free": free,
        "chips": [
            {
                "title": title,
                "count": count,
                "address": link(request, show=name),
                "here": name == chosen,
            }
            for name, title, count in (
                ("", _("All"), total),
                ("given", _("Ring somebody"), total - free),
                ("free", _("Ring nobody"), free),
            )
        ],
    }
    return render(request, "portal/calling/trunk_numbers.html", values)


@for_administrator("GET", "POST")
def add(request: PageRequest) -> HttpResponse:
    """Add numbers, as they are pasted."""
    form = NumberLinesForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_numbers(request.tenant.id, form.wanted(), actor=request.identity.actor)
        except SetupError as error:
            form.refuse(error)
        else:
            said = ngettext("%(n)s number is added.", "%(n)s numbers are added.", made.added)
            messages.success(request, said % {"n": made.added} + _known(made.known))
            return redirect("trunk-numbers", tenant=request.tenant.slug)
    values = {**trunk_frame(request), "form": form}
    return render(request, "portal/calling/trunk_numbers_add.html", values)


@for_administrator("GET", "POST")
def propose(request: PageRequest) -> HttpResponse:
    """Show which numbers are people’s business phones, and let them ring there."""
    if request.method == "POST":
        count = assign_proposed(request.tenant.id, actor=request.identity.actor)
        said = ngettext("%(n)s number rings now.", "%(n)s numbers ring now.", count)
        messages.success(request, said % {"n": count})
        return redirect("trunk-numbers", tenant=request.tenant.slug)
    proposals = propose_numbers(request.tenant.id)
    values = {
        **trunk_frame(request),
        "proposals": proposals[:SHOWN],
        "count": len(proposals),
    }
    return render(request, "portal/calling/trunk_numbers_propose.html", values)


@for_administrator("GET", "POST")
def assign(request: PageRequest, trunk_number: int) -> HttpResponse:
    """Say whom a number rings."""
    known = _find(request, trunk_number)
    initial = {"extension": known.extension or "", "shown": known.shown}
    form = AssignForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            now = _assign(request, known, form)
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _rings(now))
            return redirect("trunk-numbers", tenant=request.tenant.slug)
    values = {**trunk_frame(request), "form": form, "number": known, "key": trunk_number}
    return render(request, "portal/calling/trunk_number.html", values)


@for_administrator("POST")
def remove(request: PageRequest, trunk_number: int) -> HttpResponse:
    """Remove a number."""
    known = _find(request, trunk_number)
    remove_numbers(request.tenant.id, [known.number], actor=request.identity.actor)
    messages.success(request, _("%(number)s is removed.") % {"number": known.number})
    return redirect("trunk-numbers", tenant=request.tenant.slug)


@for_administrator("GET")
def choices(request: PageRequest) -> HttpResponse:
    """Show extensions that begin as typed, to choose among."""
    text = request.GET.get("extension", "").replace("\0", "")[:SHOWN].strip()
    wanted = Wanted(text=text, shown="active", by_name=True, size=CHOICES)
    rows = list_page(request.tenant.id, wanted).rows if text else ()
    return render(request, "portal/calling/parts/extension_choices.html", {"rows": rows})


def _find(request: PageRequest, number: int) -> TrunkNumberView:
    """Return a number of the trunk; of another's there is no page."""
    before = Place(after=str(number - 1))
    found = list_numbers(request.tenant.id, NumbersWanted(place=before, size=1)).rows
    if not found or found[0].number != f"+{number}":
        raise Http404
    return found[0]


def _assign(request: PageRequest, known: TrunkNumberView, form: AssignForm) -> TrunkNumberView:
    typed_number = form.cleaned_data["extension"].strip()
    tenant_id = request.tenant.id
    return assign_number(
        tenant_id,
        known.number,
        extension_id=get_key(tenant_id, parse_number(typed_number)).id if typed_number else None,
        shown=form.cleaned_data["shown"],
        actor=request.identity.actor,
    )


def _rings(now: TrunkNumberView) -> str:
    words: dict[str, Any] = {"number": now.number, "extension": now.extension}
    if now.extension_id is None:
        return _("%(number)s rings nobody now.") % words
    return _("%(number)s rings extension %(extension)s now.") % words


def _known(count: int) -> str:
    if not count:
        return ""
    said = ngettext("%(n)s was there already.", "%(n)s were there already.", count)
    return " " + said % {"n": count}
