"""The queue of single requests: full batches, never too much at once, and every answer taken."""

import asyncio
from collections import Counter

import msgspec
import pytest
from tests.clocks import Naps
from tests.unit.providers.scripted import (
    BatchGraph,
    Parts,
    ScriptedClient,
    error_answer,
    good,
    json_answer,
    make_graph,
    make_pace,
    new_signer,
    refusal,
    token_with,
)

from rollcall.core.errors import TransientError
from rollcall.providers.http.client import Answer, Request
from rollcall.providers.http.retry import MOST_ATTEMPTS
from rollcall.providers.m365.batch import Item, ItemAnswer
from rollcall.providers.m365.batch_queue import IN_FLIGHT, BatchQueue
from rollcall.providers.m365.gather import gather_answers


def item(path: str, mailbox: str | None = None) -> Item:
    return Item(path=path, mailbox=path if mailbox is None else mailbox, permission="Contacts.Read")


def decode(body: bytes) -> str:
    return msgspec.json.decode(body, type=str)


def always_good(_: str) -> Parts:
    return good()


@pytest.fixture
def naps() -> Naps:
    return Naps()


async def ask_all(queue: BatchQueue, items: list[Item]) -> list[str | ItemAnswer]:
    async with queue:
        return await asyncio.gather(*(queue.ask(each, decode) for each in items))


