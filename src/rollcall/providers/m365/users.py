"""People from /users/delta: pages, removals, lost places.

https://learn.microsoft.com/graph/api/user-delta
"""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeGuard
from urllib.parse import quote

import msgspec

from rollcall.core.errors import ContractError, TransientError
from rollcall.core.ports import StartOver, UserEvent, UserPage, UsersDone
from rollcall.core.records import Cursor, Removal, Sighting, SourceId, Unreadable, UserRecord
from rollcall.providers.m365.batch import Item, ItemAnswer
from rollcall.providers.m365.batch_queue import BatchQueue
from rollcall.providers.m365.gather import gather_answers
from rollcall.providers.m365.graph import FORBIDDEN, OK, GraphClient, LostPlaceError, to_error
from rollcall.providers.m365.mapping import to_sighting
from rollcall.providers.m365.wire import USER_FIELDS, GraphUser, Page, UserPageWire, decode_page

SELECT = ",".join(USER_FIELDS)
START = f"/users/delta?$select={SELECT}"
PERMISSION = "User.Read.All"
PAGE_SIZE = {"Prefer": "odata.maxpagesize=999"}
"""A wish: fewer, larger pages. Graph is free to ignore it."""

SHAPE = f"users/delta {SELECT}"
NOT_FOUND = 404
MOST_PAGES = 100_000
MOST_RESTARTS = 2

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


class UsersReader:
    """Reads the people of one directory."""

    def __init__(self, graph: GraphClient, queue: BatchQueue) -> None:
        self._graph = graph
        self._queue = queue

    async def read(self, *, since: Cursor | None, resume: str) -> AsyncGenerator[UserEvent]:
        """Yield pages until the directory says that this is all; start over where it must."""
        url = resume or (since.value if since else START)
        restarts = 0
        for _ in range(MOST_PAGES):
            try:
                page, bad = await self._page(url)
            except LostPlaceError as error:
                restarts += 1
                if restarts > MOST_RESTARTS:
                    raise TransientError(
                        "The directory lost the place of the reading again and again.",
                        code="cursor-lost",
                    ) from error
                url = START
                yield StartOver()
                continue
            self._graph.check_link(page.next_link)
            self._graph.check_link(page.delta_link)
            yield UserPage(sightings=_sightings(page, bad), resume=page.next_link or url)
            if page.delta_link:
                yield UsersDone(cursor=Cursor(value=page.delta_link, shape=SHAPE))
                return
            if not page.next_link:
                raise ContractError(
                    "A page of people has neither a next link nor a delta link.", code="half-answer"
                )
            url = page.next_link
        raise ContractError(f"The people did not end after {MOST_PAGES} pages.")

    async def _page(self, url: str) -> tuple[Page[GraphUser], list[str]]:
        return await self._graph.get(url, decode_users, permission=PERMISSION, headers=PAGE_SIZE)

    async def reread(self, ids: Sequence[SourceId]) -> AsyncGenerator[Sighting]:
        """Yield single objects, asked for one by one."""
        items = {
            source_id: Item(
                path=f"/users/{quote(source_id)}?$select={SELECT}",
                mailbox=source_id,
                permission=PERMISSION,
            )
            for source_id in ids
        }
        async with aclosing(gather_answers(self._queue, items, _decode_single)) as answers:
            async for source_id, answer in answers:
                if isinstance(answer, GraphUser):
                    yield to_sighting(answer)
                elif answer.status == NOT_FOUND:
                    yield Removal(source_id=source_id, permanent=False)
                elif answer.status == OK:
                    yield _unreadable(source_id)

    async def find(self, lines: Sequence[str]) -> list[UserRecord]:
        """Return the people whose id, principal name or mail address one of `lines` is."""
        items = {
            line: Item(path=_find_path(line), mailbox="", permission=PERMISSION) for line in lines
        }
        found: list[UserRecord] = []
        async with aclosing(gather_answers(self._queue, items, decode_users)) as answers:
            async for _, answer in answers:
                if not isinstance(answer, ItemAnswer):
                    found += filter(_is_record, _sightings(*answer))
                elif answer.status == FORBIDDEN:
                    raise to_error(answer.error, PERMISSION)
        return found


def decode_users(body: bytes) -> tuple[Page[GraphUser], list[str]]:
    """Decode a page of people; the second part names objects that could not be understood.

    An object without an id cannot even be named, so a page with one is no page.
    """
    page, bad = decode_page(UserPageWire, GraphUser, body)
    if not all(bad) or not all(user.id for user in page.value):
        raise msgspec.DecodeError("an object without an id")
    return page, bad


def _sightings(page: Page[GraphUser], bad: Sequence[str]) -> tuple[Sighting, ...]:
    return (*map(to_sighting, page.value), *map(_unreadable, bad))


def _unreadable(source_id: str) -> Unreadable:
    return Unreadable(
        source_id=SourceId(source_id),
        why="Microsoft's answer about this person could not be understood; it is asked for again.",
    )


def _decode_single(body: bytes) -> GraphUser:
    user = msgspec.json.decode(body, type=GraphUser)
    if not user.id:
        raise msgspec.DecodeError("an object without an id")
    return user


def _is_record(sighting: Sighting) -> TypeGuard[UserRecord]:
    return isinstance(sighting, UserRecord)


def _find_path(line: str) -> str:
    literal = "'" + line.replace("'", "''") + "'"
    condition = (
        f"userPrincipalName eq {literal} or mail eq {literal} or "
        f"proxyAddresses/any(p:p eq 'smtp:{literal[1:]})"
    )
    if _GUID.match(line):
        condition = f"id eq {literal}"
    return f"/users?$select={SELECT}&$filter={quote(condition)}"
