"""The tenant's audit log."""

from datetime import UTC, datetime
from typing import Annotated

from ninja import Query, Router

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After, bad_place
from rollcall.api.shapes import BIGGEST_ID, USUAL, Limit, Moment, Page, Text, page_of
from rollcall.audit.queries import AuditFilter, EntryView, Place, list_entries

router = Router(tags=["Audit log"])

MICROSECONDS = 10**6


@offer(router, "GET", "/audit", scope=Scope.AUDIT_READ, answers=page_of(EntryView))
def list_audit(
    request: ApiRequest,
    after: After = "",
    limit: Limit = USUAL,
    actor: Text = "",
    action: Text = "",
    search: Text = "",
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Page:
    """List who did what, the newest first.

    `search` is looked for in actor and subject; `since` is included, `until` is not.
    """
    wanted = AuditFilter(
        actor=actor,
        actions=(action,) if action else (),
        search=search,
        since=since,
        until=until,
    )
    rows = list_entries(
        tenant_of(request), wanted, limit=limit + 1, before=_place(after) if after else None
    )
    following = _name(rows[limit - 1]) if len(rows) > limit else None
    return Page(tuple(rows[:limit]), following)


def _name(entry: EntryView) -> str:
    micros = round(entry.at.timestamp() * MICROSECONDS)
    return f"{micros}.{entry.id}"


def _place(text: str) -> Place:
    micros, dot, number = text.partition(".")
    if not (dot and micros.isdecimal() and number.isdecimal()):
        raise bad_place()
    seconds, rest = divmod(int(micros), MICROSECONDS)
    try:
        at = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
    except (ValueError, OverflowError, OSError):
        raise bad_place() from None
    return Place(at, min(int(number), BIGGEST_ID))
