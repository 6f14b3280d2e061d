"""The audit log of a tenant: who did what, when. What is noted where stands at the operations."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollcall.audit.queries import (
    CHUNK,
    AuditFilter,
    EntryView,
    Place,
    every_entry,
    list_entries,
    recent_actors,
)
from rollcall.portal.action_words import (
    action_words,
    actions_in,
    actor_words,
    choices,
    detail_lines,
)
from rollcall.portal.paging import ROWS
from rollcall.portal.spreadsheet import csv_lines
from rollcall.tenants.queries import TenantView
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope

LONGEST: Final = 200
EXPORTED: Final = 100_000
"""So many of the newest entries are exported; a narrower time gets at older ones."""

MICROSECONDS: Final = 10**6


@for_administrator("GET")
def show(request: PageRequest) -> HttpResponse:
    """Show the audit log of the tenant."""
    zone = zone_of(request.tenant)
    values = log_page(request, request.tenant.id, zone)
    return render(request, "portal/access/audit.html", values)


@for_administrator("GET", live=True)
def export(request: PageRequest) -> HttpResponseBase:
    """Export the audit log as CSV, as far as it is wanted."""
    tenant_id, zone = request.tenant.id, zone_of(request.tenant)
    wanted = wanted_entries(request, zone)

    def read(place: Place | None) -> list[EntryView]:
        with tenant_scope(tenant_id):
            return list_entries(tenant_id, wanted, limit=CHUNK, before=place)

    return as_csv(every_entry(read), name=f"audit-{request.tenant.slug}.csv")


def zone_of(tenant: TenantView) -> ZoneInfo:
    """Return a tenant's time zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(tenant.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def log_page(request: HttpRequest, tenant_id: int | None, zone: ZoneInfo) -> dict[str, Any]:
    """Return what a page of a log shows: of a tenant's, or of the system's (None)."""
    wanted, place = wanted_entries(request, zone), _place(request.GET.get("before", ""))
    rows = list_entries(tenant_id, wanted, limit=ROWS + 1, before=place)
    return {
        "days": list(_by_day(rows[:ROWS], zone)),
        "older": _address(request, rows[ROWS - 1]) if len(rows) > ROWS else "",
        "newest": place is None,
        "kept": _query(request),
        "narrowed": wanted != AuditFilter(),
        "actors": [(each, actor_words(each)) for each in recent_actors(tenant_id)],
        "areas": choices(),
        "given": {name: request.GET.get(name, "")[:LONGEST] for name in FIELDS},
        "zone": zone.key,
    }


def as_csv(entries: Iterator[EntryView], *, name: str) -> HttpResponseBase:
    """Return entries as a file for a spreadsheet, written as it is read."""
    response = StreamingHttpResponse(
        csv_lines(_csv_rows(entries)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


FIELDS: Final = ("q", "actor", "action", "since", "until")


def _csv_rows(entries: Iterator[EntryView]) -> Iterator[list[str]]:
    yield [_("Time"), _("Who"), _("Action"), _("What"), _("Subject"), _("Details")]
    for _number, entry in zip(range(EXPORTED), entries, strict=False):
        details = [
            f"{name}: {before} → {value}" if before is not None else f"{name}: {value}"
            for name, value, before in detail_lines(entry.detail)
        ]
        yield [
            entry.at.isoformat(timespec="seconds"),
            entry.actor,
            entry.action,
            action_words(entry.action),
            entry.subject,
            "\n".join(details),
        ]


def wanted_entries(request: HttpRequest, zone: ZoneInfo) -> AuditFilter:
    """Return which entries somebody asks for."""
    given = {name: _text(request, name) for name in FIELDS}
    until = _day(given["until"], zone, days=1)
    return AuditFilter(
        actor=given["actor"],
        actions=_actions(given["action"]),
        search=given["q"],
        since=_day(given["since"], zone),
        until=until,
    )


def _actions(choice: str) -> Sequence[str]:
    """Return the actions that are wanted; what is no choice finds nothing, not everything."""
    return (actions_in(choice) or (choice,)) if choice else ()


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]


def _day(text: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """Return when a day begins in the zone (or one that many days later); None for no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _place(text: str) -> Place | None:
    micros, _dot, number = text.partition(".")
    try:
        seconds, rest = divmod(int(micros), MICROSECONDS)
        return Place(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(number))
    except (ValueError, OverflowError, OSError):
        return None


def _query(request: HttpRequest, **more: str) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    for name, value in more.items():
        query[name] = value
    return f"?{query.urlencode()}" if query else ""


def _address(request: HttpRequest, last: EntryView) -> str:
    return _query(request, before=f"{round(last.at.timestamp() * MICROSECONDS)}.{last.id}")


def _by_day(rows: Sequence[EntryView], zone: ZoneInfo) -> Iterator[Mapping[str, Any]]:
    days: dict[date, list[dict[str, Any]]] = {}
    for entry in rows:
        at = entry.at.astimezone(zone)
        days.setdefault(at.date(), []).append(
            {
                "at": at,
                "time": f"{at:%H:%M:%S}",
                "actor": actor_words(entry.actor),
                "action": action_words(entry.action),
                "subject": entry.subject,
                "detail": list(detail_lines(entry.detail)),
            }
        )
    for day, entries in days.items():
        yield {"day": day, "entries": entries}
