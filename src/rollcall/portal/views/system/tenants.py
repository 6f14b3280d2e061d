"""All tenants, and how they are: one table, the worst first."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollcall.integrations.health import (
    MOST,
    NEEDS_ACTION,
    Health,
    HealthTable,
    SortBy,
    TenantHealth,
    Wanted,
    read_health,
)
from rollcall.portal.health_words import STATES, lag_of, missing_of, state_of
from rollcall.portal.paging import ROWS, make_page, page_number
from rollcall.portal.spreadsheet import csv_lines
from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now

NEEDS: Final = "needs-action"
SEARCH_LENGTH: Final = 200
COLUMNS: Final[tuple[tuple[SortBy, Promise, bool], ...]] = (
    (SortBy.TENANT, gettext_lazy("Tenant"), False),
    (SortBy.STATE, gettext_lazy("State"), False),
    (SortBy.SUCCESS, gettext_lazy("Last success"), False),
    (SortBy.NEXT, gettext_lazy("Next run"), False),
    (SortBy.LAG, gettext_lazy("Lag"), True),
    (SortBy.PEOPLE, gettext_lazy("People"), True),
    (SortBy.HELD, gettext_lazy("Held plan"), False),
    (SortBy.THROTTLED, gettext_lazy("Throttled"), True),
    (SortBy.CERTIFICATE, gettext_lazy("Certificate"), True),
    (SortBy.PERMISSION, gettext_lazy("Missing permission"), False),
)
"""The columns, their heads, and whether the first click sorts them from the top down."""


@for_system("GET")
def list_all(request: PageRequest) -> HttpResponse:
    """Show the table of tenants."""
    now = utc_now()
    wanted = _wanted(request, skip=(page_number(request) - 1) * ROWS, limit=ROWS + 1)
    table = read_health(wanted, now=now)
    rows = [_line(row, now) for row in table.rows]
    values = {
        "page": make_page(request, rows, total=table.found),
        "tenants": table.tenants,
        "in_need": table.in_need,
        "chips": _chips(request, table),
        "columns": _columns(request, wanted),
        "search": wanted.search,
        "state": request.GET.get("state", ""),
        "sort": request.GET.get("sort", ""),
        "kept": _query(request, page=None),
    }
    return render(request, "portal/system/tenants.html", values)


@for_system("GET")
def export(request: PageRequest) -> HttpResponse:
    """Give the table as a file."""
    now = utc_now()
    table = read_health(_wanted(request, skip=0, limit=MOST), now=now)
    lines = [CSV_HEAD, *(map(_csv_cell, _csv_line(row, now)) for row in table.rows)]
    return HttpResponse(
        "".join(csv_lines(lines)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="tenants.csv"'},
    )


CSV_HEAD: Final = (
    "tenant",
    "name",
    "sip_domain",
    "directory_domain",
    "state",
    "failing_since",
    "last_success",
    "next_run",
    "missed",
    "people",
    "held_run",
    "throttled_seconds",
    "certificate_ends",
    "certificate_days",
    "missing_permissions",
    "error_code",
    "trunk",
)


def _csv_line(row: TenantHealth, now: datetime) -> tuple[object, ...]:
    return (
        *(row.slug, row.name, row.sip_domain, row.directory_domain, row.health.value),
        *(row.failing_since, row.succeeded_at, row.next_at, row.missed, row.people),
        *(row.held_run, row.throttled_seconds, row.certificate_ends, row.days_left(now)),
        *(missing_of(row), row.error_code, row.trunk),
    )


def _csv_cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value)


def _wanted(request: PageRequest, *, skip: int, limit: int) -> Wanted:
    sort = request.GET.get("sort", "")
    state = request.GET.get("state", "")
    states = NEEDS_ACTION if state == NEEDS else frozenset(each for each in Health if each == state)
    known = next((each for each in SortBy if each == sort.removeprefix("-")), SortBy.STATE)
    return Wanted(
        states=states,
        search=request.GET.get("q", "").replace("\0", "")[:SEARCH_LENGTH].strip(),
        sort=known,
        down=sort.startswith("-") and sort.removeprefix("-") == known,
        skip=skip,
        limit=limit,
    )


def _line(row: TenantHealth, now: datetime) -> dict[str, Any]:
    kind, words = state_of(row, now=now)
    return {
        "tenant": row,
        "kind": kind,
        "words": words,
        "lag": lag_of(row),
        "missing": missing_of(row),
        "days": row.days_left(now),
    }


def _chips(request: PageRequest, table: HealthTable) -> list[dict[str, Any]]:
    chosen = request.GET.get("state", "")
    chips = [("", _("All"), table.tenants), (NEEDS, _("Needs action"), table.in_need)]
    chips += [(state.value, str(STATES[state][1]), table.counts.get(state, 0)) for state in Health]
    return [
        {
            "title": title,
            "count": count,
            "address": _query(request, page=None, state=value or None),
            "here": value == chosen,
        }
        for value, title, count in chips
        if count or value in {"", NEEDS, chosen}
    ]


def _columns(request: PageRequest, wanted: Wanted) -> list[dict[str, Any]]:
    columns = []
    for by, title, numeric in COLUMNS:
        here = by is wanted.sort
        down = not wanted.down if here else numeric
        columns.append(
            {
                "title": title,
                "numeric": numeric,
                "address": _query(request, page=None, sort=f"-{by}" if down else str(by)),
                "sorted": ("descending" if wanted.down else "ascending") if here else "",
            }
        )
    return columns


def _query(request: PageRequest, **changed: str | None) -> str:
    """Return the address of this page with some of its query changed."""
    query = request.GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()
