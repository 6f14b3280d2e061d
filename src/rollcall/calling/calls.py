"""Calls that ended, the newest first, a page at a time: as fast for 200,000 as for two.

A page begins after (or before) a call, not at a count of calls. One extension's calls are those
that it made and those that it got; each of the two has an index, and a page takes from both.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.calling.models import Call
from rollcall.core.written_numbers import as_outside
from rollcall.tenants.key_pages import LONGEST_ID, ROWS, Place

DIRECTIONS: Final = tuple(Call.Direction.values)
RESULTS: Final = tuple(Call.Result.values)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_FURTHEST: Final = 10**17
"""In microseconds, the year 5138: beyond it Python's own times end."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who called or was called: the number as dialled or shown, and the extension if it was one.

    Extension and name are those of today; both are empty where there is none any more.
    """

    number: str
    extension_id: int | None = None
    extension: str = ""
    name: str = ""


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """A call that ended. `place` is where the list goes on after it."""

    id: int
    direction: str
    result: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    seconds: int
    caller: Party
    callee: Party
    emergency: bool
    sip_code: int
    place: str

    def is_to(self, extension_id: int) -> bool:
        """Whether the call came in for this extension."""
        return self.callee.extension_id == extension_id

    def is_missed_by(self, extension_id: int) -> bool:
        """Whether it came in for this extension and nobody took it."""
        return self.is_to(extension_id) and self.result != Call.Result.ANSWERED

    def number_of(self, party: Party) -> str:
        """Return a party's number to look a name up by: a caller outside has no extension."""
        outside = self.direction == Call.Direction.INBOUND and party.extension_id is None
        return as_outside(party.number) if outside else party.number

    def other(self, extension_id: int) -> Party:
        """Return the party that is not this extension."""
        return self.caller if self.is_to(extension_id) else self.callee


class CallsWanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls are wanted: one extension's or all, of what kind, from when, until before when.

    With `missed`, those that came in for the extension and were not answered.
    """

    extension_id: int | None = None
    direction: str = ""
    result: str = ""
    missed: bool = False
    since: datetime | None = None
    until: datetime | None = None
    place: Place = Place()
    size: int = ROWS


class CallPage(msgspec.Struct, frozen=True):
    """Calls, and whether there are newer ones before and older ones after them."""

    rows: tuple[CallView, ...]
    earlier: bool
    later: bool


def list_calls(tenant_id: int, wanted: CallsWanted) -> CallPage:
    """Return one page of calls, in two queries."""
    backwards = wanted.place.backwards
    order = ("began_at", "id") if backwards else ("-began_at", "-id")
    rows = _narrowed(Call.objects.of(tenant_id), wanted)
    keys = _keys(rows, wanted, order)
    more = len(keys) > wanted.size
    shown = {row.pk: row for row in _whole(tenant_id, keys[: wanted.size])}
    calls = [shown[pk] for pk in keys[: wanted.size] if pk in shown]
    if backwards:
        calls.reverse()
    return CallPage(
        rows=tuple(_to_view(row) for row in calls),
        earlier=more if backwards else bool(wanted.place.after),
        later=backwards or more,
    )


def forget_calls(*, before: datetime, limit: int) -> int:
    """Delete calls of all tenants that ended before then, the oldest, no more than `limit`."""
    calls = Call.objects.all_tenants()
    # Looked for among the oldest alone: ids grow with time, and no index has the time first.
    oldest = list(calls.order_by("id").values_list("id", "ended_at")[:limit])
    gone = [call_id for call_id, ended_at in oldest if ended_at < before]
    count, _counts = calls.filter(id__in=gone).delete()
    return int(count)


def _keys(rows: QuerySet[Call], wanted: CallsWanted, order: tuple[str, str]) -> list[int]:
    """Return the ids of a page, and one more if there is one."""
    limit = wanted.size + 1
    if wanted.extension_id is None:
        return list(rows.order_by(*order).values_list("id", flat=True)[:limit])
    got = rows.filter(callee_id=wanted.extension_id)
    sides = [got] if wanted.missed else [got, rows.filter(caller_id=wanted.extension_id)]
    parts = [side.order_by(*order).values_list("began_at", "id")[:limit] for side in sides]
    found = parts[0].union(*parts[1:]).order_by(*order)[:limit] if len(parts) > 1 else parts[0]
    return [pk for _began_at, pk in found]


def _narrowed(rows: QuerySet[Call], wanted: CallsWanted) -> QuerySet[Call]:
    chosen: dict[str, Any] = {
        "direction": wanted.direction,
        "result": wanted.result,
        "began_at__gte": wanted.since,
        "began_at__lt": wanted.until,
    }
    rows = rows.filter(**{name: value for name, value in chosen.items() if value})
    if wanted.missed:
        rows = rows.exclude(result=Call.Result.ANSWERED)
    here = _read_place(wanted.place)
    if here is None:
        return rows
    began_at, call_id = here
    if wanted.place.backwards:
        beyond = Q(began_at__gt=began_at) | Q(began_at=began_at, id__gt=call_id)
        return rows.filter(beyond, began_at__gte=began_at)
    # Said twice, because an index serves the plain comparison only.
    beyond = Q(began_at__lt=began_at) | Q(began_at=began_at, id__lt=call_id)
    return rows.filter(beyond, began_at__lte=began_at)


def _read_place(place: Place) -> tuple[datetime, int] | None:
    """Return the call that a page is beside; what no page has named is as nothing."""
    moment, _, call_id = place.row.partition("-")
    if not all(each.isascii() and each.isdecimal() for each in (moment, call_id)):
        return None
    if len(call_id) > LONGEST_ID or len(moment) > LONGEST_ID or int(moment) > _FURTHEST:
        return None
    return _EPOCH + int(moment) * _MICROSECOND, int(call_id)


def _whole(tenant_id: int, ids: list[int]) -> QuerySet[Call]:
    return Call.objects.of(tenant_id).filter(id__in=ids).select_related("caller", "callee")


def _to_view(row: Call) -> CallView:
    return CallView(
        id=row.pk,
        direction=row.direction,
        result=row.result,
        began_at=row.began_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        caller=_to_party(row.caller_number, row.caller),
        callee=_to_party(row.callee_number, row.callee),
        emergency=row.emergency,
        sip_code=row.sip_code,
        place=f"{(row.began_at - _EPOCH) // _MICROSECOND}-{row.pk}",
    )


def _to_party(number: str, extension: Any) -> Party:
    """Return a side of a call. `extension` is its row, or None."""
    if extension is None:
        return Party(number=number)
    released = extension.state == "released"
    return Party(
        number=number,
        extension_id=extension.pk,
        extension="" if released else str(extension.number),
        name=extension.display_name,
    )
