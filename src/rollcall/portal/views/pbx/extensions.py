"""The list of extensions, its export, and the list of colleagues that everybody sees."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from rollcall.calling.registrations import registered_numbers
from rollcall.integrations.proposals import count_proposals
from rollcall.portal.views.pbx.lists import link, place_of, to_page, typed
from rollcall.telephony.listing import SHOWN, ExtensionPage, Wanted, list_page
from rollcall.telephony.queries import ExtensionView, list_extensions
from rollcall.web.audience import for_administrator, for_user
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope

FILTERS: Final = {
    "": _("In use"),
    "active": _("Active"),
    "blocked": _("Blocked"),
    "released": _("Released"),
    "local": _("Made by hand"),
    "microsoft365": _("From Microsoft 365"),
    "deleted": _("Deleted by hand"),
}
COLUMNS: Final = tuple(ExtensionView.__struct_fields__)
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


@for_administrator("GET")
def list_all(request: PageRequest) -> HttpResponse:
    """Show a page of the tenant's extensions."""
    shown = request.GET.get("show", "")
    shown = shown if shown in SHOWN else ""
    sort = request.GET.get("sort", "")
    wanted = Wanted(
        text=typed(request),
        shown=shown,
        by_name=sort.lstrip("-") == "name",
        downwards=sort.startswith("-"),
        place=place_of(request),
    )
    found = list_page(request.tenant.id, wanted)
    values = {
        **_frame(request, found),
        "shown": shown,
        "sort": sort,
        "chips": [
            {"title": title, "address": link(request, show=name), "here": name == shown}
            for name, title in FILTERS.items()
        ],
        "columns": _columns(request, sort, searched=found.searched),
        "proposals": count_proposals(request.tenant.id),
        "plain": not wanted.text and not shown and not wanted.place.row,
    }
    return render(request, "portal/pbx/extensions.html", values)


@for_user("GET")
def colleagues(request: PageRequest) -> HttpResponse:
    """Show everybody who can be called inside."""
    wanted = Wanted(text=typed(request), shown="active", by_name=True, place=place_of(request))
    values = _frame(request, list_page(request.tenant.id, wanted))
    return render(request, "portal/pbx/colleagues.html", values)


def _frame(request: PageRequest, found: ExtensionPage) -> dict[str, Any]:
    return {
        "q": typed(request),
        "reachable": registered_numbers(
            request.tenant.id, [row.number for row in found.rows if row.number]
        ),
        "page": to_page(request, found.rows, earlier=found.earlier, later=found.later),
    }


def _columns(request: PageRequest, sort: str, *, searched: bool) -> list[dict[str, Any]]:
    """Return the columns that order the list; what was found by words is by best match."""
    columns = []
    for name, title in (("name", _("Name")), ("number", _("Number"))):
        up = sort == name or (name == "number" and sort.lstrip("-") != "name" and sort != "-number")
        down = sort == f"-{name}"
        columns.append(
            {
                "title": title,
                "address": "" if searched else link(request, sort=f"-{name}" if up else name),
                "sorted": "" if searched else "ascending" if up else "descending" if down else "",
            }
        )
    return columns


@for_administrator("GET", live=True)
def export(request: PageRequest) -> StreamingHttpResponse:
    """Send all extensions as a table, row by row."""
    slug = request.tenant.slug
    return StreamingHttpResponse(
        _lines(request.tenant.id),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="extensions-{slug}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _lines(tenant_id: int) -> Iterator[str]:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    with tenant_scope(tenant_id):
        for each in list_extensions(tenant_id):
            writer.writerow([_cell(getattr(each, name)) for name in COLUMNS])
            if out.tell() > 1 << 16:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
    yield out.getvalue()


def _cell(value: str | None) -> str:
    """Return a cell that no spreadsheet takes for a formula; a phone number stays as it is."""
    text = value or ""
    if text.startswith(FORMULAS) and not text.lstrip("+").replace(" ", "").isdecimal():
        return f"'{text}"
    return text
