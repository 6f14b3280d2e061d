"""A source tells the tags of photos, their bytes, and what mailboxes are for."""

from collections.abc import Sequence
from contextlib import aclosing

import pytest

from rollcall.core.errors import SetupError
from rollcall.core.ports import DirectorySource, PhotoContent, PhotoFailure, PhotoTag
from rollcall.core.records import SourceId
from tests.contract.company import Company


async def _tags(source: DirectorySource, *ids: SourceId) -> dict[SourceId, str]:
    async with aclosing(source.read_tags(ids)) as answers:
        return {each.source_id: each.tag async for each in answers if isinstance(each, PhotoTag)}


async def _photos(
    source: DirectorySource, *ids: SourceId
) -> dict[SourceId, PhotoContent | PhotoFailure]:
    async with aclosing(source.read_photos(ids)) as answers:
        return {each.source_id: each async for each in answers}


async def _purposes(source: DirectorySource, ids: Sequence[SourceId]) -> dict[SourceId, str | None]:
    async with aclosing(source.read_purposes(ids)) as answers:
        return {each.source_id: each.purpose async for each in answers if not each.problem}


async def test_no_photo_is_an_empty_tag(company: Company) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    company.set_photo(anna, "a smile")
    async with company.open_source() as source:
        tags = await _tags(source, anna, bob)
    assert tags[anna]
    assert tags[bob] == ""


async def test_a_tag_stays_until_the_photo_changes(company: Company) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    for person in (anna, bob):
        company.set_photo(person, "a smile")
    async with company.open_source() as source:
        before = await _tags(source, anna, bob)
        company.set_photo(anna, "a frown")
        company.remove_photo(bob)
        after = await _tags(source, anna, bob)
        again = await _tags(source, anna, bob)
    assert after[anna] not in {"", before[anna]}
    assert before[bob]
    assert after[bob] == ""
    assert again == after


async def test_the_bytes_of_a_photo_are_read_and_change_with_it(company: Company) -> None:
    anna = company.join("anna")
    company.set_photo(anna, "a smile")
    async with company.open_source() as source:
        smile = (await _photos(source, anna))[anna]
        company.set_photo(anna, "a frown")
        frown = (await _photos(source, anna))[anna]
    assert isinstance(smile, PhotoContent)
    assert isinstance(frown, PhotoContent)
    assert smile.content != frown.content
    assert smile.content


async def test_a_photo_that_is_not_there_is_a_failure_of_that_photo_alone(
    company: Company,
) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    company.set_photo(anna, "a smile")
    async with company.open_source() as source:
        answers = await _photos(source, anna, bob)
    assert isinstance(answers[anna], PhotoContent)
    assert isinstance(answers[bob], PhotoFailure)


async def test_a_mailbox_says_what_it_is_for(company: Company) -> None:
    anna, bob, cleo, dora = (company.join(name) for name in ("anna", "bob", "cleo", "dora"))
    company.turn_mailbox(bob, "shared")
    company.turn_mailbox(cleo, "room")
    company.drop_mailbox(dora)
    async with company.open_source() as source:
        purposes = await _purposes(source, [anna, bob, cleo, dora])
    assert purposes == {anna: "user", bob: "shared", cleo: "room", dora: None}


async def test_a_directory_that_may_not_say_raises_a_setup_error(company: Company) -> None:
    people = [company.join(name) for name in ("anna", "bob")]
    company.refuse_purposes()
    async with company.open_source() as source:
        with pytest.raises(SetupError):
            await _purposes(source, people)
