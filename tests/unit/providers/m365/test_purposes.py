"""What mailboxes are for: answers, silence, and a permission that is missing."""

import pytest
from tests.unit.providers.scripted import BatchGraph, Office, Parts, good, refusal

from rollcall.core.errors import SetupError
from rollcall.core.ports import PurposeAnswer
from rollcall.core.records import SourceId
from rollcall.providers.m365.purposes import FIRST, PurposesReader

DENIED = refusal(403, "ErrorAccessDenied")


async def read(office: Office, *ids: str) -> list[PurposeAnswer]:
    async with BatchGraph(office).queue() as queue:
        reader = PurposesReader(queue)
        return [each async for each in reader.read([SourceId(name) for name in ids])]


@pytest.mark.parametrize(
    ("parts", "purpose"),
    [
        (good({"value": "shared"}), "shared"),
        (good({"value": "Shared", "@odata.context": "x"}), "shared"),
        (good({"value": None}), None),
        (good({}), None),
        (refusal(404, "MailboxNotEnabledForRESTAPI"), None),
    ],
)
async def test_a_mailbox_says_what_it_is_for_or_that_it_is_none(
    parts: Parts, purpose: str | None
) -> None:
    assert await read(lambda _: parts, "a") == [PurposeAnswer(SourceId("a"), purpose)]


async def test_of_a_mailbox_that_fails_nothing_is_learnt() -> None:
    [answer] = await read(lambda _: refusal(500, "ErrorInternalServerError"), "a")

    assert answer.purpose is None
    assert "500 ErrorInternalServerError" in answer.problem


async def test_a_hidden_mailbox_among_others_has_no_purpose() -> None:
    found = await read(lambda path: DENIED if "/a/" in path else good({"value": "user"}), "a", "b")

    assert [(each.source_id, each.purpose) for each in found] == [("a", None), ("b", "user")]


async def test_where_the_first_are_all_refused_the_permission_is_missing() -> None:
    graph = BatchGraph(lambda _: DENIED)
    async with graph.queue() as queue:
        ids = [SourceId(str(number)) for number in range(100)]
        with pytest.raises(SetupError, match=r"MailboxSettings\.Read"):
            async for _ in PurposesReader(queue).read(ids):
                pass

    assert len(graph.paths) == FIRST


async def test_nobody_is_asked_for_an_empty_list() -> None:
    assert await read(lambda _: None) == []
