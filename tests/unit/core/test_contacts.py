"""One address book against one reading: nothing is lost, nothing is doubled, doubt waits."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from rollcall.core.contacts import (
    SECOND_READING,
    BookPlan,
    Doubt,
    FolderReading,
    KnownContact,
    KnownContacts,
    Shrunk,
    decode_books,
    encode_books,
    plan_book,
    quiet_plan,
)
from rollcall.core.phone import DialNumber
from rollcall.core.records import ContactId, ContactRecord, FolderId, Phone, fingerprint

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ROOT, CUSTOMERS = FolderId("contacts"), FolderId("customers")


def contact(name: str, folder: FolderId = ROOT, *, phone: str = "") -> ContactRecord:
    phones = (Phone("business", phone),) if phone else ()
    return ContactRecord(ContactId(name), folder, display_name=name, phones=phones)


def read(
    *contacts: ContactRecord,
    folder: FolderId = ROOT,
    complete: bool = True,
    removed: tuple[str, ...] = (),
    unreadable: tuple[str, ...] = (),
) -> FolderReading:
    return FolderReading(
        folder_id=folder,
        parent_id=FolderId("" if folder == ROOT else ROOT),
        path="Contacts" if folder == ROOT else f"Contacts/{folder}",
        complete=complete,
        contacts=contacts,
        removed=tuple(map(ContactId, removed)),
        unreadable=tuple(map(ContactId, unreadable)),
        cursor="next",
    )


def remembered(*contacts: ContactRecord) -> dict[ContactId, KnownContact]:
    return {
        each.contact_id: KnownContact(fingerprint(each, "DE"), each.folder_id) for each in contacts
    }


def outcome(
    *folders: FolderReading,
    known: KnownContacts,
    doubt: Doubt | None = None,
    now: datetime = NOW,
) -> BookPlan | Shrunk:
    return plan_book(book_id=7, folders=folders, known=known, country="DE", doubt=doubt, now=now)


def planned(*folders: FolderReading, known: KnownContacts) -> BookPlan:
    made = outcome(*folders, known=known)
    assert isinstance(made, BookPlan)
    return made


def crowd(count: int) -> list[ContactRecord]:
    return [contact(f"c{number:02}") for number in range(count)]


def test_new_contacts_are_created_with_their_numbers_as_they_are_dialled() -> None:
    made = planned(read(contact("ada", phone="030 901820")), known={})
    (created,) = made.created
    assert created.phones[0].dialled == DialNumber(4930901820, "")
    assert created.phones[0].number == "030 901820"
    assert (made.changed, made.gone, made.unchanged) == ((), (), 0)


def test_the_same_contacts_again_change_nothing() -> None:
    ada = contact("ada", phone="030 901820")
    made = planned(read(ada), known=remembered(ada))
    assert (made.created, made.changed, made.gone, made.unchanged) == ((), (), (), 1)


def test_another_country_writes_every_contact_anew() -> None:
    ada = contact("ada", phone="030 901820")
    known = {ada.contact_id: KnownContact(fingerprint(ada, "AT"), ROOT)}
    assert len(planned(read(ada), known=known).changed) == 1


def test_a_complete_folder_loses_what_it_does_not_show() -> None:
    ada, ben, cem = contact("ada"), contact("ben"), contact("cem")
    made = planned(read(ada, ben), known=remembered(ada, ben, cem))
    assert made.gone == ("cem",)


def test_a_folder_read_since_its_cursor_loses_only_what_it_names() -> None:
    people = crowd(5)
    made = planned(read(complete=False, removed=("c01", "stranger")), known=remembered(*people))
    assert made.gone == ("c01",)
    assert made.unchanged == 4


def test_a_move_between_folders_is_a_change_however_the_two_folders_say_it() -> None:
    before = remembered(contact("ada"), contact("ben"))
    moved = contact("ada", CUSTOMERS)
    left, arrived = (
        read(complete=False, removed=("ada",)),
        read(moved, folder=CUSTOMERS, complete=False),
    )
    for folders in ((left, arrived), (arrived, left)):
        made = planned(*folders, known=before)
        assert [each.record for each in made.changed] == [moved]
        assert (made.created, made.gone) == ((), ())


def test_the_folder_that_was_left_may_say_so_later() -> None:
    known = remembered(contact("ada", CUSTOMERS), contact("ben"))
    made = planned(
        read(complete=False, removed=("ada",)),
        read(folder=CUSTOMERS, complete=False),
        known=known,
    )
    assert made.gone == ()


def test_a_vanished_folder_takes_its_contacts_along() -> None:
    known = remembered(contact("ada"), contact("ben"), contact("cem", CUSTOMERS))
    made = planned(read(complete=False), known=known)
    assert made.gone == ("cem",)
    assert [each.folder_id for each in made.folders] == [ROOT]


def test_an_unreadable_contact_stays_as_it_is() -> None:
    known = remembered(contact("ada"), contact("ben"))
    made = planned(read(contact("ben"), unreadable=("ada",)), known=known)
    assert made.gone == ()
    assert made.unchanged == 2


def test_folders_are_remembered_with_how_much_is_in_them() -> None:
    known = remembered(contact("ada"), contact("ben"))
    made = planned(
        read(contact("cem"), complete=False, removed=("ada",)),
        read(contact("dia", CUSTOMERS), folder=CUSTOMERS),
        known=known,
    )
    assert [(each.path, each.cursor, each.contacts) for each in made.folders] == [
        ("Contacts", "next", 2),
        ("Contacts/customers", "next", 1),
    ]


def test_a_reading_without_news_is_planned_as_if_every_contact_had_been_looked_at() -> None:
    folders = (read(complete=False), read(complete=False, folder=CUSTOMERS))
    known = remembered(contact("ada"), contact("ben"), contact("cem", CUSTOMERS))

    quiet = quiet_plan(book_id=7, folders=folders, sizes={ROOT: 2, CUSTOMERS: 1})

    assert quiet == planned(*folders, known=known)


@pytest.mark.parametrize(
    "folders",
    [
        (read(complete=False), read(contact("x"), complete=False, folder=CUSTOMERS)),
        (read(complete=False), read(complete=False, removed=("x",), folder=CUSTOMERS)),
        (read(complete=False), read(complete=False, unreadable=("x",), folder=CUSTOMERS)),
        (read(complete=False), read(folder=CUSTOMERS)),
        (read(complete=False),),
        (read(complete=False), *(read(complete=False, folder=FolderId(x)) for x in "ab")),
    ],
    ids=["a contact", "a removal", "an unreadable one", "complete", "a folder less", "other ones"],
)
def test_any_news_needs_the_contacts(folders: tuple[FolderReading, ...]) -> None:
    assert quiet_plan(book_id=7, folders=folders, sizes={ROOT: 2, CUSTOMERS: 1}) is None


def test_a_book_that_reads_empty_waits() -> None:
    shrunk = outcome(read(), known=remembered(contact("ada")))
    assert isinstance(shrunk, Shrunk)
    assert (shrunk.known, shrunk.lost, shrunk.doubt.since) == (1, 1, NOW)


def test_a_book_that_lost_more_than_half_waits_and_one_that_lost_half_does_not() -> None:
    people = crowd(20)
    assert isinstance(outcome(read(*people[10:]), known=remembered(*people)), BookPlan)
    assert isinstance(outcome(read(*people[11:]), known=remembered(*people)), Shrunk)


def test_a_second_reading_an_hour_later_that_agrees_is_believed() -> None:
    known = remembered(*crowd(20))
    first = outcome(read(), known=known)
    assert isinstance(first, Shrunk)
    early = NOW + SECOND_READING - timedelta(seconds=1)
    again = outcome(read(), known=known, doubt=first.doubt, now=early)
    assert isinstance(again, Shrunk)
    assert again.doubt == first.doubt
    late = outcome(read(), known=known, doubt=first.doubt, now=NOW + SECOND_READING)
    assert isinstance(late, BookPlan)
    assert len(late.gone) == 20


def test_a_second_reading_that_disagrees_is_doubted_anew() -> None:
    people = crowd(20)
    known = remembered(*people)
    first = outcome(read(), known=known)
    assert isinstance(first, Shrunk)
    later = NOW + timedelta(hours=5)
    other = outcome(read(people[0]), known=known, doubt=first.doubt, now=later)
    assert isinstance(other, Shrunk)
    assert other.doubt.since == later


def test_a_book_that_is_whole_again_is_doubted_no_more() -> None:
    people = crowd(20)
    doubt = Doubt(NOW, b"digest")
    assert isinstance(outcome(read(*people), known=remembered(*people), doubt=doubt), BookPlan)


def test_plans_of_books_survive_being_kept() -> None:
    made = planned(read(contact("ada", phone="+49 30 901820")), known={})
    other = msgspec.structs.replace(made, book_id=8)
    assert decode_books(encode_books([made, other])) == (made, other)
