"""The reading of people: pages to their end, lost places, single objects asked for again."""

from collections.abc import Sequence
from urllib.parse import unquote

import pytest
from tests.clocks import Naps
from tests.unit.providers.scripted import (
    ROLES,
    BatchGraph,
    ScriptedClient,
    error_answer,
    good,
    header_of,
    json_answer,
    make_graph,
    refusal,
    token_with,
)

from rollcall.core.errors import ContractError, TransientError
from rollcall.core.ports import StartOver, UserEvent, UserPage, UsersDone
from rollcall.core.records import Cursor, Removal, SourceId, Unreadable, UserRecord
from rollcall.providers.http.client import Answer, Request
from rollcall.providers.m365.users import MOST_RESTARTS, SHAPE, UsersReader

ROOT = "https://graph.microsoft.com/v1.0"
NEXT = ROOT + "/users/delta?$skiptoken=1"
DELTA = ROOT + "/users/delta?$deltatoken=1"
GONE = error_answer(410, "SyncStateNotFound", location="https://evil.example/")


def page(*ids: str, next_link: str = "", delta_link: str = "") -> Answer:
    links = {"@odata.nextLink": next_link, "@odata.deltaLink": delta_link}
    body = {"value": [{"id": each, "displayName": each} for each in ids]}
    return json_answer({**body, **{name: link for name, link in links.items() if link}})


class Feed:
    """Answers in the order given, the last answer for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[Request] = []

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.asked]

    async def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def read(self, *, since: str = "", resume: str = "") -> list[UserEvent]:
        client = ScriptedClient(self.answer)
        graph, _ = make_graph(client, Naps(), token=token_with(*ROLES))
        async with BatchGraph(lambda _: None).queue() as queue:
            reader = UsersReader(graph, queue)
            cursor = Cursor(value=since, shape=SHAPE) if since else None
            return [event async for event in reader.read(since=cursor, resume=resume)]


def ids(events: Sequence[UserEvent]) -> list[list[str]]:
    pages = [event for event in events if isinstance(event, UserPage)]
    return [[each.source_id for each in found.sightings] for found in pages]


async def test_pages_are_followed_to_the_delta_link_which_is_the_cursor() -> None:
    feed = Feed(page("1", "2", next_link=NEXT), page(next_link=NEXT), page("3", delta_link=DELTA))

    events = await feed.read()

    assert ids(events) == [["1", "2"], [], ["3"]]
    assert events[-1] == UsersDone(cursor=Cursor(value=DELTA, shape=SHAPE))
    assert feed.urls[0].startswith(ROOT + "/users/delta?$select=id,displayName,")
    assert feed.urls[1:] == [NEXT, NEXT]
    assert {header_of(each, "prefer") for each in feed.asked} == {"odata.maxpagesize=999"}


async def test_each_page_says_where_to_go_on() -> None:
    events = await Feed(page("1", next_link=NEXT), page("2", delta_link=DELTA)).read()

    assert [event.resume for event in events if isinstance(event, UserPage)] == [NEXT, NEXT]


@pytest.mark.parametrize(("since", "resume", "asked"), [(DELTA, "", DELTA), (DELTA, NEXT, NEXT)])
async def test_a_reading_begins_at_its_cursor_or_where_it_was_left(
    since: str, resume: str, asked: str
) -> None:
    feed = Feed(page(delta_link=DELTA))

    await feed.read(since=since, resume=resume)

    assert feed.urls == [asked]


async def test_a_lost_place_starts_over_from_our_own_beginning() -> None:
    feed = Feed(page("1", next_link=NEXT), GONE, page("1", "2", delta_link=DELTA))

    events = await feed.read()

    assert [type(event) for event in events] == [UserPage, StartOver, UserPage, UsersDone]
    assert feed.urls[2] == feed.urls[0]


async def test_a_place_that_is_lost_again_and_again_is_given_up() -> None:
    feed = Feed(GONE)

    with pytest.raises(TransientError) as raised:
        await feed.read(since=DELTA)

    assert raised.value.code == "cursor-lost"
    assert len(feed.urls) == MOST_RESTARTS + 1


@pytest.mark.parametrize(
    "answer",
    [page("1", next_link="https://evil.example/x"), page("1", delta_link="https://evil.example/x")],
)
async def test_a_page_with_a_link_to_another_host_is_not_handed_on(answer: Answer) -> None:
    feed = Feed(answer)

    with pytest.raises(ContractError) as raised:
        await feed.read()

    assert raised.value.code == "foreign-link"
    assert len(feed.urls) == 1


async def test_a_page_without_any_link_is_half_an_answer() -> None:
    with pytest.raises(ContractError) as raised:
        await Feed(page("1")).read()

    assert raised.value.code == "half-answer"


async def test_a_person_that_makes_no_sense_is_named() -> None:
    odd = json_answer(
        {"value": [{"id": "1"}, {"id": "2", "surname": []}], "@odata.deltaLink": DELTA}
    )

    [found, _] = await Feed(odd).read()

    assert isinstance(found, UserPage)
    assert [type(each) for each in found.sightings] == [UserRecord, Unreadable]
    assert found.sightings[1].source_id == "2"


async def test_single_people_are_asked_for_again_by_their_ids() -> None:
    answers = {
        "there": good({"id": "there", "displayName": "There"}),
        "gone": refusal(404, "Request_ResourceNotFound"),
        "odd": good({"id": "odd", "surname": 7}),
        "denied": refusal(403, "Authorization_RequestDenied"),
    }
    batches = BatchGraph(lambda path: answers[path.split("/")[2].split("?")[0]])
    graph, _ = make_graph(ScriptedClient(batches.answer), Naps())

    async with batches.queue() as queue:
        reader = UsersReader(graph, queue)
        found = [each async for each in reader.reread([SourceId(name) for name in answers])]

    assert [(type(each), each.source_id) for each in found] == [
        (UserRecord, "there"),
        (Removal, "gone"),
        (Unreadable, "odd"),
    ]
    assert found[1] == Removal(source_id=SourceId("gone"), permanent=False)


GUID = "11111111-2222-3333-4444-555555555555"
O_NEIL = "o'neil@x.example"
BY_NAME_AND_MAIL = (
    "userPrincipalName eq 'o''neil@x.example' or mail eq 'o''neil@x.example' or "
    "proxyAddresses/any(p:p eq 'smtp:o''neil@x.example')"
)


@pytest.mark.parametrize(
    ("line", "condition"), [(GUID, f"id eq '{GUID}'"), (O_NEIL, BY_NAME_AND_MAIL)]
)
async def test_a_line_of_a_list_is_looked_up_by_id_or_by_name_and_mail(
    line: str, condition: str
) -> None:
    batches = BatchGraph(lambda _: good({"value": [{"id": "1"}]}))
    graph, _ = make_graph(ScriptedClient(batches.answer), Naps())

    async with batches.queue() as queue:
        [found] = await UsersReader(graph, queue).find([line])

    assert found.source_id == "1"
    assert unquote(batches.paths[0].partition("$filter=")[2]) == condition


async def test_a_line_that_finds_nobody_finds_nobody() -> None:
    batches = BatchGraph(lambda _: good({"value": []}))
    graph, _ = make_graph(ScriptedClient(batches.answer), Naps())

    async with batches.queue() as queue:
        assert await UsersReader(graph, queue).find(["nobody@x.example"]) == []
