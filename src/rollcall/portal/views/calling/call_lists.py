"""What both lists of calls have in common: what is asked for, rows with names, the export."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _

from rollcall.calling.calls import (
    DIRECTIONS,
    RESULTS,
    CallPage,
    CallsWanted,
    CallView,
    Party,
    list_calls,
)
from rollcall.phonebook.caller import Caller, find_callers
from rollcall.portal.call_words import direction_words, duration_words, result_words
from rollcall.portal.spreadsheet import csv_lines
from rollcall.portal.views.audit import zone_of
from rollcall.portal.views.pbx.lists import place_of
from rollcall.tenants.key_pages import Place
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope

LONGEST: Final = 40
CHUNK: Final = 1000
EXPORTED: Final = 100_000
"""So many of the newest calls are exported; narrower days get at older ones."""

CODED: Final = ("refused", "failed")
"""Results of which the switch's code says more."""


class Side(msgspec.Struct, frozen=True):
    """A party of a call as it is shown; `dialled` is how it is called back."""

    name: str
    number: str
    dialled: str
    about: str = ""
    extension_id: int | None = None


def wanted_calls(request: HttpRequest, zone: ZoneInfo, *, extension_id: int | None) -> CallsWanted:
    """Return which calls somebody asks for."""
    direction, result = given(request, "direction"), given(request, "result")
    return CallsWanted(
        extension_id=extension_id,
        direction=direction if direction in DIRECTIONS else "",
        result=result if result in RESULTS else "",
        missed=extension_id is not None and given(request, "show") == "missed",
        since=_day(given(request, "since"), zone),
        until=_day(given(request, "until"), zone, days=1),
        place=place_of(request),
    )


def given(request: HttpRequest, name: str) -> str:
    """Return what was asked for by a name."""
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST]


def call_rows(tenant: TenantView, page: CallPage, *, asker: int | None) -> list[dict[str, Any]]:
    """Return the rows of a list. Names are those that `asker` may see: nobody's own but theirs."""
    names = _names(tenant, page.rows, asker=asker)
    zone = zone_of(tenant)
    return [_row(call, names, zone, asker) for call in page.rows]


def _row(
    call: CallView, names: dict[str, Caller], zone: ZoneInfo, asker: int | None
) -> dict[str, Any]:
    kind, words = result_words(call.result)
    missed = asker is not None and call.is_missed_by(asker)
    return {
        "call": call,
        "at": call.began_at.astimezone(zone),
        "caller": _side(call, call.caller, names),
        "callee": _side(call, call.callee, names),
        "other": _side(call, call.other(asker), names) if asker is not None else None,
        "incoming": asker is not None and call.is_to(asker),
        "missed": missed,
        "direction": direction_words(call.direction),
        "code": call.sip_code if call.result in CODED else 0,
        "kind": "warning" if missed else kind,
        "result": _("Missed") if missed else words,
        "duration": duration_words(call.seconds),
    }


def _side(call: CallView, party: Party, names: dict[str, Caller]) -> Side:
    if party.extension:
        name = party.name or party.extension
        return Side(name, party.extension, party.extension, extension_id=party.extension_id)
    found = names.get(call.number_of(party))
    if found is None:
        return Side("", party.number, _dialled(party.number))
    return Side(found.name, party.number, _dialled(party.number), found.about)


def _dialled(number: str) -> str:
    """Return a number as it can be called back; a name that a caller sent cannot be."""
    return number if number.lstrip("+*#").isdecimal() and number.isascii() else ""


def _names(tenant: TenantView, rows: Sequence[CallView], *, asker: int | None) -> dict[str, Caller]:
    numbers = [
        call.number_of(party)
        for call in rows
        for party in (call.caller, call.callee)
        if party.number and not party.extension
    ]
    return dict(find_callers(tenant.id, asker, numbers, country=tenant.country))


def as_csv(
    tenant: TenantView, wanted: CallsWanted, *, asker: int | None, name: str
) -> StreamingHttpResponse:
    """Return calls as a file for a spreadsheet, written as it is read."""
    response = StreamingHttpResponse(
        csv_lines(_csv_rows(tenant, wanted, asker)), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _csv_rows(tenant: TenantView, wanted: CallsWanted, asker: int | None) -> Iterator[list[str]]:
    yield [
        *("began_at", "direction", "result", "seconds"),
        *("caller_number", "caller_name", "callee_number", "callee_name", "emergency"),
    ]
    place = Place()
    for _chunk in range(EXPORTED // CHUNK):
        part = msgspec.structs.replace(wanted, place=place, size=CHUNK)
        with tenant_scope(tenant.id, extension_id=asker):
            page = list_calls(tenant.id, part)
            rows = call_rows(tenant, page, asker=asker)
        yield from map(_csv_row, rows)
        if not page.later or not page.rows:
            return
        place = Place(after=page.rows[-1].place)


def _csv_row(row: dict[str, Any]) -> list[str]:
    call = row["call"]
    return [
        call.began_at.astimezone(UTC).isoformat(timespec="seconds"),
        call.direction,
        call.result,
        str(call.seconds),
        row["caller"].number,
        row["caller"].name,
        row["callee"].number,
        row["callee"].name,
        "yes" if call.emergency else "no",
    ]


def _day(text: str, zone: ZoneInfo, *, days: int = 0) -> datetime | None:
    """Return when a day begins in the zone (or one that many days later); None for no day."""
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
