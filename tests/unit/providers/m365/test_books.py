"""Many mailboxes at once: each comes to its own end, whatever the others come to."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
from tests.unit.providers.scripted import BatchGraph, Office, Parts, good, refusal

from rollcall.core.errors import ContractError, SyncError, TransientError
from rollcall.core.ports import BookFailure, BookReading, BookRequest
from rollcall.core.records import SourceId
from rollcall.providers.m365.books import SHELF, WINDOW, BooksReader

ROOT = "https://graph.microsoft.com/v1.0"
SOON = 5.0


async def requests(count: int) -> AsyncGenerator[BookRequest]:
    for number in range(count):
        yield BookRequest(number, SourceId(f"u{number}"), subfolders=True)


def contents(path: str) -> Parts:
    if "/contactFolders?" in path:
        return good({"value": []})
    return good({"value": [{"id": "a"}], "@odata.deltaLink": ROOT + "/delta"})


async def read(office: Office, count: int) -> tuple[list[BookReading], list[BookFailure]]:
    graph = BatchGraph(office)
    async with graph.queue() as queue:
        reader = BooksReader(queue, root=ROOT, delta=True)
        found = [outcome async for outcome in reader.read(requests(count))]
    good = [each for each in found if isinstance(each, BookReading)]
    return good, [each for each in found if isinstance(each, BookFailure)]


@pytest.mark.parametrize("count", [0, 1, WINDOW, 3 * WINDOW + 7])
async def test_every_mailbox_is_read_once(count: int) -> None:
    readings, failures = await read(contents, count)

    assert sorted(each.book_id for each in readings) == list(range(count))
    assert failures == []


async def test_two_requests_a_mailbox_leave_in_full_batches() -> None:
    graph = BatchGraph(contents)
    async with graph.queue() as queue:
        reader = BooksReader(queue, root=ROOT, delta=True)
        assert len([each async for each in reader.read(requests(500))]) == 500

    assert len(graph.batches) == 500 * 2 // 20


async def test_a_mailbox_that_fails_is_a_value_and_the_others_are_read() -> None:
    def office(path: str) -> Parts:
        if path.startswith("/users/u3/"):
            return refusal(403, "ErrorAccessDenied")
        if path.startswith("/users/u5/contactFolders/contacts"):
            return good({"value": [], "@odata.deltaLink": "https://evil.example/x"})
        return contents(path)

    readings, failures = await read(office, 10)

    assert len(readings) == 8
    assert {(each.book_id, each.status, each.code) for each in failures} == {
        (3, "not-permitted", "not-permitted"),
        (5, "failed", "foreign-link"),
    }


async def test_a_reader_who_takes_nothing_more_leaves_nothing_running() -> None:
    graph = BatchGraph(contents)
    async with graph.queue() as queue:
        outcomes = BooksReader(queue, root=ROOT, delta=True).read(requests(1000))
        await anext(outcomes)
        await outcomes.aclose()

    assert len(graph.paths) < 2000


async def test_what_breaks_the_requests_breaks_the_reading() -> None:
    async def broken() -> AsyncGenerator[BookRequest]:
        yield BookRequest(0, SourceId("u0"), subfolders=True)
        raise ContractError("The store is gone.")

    async with BatchGraph(contents).queue() as queue:
        reader = BooksReader(queue, root=ROOT, delta=True)
        with pytest.raises(SyncError, match="The store is gone"):
            async for _ in reader.read(broken()):
                pass


async def test_a_reader_who_leaves_while_the_shelf_is_full_is_not_held() -> None:
    graph = BatchGraph(contents)
    async with graph.queue() as queue:
        outcomes = BooksReader(queue, root=ROOT, delta=True).read(requests(3 * SHELF))
        await anext(outcomes)
        for _ in range(2000):
            await asyncio.sleep(0)
        async with asyncio.timeout(SOON):
            await outcomes.aclose()


async def test_what_breaks_every_mailbox_ends_the_reading_although_none_is_left_to_draw() -> None:
    def office(path: str) -> Parts:
        raise TransientError(f"{path[:1]} answered 503 too often.")

    async with BatchGraph(office).queue() as queue, asyncio.timeout(SOON):
        reader = BooksReader(queue, root=ROOT, delta=True)
        with pytest.raises(TransientError, match="503"):
            async for _ in reader.read(requests(3)):
                pass
