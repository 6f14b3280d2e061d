"""A source reads everybody, then what changed, and never loses anybody on the way."""

from contextlib import aclosing

from rollcall.core.policy import Stage
from rollcall.core.ports import UserPage
from rollcall.core.records import Removal, SourceId, Unreadable, UserRecord
from tests.contract.company import Company, pick, read_people

NAMES = ("anna", "bob", "cleo", "dora", "emil")


async def test_a_first_reading_tells_of_everybody(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    async with company.open_source() as source:
        told = await read_people(source)
    assert told.people == people
    assert told.cursor.shape == source.users_shape


async def test_a_record_says_what_is_known_of_somebody(company: Company) -> None:
    anna = company.join("anna")
    company.give_job(anna, "Operator")
    async with company.open_source() as source:
        record = (await read_people(source)).record(anna)
    assert (record.display_name, record.first_name, record.last_name) == (
        "anna Weber",
        "anna",
        "Weber",
    )
    assert record.principal_name == "anna@login.example"
    assert record.email == "anna@mail.example"
    assert record.aliases == ()
    assert record.job_title == "Operator"
    assert record.enabled
    assert not record.guest


async def test_a_directory_without_people_is_read_to_its_end(company: Company) -> None:
    async with company.open_source() as source:
        told = await read_people(source)
        again = await read_people(source, since=told.cursor)
    assert (told.people, again.people) == (set(), set())


async def test_the_next_reading_tells_what_changed(company: Company) -> None:
    anna, bob, cleo = (company.join(name) for name in NAMES[:3])
    async with company.open_source() as source:
        told = await read_people(source)
        company.give_job(anna, "Operator")
        company.disable(bob)
        dora = company.join("dora")
        news = await read_people(source, since=told.cursor)
    assert not news.started_over
    assert news.people >= {anna, bob, dora}
    assert cleo not in news.last_words
    assert news.record(anna).job_title == "Operator"
    assert news.record(anna).email == "anna@mail.example"
    assert not news.record(bob).enabled


async def test_a_reading_without_news_tells_of_nobody(company: Company) -> None:
    company.join("anna")
    async with company.open_source() as source:
        told = await read_people(source)
        quiet = await read_people(source, since=told.cursor)
        still_quiet = await read_people(source, since=quiet.cursor)
    assert quiet.last_words == still_quiet.last_words == {}


async def test_a_removal_is_told_and_whether_it_is_for_good(company: Company) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    async with company.open_source() as source:
        told = await read_people(source)
        company.remove(anna)
        company.purge(bob)
        news = await read_people(source, since=told.cursor)
    assert news.removed == {anna: False, bob: True}
    assert news.people == set()


async def test_whoever_is_restored_is_told_of_again_with_all_that_is_known(
    company: Company,
) -> None:
    anna = company.join("anna")
    async with company.open_source() as source:
        told = await read_people(source)
        company.remove(anna)
        gone = await read_people(source, since=told.cursor)
        company.restore(anna)
        back = await read_people(source, since=gone.cursor)
    assert back.record(anna) == told.record(anna)


async def test_somebody_who_joined_and_left_between_readings_is_not_there(
    company: Company,
) -> None:
    company.join("anna")
    async with company.open_source() as source:
        told = await read_people(source)
        bob = company.join("bob")
        company.remove(bob)
        news = await read_people(source, since=told.cursor)
    assert bob not in news.people


async def test_a_complete_reading_never_shows_who_was_removed_as_there(company: Company) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    company.remove(bob)
    async with company.open_source() as source:
        told = await read_people(source)
    assert told.people == {anna}


async def test_a_lost_place_starts_over_and_then_tells_of_everybody(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    async with company.open_source() as source:
        told = await read_people(source)
        company.lose_places()
        again = await read_people(source, since=told.cursor)
        quiet = await read_people(source, since=again.cursor)
    assert again.started_over
    assert again.people == people
    assert not quiet.started_over
    assert quiet.people == set()


async def test_a_reading_goes_on_where_another_connection_left_it(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    company.send_small_pages()
    first = await _first_page(company)
    async with company.open_source() as source:
        rest = await read_people(source, resume=first.resume)
    met = {word.source_id for word in first.sightings}
    assert 0 < len(met) < len(people)
    assert not rest.started_over
    assert met | rest.people == people


async def test_a_lost_place_of_an_unfinished_reading_starts_over(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    company.send_small_pages()
    first = await _first_page(company)
    company.lose_places()
    async with company.open_source() as source:
        told = await read_people(source, resume=first.resume)
    assert told.started_over
    assert told.people == people


async def _first_page(company: Company) -> UserPage:
    """Read the first page that tells of somebody, and break off."""
    async with (
        company.open_source() as source,
        aclosing(source.read_users(since=None)) as events,
    ):
        async for event in events:
            if isinstance(event, UserPage) and event.sightings:
                return event
    raise AssertionError("no page tells of anybody")


async def test_an_empty_page_is_not_the_end(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    company.send_small_pages()
    company.send_an_empty_page()
    async with company.open_source() as source:
        told = await read_people(source)
    assert any(not page.sightings for page in told.pages)
    assert told.people == people


async def test_what_makes_no_sense_is_told_as_that_and_by_its_id(company: Company) -> None:
    people = {company.join(name) for name in NAMES}
    company.garble_everybody()
    async with company.open_source() as source:
        told = await read_people(source)
    assert told.last_words.keys() == people
    assert all(isinstance(word, Unreadable) and word.why for word in told.last_words.values())


async def test_single_objects_are_read_again(company: Company) -> None:
    anna, bob = company.join("anna"), company.join("bob")
    company.remove(bob)
    async with company.open_source() as source, aclosing(source.reread_users([anna, bob])) as words:
        said = {word.source_id: word async for word in words}
    assert isinstance(said[anna], UserRecord)
    assert said[bob] == Removal(bob, permanent=False)


async def test_an_object_that_still_makes_no_sense_is_unreadable_again(company: Company) -> None:
    anna = company.join("anna")
    company.garble_everybody()
    async with company.open_source() as source, aclosing(source.reread_users([anna])) as words:
        (word,) = [word async for word in words]
    assert isinstance(word, Unreadable)
    assert word.source_id == anna


async def test_people_are_found_by_id_principal_name_and_mail(company: Company) -> None:
    anna, bob, cleo = (company.join(name) for name in NAMES[:3])
    company.join("dora")
    lines = (anna, "BOB@login.example", "Cleo@Mail.example", "nobody@mail.example")
    async with company.open_source() as source:
        found = await source.find_users(lines)
    assert pick(found) == {anna, bob, cleo}


async def test_an_apostrophe_in_a_line_is_only_a_letter(company: Company) -> None:
    neil = company.join("o'neil")
    async with company.open_source() as source:
        assert pick(await source.find_users(["o'neil@mail.example"])) == {neil}
        assert await source.find_users(["' or true or '"]) == []


async def test_nobody_who_was_removed_is_found(company: Company) -> None:
    anna = company.join("anna")
    company.remove(anna)
    async with company.open_source() as source:
        assert await source.find_users([anna, "anna@mail.example"]) == []


async def test_a_source_offers_all_stages_and_counts_what_it_asks(company: Company) -> None:
    company.join("anna")
    async with company.open_source() as source:
        assert source.offers == frozenset(Stage)
        await read_people(source)
        before = source.usage().requests
        await source.find_users([SourceId("anna@mail.example")])
        assert source.usage().requests > before > 0
        assert [source.lacking(stage) for stage in Stage] == [""] * len(Stage)
