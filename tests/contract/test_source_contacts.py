"""A source reads mailboxes: all folders, each completely or since its cursor."""

from rollcall.core.ports import BookFailure, BookReading, BookRequest
from rollcall.core.records import Phone
from tests.contract.company import Company, read_mailbox, read_mailboxes


async def test_all_contacts_of_all_folders_are_read(company: Company) -> None:
    anna = company.join("anna")
    company.add_folder(anna, "Customers")
    company.add_folder(anna, "North", below="Contacts/Customers")
    company.add_contact(anna, "Ada")
    company.add_contact(anna, "Ben", folder="Contacts/Customers")
    company.add_contact(anna, "Cem", folder="Contacts/Customers/North")
    async with company.open_source() as source:
        shelf = await read_mailbox(source, anna)
    assert shelf.found == {
        "Ada": "Contacts",
        "Ben": "Contacts/Customers",
        "Cem": "Contacts/Customers/North",
    }


async def test_a_contact_says_what_is_known_of_it(company: Company) -> None:
    anna = company.join("anna")
    contact_id = company.add_contact(anna, "Ada")
    async with company.open_source() as source:
        shelf = await read_mailbox(source, anna)
    contact = shelf.contacts[contact_id]
    assert contact.display_name == "Ada"
    assert contact.phones == (Phone("business", "030 1234"),)


async def test_a_mailbox_without_contacts_has_its_default_folder(company: Company) -> None:
    anna = company.join("anna")
    async with company.open_source() as source:
        shelf = await read_mailbox(source, anna)
    assert shelf.found == {}
    assert shelf.paths == {"Contacts"}


async def test_subfolders_are_left_out_when_they_are_not_wanted(company: Company) -> None:
    anna = company.join("anna")
    company.add_folder(anna, "Customers")
    company.add_contact(anna, "Ada")
    company.add_contact(anna, "Ben", folder="Contacts/Customers")
    async with company.open_source() as source:
        shelf = await read_mailbox(source, anna, subfolders=False)
    assert shelf.found == {"Ada": "Contacts"}
    assert shelf.paths == {"Contacts"}


async def test_the_next_reading_tells_what_changed_in_a_mailbox(company: Company) -> None:
    anna = company.join("anna")
    ada, ben = company.add_contact(anna, "Ada"), company.add_contact(anna, "Ben")
    company.add_contact(anna, "Cem")
    async with company.open_source() as source:
        before = await read_mailbox(source, anna)
        company.rename_contact(anna, ada, "Ada L.")
        company.remove_contact(anna, ben)
        company.add_contact(anna, "Dia")
        after = await read_mailbox(source, anna, before)
    assert not after.complete
    assert set(after.found) == {"Ada L.", "Cem", "Dia"}
    assert after.contacts[ada].display_name == "Ada L."


async def test_a_mailbox_without_news_says_nothing_new(company: Company) -> None:
    anna = company.join("anna")
    company.add_contact(anna, "Ada")
    async with company.open_source() as source:
        before = await read_mailbox(source, anna)
        request = BookRequest(1, anna, subfolders=True, folders=before.places)
        (reading,) = await read_mailboxes(source, request)
    assert isinstance(reading, BookReading)
    assert [(each.contacts, each.removed, each.complete) for each in reading.folders] == [
        ((), (), False)
    ]


async def test_a_contact_that_moves_is_neither_lost_nor_doubled(company: Company) -> None:
    anna = company.join("anna")
    company.add_folder(anna, "Customers")
    ada = company.add_contact(anna, "Ada")
    async with company.open_source() as source:
        before = await read_mailbox(source, anna)
        company.move_contact(anna, ada, "Contacts/Customers")
        there = await read_mailbox(source, anna, before)
        company.move_contact(anna, ada, "Contacts")
        back = await read_mailbox(source, anna, there)
    assert there.found == {"Ada": "Contacts/Customers"}
    assert back.found == {"Ada": "Contacts"}
    assert set(before.contacts) == set(there.contacts) == set(back.contacts) == {ada}


async def test_a_folder_that_comes_later_is_found_and_one_that_vanishes_is_gone(
    company: Company,
) -> None:
    anna = company.join("anna")
    company.add_contact(anna, "Ada")
    async with company.open_source() as source:
        before = await read_mailbox(source, anna)
        company.add_folder(anna, "Customers")
        company.add_contact(anna, "Ben", folder="Contacts/Customers")
        with_folder = await read_mailbox(source, anna, before)
        company.drop_folder(anna, "Contacts/Customers")
        without = await read_mailbox(source, anna, with_folder)
    assert with_folder.found == {"Ada": "Contacts", "Ben": "Contacts/Customers"}
    assert without.found == {"Ada": "Contacts"}
    assert without.paths == {"Contacts"}


async def test_a_folder_that_lost_its_place_is_read_completely(company: Company) -> None:
    anna = company.join("anna")
    ada = company.add_contact(anna, "Ada")
    company.add_contact(anna, "Ben")
    async with company.open_source() as source:
        before = await read_mailbox(source, anna)
        company.remove_contact(anna, ada)
        company.lose_folder_places(anna)
        after = await read_mailbox(source, anna, before)
    assert after.complete
    assert set(after.found) == {"Ben"}


async def test_a_hidden_mailbox_and_a_missing_one_are_failures_of_their_own(
    company: Company,
) -> None:
    anna, bob, cleo = company.join("anna"), company.join("bob"), company.join("cleo")
    company.hide_mailbox(anna)
    company.drop_mailbox(bob)
    company.add_contact(cleo, "Ada")
    requests = [
        BookRequest(number, person, subfolders=True)
        for number, person in enumerate((anna, bob, cleo), start=1)
    ]
    async with company.open_source() as source:
        answers = {each.book_id: each for each in await read_mailboxes(source, *requests)}
    statuses = {
        number: answer.status
        for number, answer in answers.items()
        if isinstance(answer, BookFailure)
    }
    assert statuses == {1: "not-permitted", 2: "no-mailbox"}
    assert isinstance(answers[3], BookReading)


async def test_many_mailboxes_are_read_each_under_its_own_number(company: Company) -> None:
    people = [company.join(f"person{number}") for number in range(30)]
    for number, person in enumerate(people):
        company.add_contact(person, f"Contact {number}")
    requests = [
        BookRequest(number, person, subfolders=True) for number, person in enumerate(people)
    ]
    async with company.open_source() as source:
        answers = await read_mailboxes(source, *requests)
    found = {
        answer.book_id: [contact.display_name for contact in answer.folders[0].contacts]
        for answer in answers
        if isinstance(answer, BookReading)
    }
    assert found == {number: [f"Contact {number}"] for number in range(30)}