@pytest.mark.parametrize("count", [1, 19, 20, 21, 60, 61, 100])
async def test_so_many_requests_leave_in_as_few_batches_as_can_hold_them(
    naps: Naps, count: int
) -> None:
    graph = BatchGraph(always_good)
    queue = graph.queue(naps)

    answers = await ask_all(queue, [item(f"/{number}") for number in range(count)])

    assert answers == ["good"] * count
    assert len(graph.batches) == -(-count // 20)
    assert queue.items == count


async def test_no_more_than_four_batches_are_on_their_way(naps: Naps) -> None:
    graph = BatchGraph(always_good)
    queue = graph.queue(naps)

    await ask_all(queue, [item(f"/{number}") for number in range(200)])

    assert graph.most_at_once == IN_FLIGHT


async def test_no_more_than_four_requests_to_a_mailbox_are_on_their_way(naps: Naps) -> None:
    graph = BatchGraph(always_good)
    queue = graph.queue(naps)
    mailboxes = "abcde"
    most: Counter[str] = Counter()

    async def count() -> None:
        under_way = graph.batches[-graph.at_once :]
        for name, number in Counter(path[1] for batch in under_way for path in batch).items():
            most[name] = max(most[name], number)
        await asyncio.sleep(0)

    graph.hold = count
    items = [item(f"/{name}{number}", name) for name in mailboxes for number in range(9)]

    await ask_all(queue, items)

    assert most == dict.fromkeys(mailboxes, 4)


async def test_an_unfilled_batch_waits_for_a_producer_who_has_more(naps: Naps) -> None:
    graph = BatchGraph(always_good)
    queue = graph.queue(naps)
    async with queue:
        async with queue.producing():
            asked = [asyncio.ensure_future(queue.ask(item(f"/{n}"), decode)) for n in range(15)]
            for _ in range(50):
                await asyncio.sleep(0)
            early = list(graph.batches)
            asked += [
                asyncio.ensure_future(queue.ask(item(f"/{n}"), decode)) for n in range(15, 20)
            ]
        answers = await asyncio.gather(*asked)

    assert early == []
    assert [len(batch) for batch in graph.batches] == [20]
    assert answers == ["good"] * 20


async def test_a_resting_producer_holds_nothing_up(naps: Naps) -> None:
    graph = BatchGraph(always_good)
    queue = graph.queue(naps)
    async with queue, queue.producing():
        with queue.resting():
            assert await queue.ask(item("/1"), decode) == "good"


async def test_a_throttled_mailbox_is_asked_again_after_its_time_and_no_other_waits(
    naps: Naps,
) -> None:
    refused = iter([refusal(429, "ApplicationThrottled", **{"Retry-After": "30"})])
    graph = BatchGraph(lambda path: next(refused, good()) if path == "/slow" else good())
    queue = graph.queue(naps)

    answers = await ask_all(queue, [item("/slow"), item("/quick")])

    assert answers == ["good", "good"]
    assert graph.batches == [["/slow", "/quick"], ["/slow"]]
    assert naps.slept == [30]


async def test_what_is_left_out_broken_or_undecodable_is_asked_for_again(naps: Naps) -> None:
    scripts: dict[str, list[Parts | None]] = {
        "/left out": [None, good()],
        "/broken": [refusal(500, "generalException"), good()],
        "/undecodable": [good({"no": "text"}), good()],
    }
    graph = BatchGraph(lambda path: scripts[path].pop(0))
    queue = graph.queue(naps)

    answers = await ask_all(queue, [item(path) for path in scripts])

    assert answers == ["good"] * 3
    assert naps.slept == [0.5] * 3


@pytest.mark.parametrize(
    ("parts", "status"), [(None, 504), (good({}), 200), (refusal(500, "generalException"), 500)]
)
async def test_what_stays_broken_is_given_up_with_its_answer(
    naps: Naps, parts: Parts | None, status: int
) -> None:
    graph = BatchGraph(lambda _: parts)
    queue = graph.queue(naps)

    [answer] = await ask_all(queue, [item("/1")])

    assert isinstance(answer, ItemAnswer)
    assert answer.status == status
    assert len(graph.batches) == MOST_ATTEMPTS


@pytest.mark.parametrize("status", [400, 403, 404, 410, 501])
async def test_a_refusal_is_handed_on_as_it_is(naps: Naps, status: int) -> None:
    graph = BatchGraph(lambda _: refusal(status, "Because"))
    queue = graph.queue(naps)

    [answer] = await ask_all(queue, [item("/1")])

    assert isinstance(answer, ItemAnswer)
    assert (answer.status, answer.error.code) == (status, "Because")
    assert len(graph.batches) == 1


@pytest.mark.parametrize("parts", [refusal(401, "InvalidAuthenticationToken"), refusal(403, "No")])
async def test_a_token_that_is_refused_or_lacks_a_permission_is_renewed_once(
    naps: Naps, parts: Parts
) -> None:
    graph = BatchGraph(lambda _: parts)
    tokens = 0

    async def answer(request: Request) -> Answer:
        nonlocal tokens
        if request.url.endswith("/token"):
            tokens += 1
            return json_answer({"access_token": "fresh", "expires_in": 3599})
        return await graph.answer(request)

    calls, pauses = make_graph(
        ScriptedClient(answer), naps, token=token_with("User.Read.All"), signers=(new_signer(),)
    )
    queue = BatchQueue(calls, pace=make_pace(naps), pauses=pauses)

    answers = await ask_all(queue, [item("/1"), item("/2")])

    assert [type(each) for each in answers] == [ItemAnswer] * 2
    assert tokens == 1
    assert graph.batches == [["/1", "/2"]] * 2


async def test_a_batch_that_fails_as_a_whole_fails_all_who_wait_for_it(naps: Naps) -> None:
    async def unavailable(_: Request) -> Answer:
        return error_answer(503, "serviceNotAvailable")

    client = ScriptedClient(unavailable)
    calls, pauses = make_graph(client, naps)
    async with BatchQueue(calls, pace=make_pace(naps), pauses=pauses) as queue:
        failures = await asyncio.gather(
            *(queue.ask(item(f"/{number}"), decode) for number in range(3)),
            return_exceptions=True,
        )

    assert [type(each) for each in failures] == [TransientError] * 3
    assert client.requests == MOST_ATTEMPTS


async def test_answers_are_gathered_with_the_keys_of_their_items(naps: Naps) -> None:
    graph = BatchGraph(lambda path: good(path) if path != "/3" else refusal(404, "Gone"))
    queue = graph.queue(naps)
    items = {number: item(f"/{number}") for number in range(450)}

    async with queue:
        found = {key: answer async for key, answer in gather_answers(queue, items, decode)}

    refused = found.pop(3)
    assert isinstance(refused, ItemAnswer)
    assert found == {number: f"/{number}" for number in range(450) if number != 3}
