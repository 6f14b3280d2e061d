"""Calls that ended. Of who called whom nothing but numbers and extensions is known here."""

from typing import Annotated, Literal

from ninja import Query, Router

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After
from rollcall.api.shapes import Moment, Number, Page, RowLimit, page_of
from rollcall.calling.calls import CallsWanted
from rollcall.calling.calls import list_calls as read_calls
from rollcall.core.numbering import parse_number
from rollcall.telephony.queries import get_key
from rollcall.tenants.key_pages import ROWS, Place
from rollcall.wiring.calling_documents import CallJson, to_call_json

router = Router(tags=["Calls"])

Direction = Literal["internal", "inbound", "outbound"]
Result = Literal[
    "answered",
    "cancelled",
    "no-answer",
    "busy",
    "declined",
    "unreachable",
    "refused",
    "failed",
]


@offer(router, "GET", "/calls", scope=Scope.CALLS_READ, answers=page_of(CallJson))
def list_calls(
    request: ApiRequest,
    after: After = "",
    limit: RowLimit = ROWS,
    extension: Number | None = None,
    direction: Direction | None = None,
    result: Result | None = None,
    since: Annotated[Moment | None, Query()] = None,
    until: Annotated[Moment | None, Query()] = None,
) -> Page:
    """List calls that ended, the newest first, those of one extension if it is named.

    `since` is included, `until` is not.
    """
    tenant_id = tenant_of(request)
    key = get_key(tenant_id, parse_number(extension)) if extension else None
    wanted = CallsWanted(
        extension_id=key.id if key else None,
        direction=direction or "",
        result=result or "",
        since=since,
        until=until,
        place=Place(after=after),
        size=limit,
    )
    page = read_calls(tenant_id, wanted)
    following = page.rows[-1].place if page.later and page.rows else None
    return Page(tuple(map(to_call_json, page.rows)), following)
