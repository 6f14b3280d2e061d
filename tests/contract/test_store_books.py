"""A store keeps address books, their folders and their contacts, some books in one transaction."""

from datetime import timedelta

import pytest

from rollcall.core.contacts import BookPlan, Doubt, KnownContact, Shrunk
from rollcall.core.plan import UserPlan
from rollcall.core.ports import BookFailure, FolderPlace, KnownBook
from rollcall.core.records import ContactId, FolderId, SourceId, fingerprint
from tests.contract.books import COMPANY, PERSONAL, ROOT, Library, contact, folder, stored
from tests.contract.desk import START, Desk, person

ANNA = person("anna")
SHARED, SALES = SourceId("shared"), SourceId("sales")
DOUBT = Doubt(since=START, digest=b"d" * 16)


@pytest.fixture
def library(desk: Desk) -> Library:
    """The address books of the PBX."""
    return Library(desk)


def _owner(desk: Desk) -> int:
    desk.seat((ANNA, 2000))
    return desk.extension("anna").extension_id


# books


def test_a_new_book_was_never_read(desk: Desk, library: Library) -> None:
    owner = _owner(desk)
    made = library.change(PERSONAL, added={ANNA.source_id: owner})

    assert made == library.books(PERSONAL)
    book = made[ANNA.source_id]
    assert book == KnownBook(book.book_id, ANNA.source_id, owner, "new", None, None, None)
    assert library.books(COMPANY) == {}


def test_one_mailbox_may_be_a_book_of_a_person_and_of_the_company(
    desk: Desk, library: Library
) -> None:
    library.change(PERSONAL, added={ANNA.source_id: _owner(desk)})
    library.company("anna")

    assert library.books(PERSONAL).keys() == library.books(COMPANY).keys() == {"anna"}


def test_a_dropped_book_goes_with_its_contacts(library: Library) -> None:
    shared, sales = library.company("shared", "sales")
    library.fill(shared, contact("c1", phone="030 901820"), contact("c2"))
    library.fill(sales, contact("c1"))

    left = library.change(COMPANY, dropped=[shared])

    assert left.keys() == {"sales"}
    assert library.count(shared, sales) == library.count(sales) == 1


def test_a_book_of_another_scope_is_not_dropped(library: Library) -> None:
    (shared,) = library.company("shared")
    library.change(PERSONAL, dropped=[shared])

    assert library.books(COMPANY).keys() == {"shared"}


def test_a_released_persons_book_goes_with_its_contacts(desk: Desk, library: Library) -> None:
    books = library.change(PERSONAL, added={ANNA.source_id: _owner(desk)})
    book_id = books[ANNA.source_id].book_id
    library.fill(book_id, contact("c1"))
    desk.release("anna")

    assert library.books(PERSONAL) == {}
    assert library.count(book_id) == 0


# contacts


def test_contacts_come_change_and_go(library: Library) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("c1"), contact("c2"), contact("c3"))
    moved = contact("c2", folder=FolderId("below"), phone="+49 30 901820")
    library.apply(
        BookPlan(
            book_id=shared,
            created=(stored(contact("c4")),),
            changed=(stored(moved),),
            gone=(ContactId("c1"),),
            folders=(folder(contacts=2), folder("below", path="Contacts/Below", contacts=1)),
        )
    )

    assert library.known(shared) == {
        "c2": KnownContact(fingerprint(moved, "DE"), FolderId("below")),
        "c3": KnownContact(fingerprint(contact("c3"), "DE"), ROOT),
        "c4": KnownContact(fingerprint(contact("c4"), "DE"), ROOT),
    }
    assert library.count(shared) == 3


def test_books_do_not_share_contacts(library: Library) -> None:
    shared, sales = library.company("shared", "sales")
    library.fill(shared, contact("c1"), contact("c2"))
    library.fill(sales, contact("c1"))
    library.apply(BookPlan(book_id=sales, gone=(ContactId("c1"), ContactId("c2"))))

    assert library.known(shared).keys() == {"c1", "c2"}
    assert library.known(sales) == {}


def test_contact_ids_differ_in_case(library: Library) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("AAMk"), contact("aamk"))
    library.apply(BookPlan(book_id=shared, gone=(ContactId("aamk"),)))

    assert library.known(shared).keys() == {"AAMk"}


def test_several_books_are_applied_at_once(library: Library) -> None:
    shared, sales = library.company("shared", "sales")
    library.apply(
        BookPlan(book_id=shared, created=(stored(contact("c1")),), folders=(folder(),)),
        BookPlan(book_id=sales, created=(stored(contact("c2")),), folders=(folder(),)),
    )

    known = library.desk.ask(lambda store: store.known_contacts([shared, sales, 0]))
    assert {book_id: set(contacts) for book_id, contacts in known.items()} == {
        shared: {"c1"},
        sales: {"c2"},
        0: set(),
    }


def test_a_plan_for_a_book_that_went_meanwhile_is_passed_over(library: Library) -> None:
    shared, sales = library.company("shared", "sales")
    library.change(COMPANY, dropped=[shared])
    library.apply(
        BookPlan(book_id=shared, created=(stored(contact("c1")),), folders=(folder(),)),
        BookPlan(book_id=sales, created=(stored(contact("c2")),), folders=(folder(),)),
    )

    assert library.count(shared) == 0
    assert library.known(sales).keys() == {"c2"}


# folders and cursors


def test_folders_are_left_where_they_were_read(library: Library) -> None:
    (shared,) = library.company("shared")
    folders = (
        folder(cursor="a", contacts=3),
        folder("z", path="Contacts/Alpha", cursor="b"),
        folder("y", path="Contacts/Beta", cursor=""),
    )
    library.apply(BookPlan(book_id=shared, folders=folders))

    assert library.places(shared) == (
        FolderPlace(ROOT, FolderId(""), "Contacts", "a", 3),
        FolderPlace(FolderId("z"), ROOT, "Contacts/Alpha", "b", 0),
        FolderPlace(FolderId("y"), ROOT, "Contacts/Beta", "", 0),
    )


def test_a_book_that_was_never_read_has_no_places(library: Library) -> None:
    (shared,) = library.company("shared")

    assert library.places(shared) == ()


def test_cursors_of_another_question_come_back_empty(library: Library) -> None:
    (shared,) = library.company("shared")
    library.apply(BookPlan(book_id=shared, folders=(folder(cursor="a", contacts=3),)))

    (place,) = library.places(shared, shape="contacts FR")

    assert (place.cursor, place.contacts) == ("", 3)


def test_a_vanished_folder_is_forgotten(library: Library) -> None:
    (shared,) = library.company("shared")
    library.apply(BookPlan(book_id=shared, folders=(folder(), folder("below", path="Contacts/B"))))
    library.apply(BookPlan(book_id=shared, folders=(folder(cursor="f2"),)))

    assert [place.cursor for place in library.places(shared)] == ["f2"]


def test_reading_the_same_again_writes_nothing(desk: Desk, library: Library) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("c1"))
    before = desk.pbx.contents()
    desk.clock.forward(days=1)
    library.apply(BookPlan(book_id=shared, folders=(folder(contacts=1),), unchanged=1))

    assert desk.pbx.contents() == before


# what becomes of a reading


def _status(library: Library) -> tuple[object, ...]:
    book = library.books(COMPANY)[SHARED]
    return (book.status, book.status_since, book.checked_at)


def _fail(library: Library, book_id: int, status: str) -> None:
    failure = BookFailure(book_id, status, "code", "message")
    now = library.desk.clock()
    library.desk.ask(lambda store: store.mark_books([failure], now=now))


def test_a_book_that_was_read_says_since_when(library: Library) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("c1"))

    assert _status(library) == ("read", START, START)


@pytest.mark.parametrize("status", ["no-mailbox", "not-permitted"])
def test_a_failure_is_noted_and_keeps_the_contacts(library: Library, status: str) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("c1"))
    library.desk.clock.forward(days=1)
    _fail(library, shared, status)

    assert _status(library) == (status, START + timedelta(days=1), START + timedelta(days=1))
    assert library.count(shared) == 1


def test_a_passing_failure_is_not_noted(desk: Desk, library: Library) -> None:
    (shared,) = library.company("shared")
    before = desk.pbx.contents()
    _fail(library, shared, "failed")

    assert desk.pbx.contents() == before


def test_the_same_failure_is_noted_once_and_then_once_a_week(library: Library) -> None:
    (shared,) = library.company("shared")
    _fail(library, shared, "no-mailbox")
    library.desk.clock.forward(days=1)
    _fail(library, shared, "no-mailbox")
    next_day = _status(library)
    library.desk.clock.forward(days=6)
    _fail(library, shared, "no-mailbox")

    assert next_day == ("no-mailbox", START, START)
    assert _status(library) == ("no-mailbox", START, START + timedelta(days=7))


def test_a_mailbox_that_answers_again_is_read(library: Library) -> None:
    (shared,) = library.company("shared")
    _fail(library, shared, "no-mailbox")
    library.desk.clock.forward(days=1)
    library.fill(shared, contact("c1"))

    assert _status(library) == ("read", START + timedelta(days=1), START + timedelta(days=1))


def test_a_doubt_stays_until_a_reading_is_applied(library: Library) -> None:
    (shared,) = library.company("shared")
    library.fill(shared, contact("c1"))
    plan = BookPlan(book_id=shared, gone=(ContactId("c1"),))
    shrunk = Shrunk(plan=plan, known=1, lost=1, doubt=DOUBT)
    library.desk.ask(lambda store: store.doubt_books([shrunk]))
    doubted = library.books(COMPANY)[SHARED].doubt
    library.apply(BookPlan(book_id=shared, folders=(folder(contacts=1),), unchanged=1))

    assert doubted == DOUBT
    assert library.books(COMPANY)[SHARED].doubt is None
    assert library.count(shared) == 1


# purposes


def _keep(desk: Desk, *, refused: bool = False, **answers: str | None) -> None:
    told = {SourceId(name): purpose for name, purpose in answers.items()}
    now = desk.clock()
    desk.ask(lambda store: store.keep_purposes(told, refused=refused, now=now))


def test_a_purpose_is_current_until_the_record_changes(desk: Desk) -> None:
    desk.apply(UserPlan(added=(ANNA,)))
    unasked = desk.ask(lambda store: store.purposes()).known[ANNA.source_id]
    _keep(desk, anna="shared")
    asked = desk.ask(lambda store: store.purposes()).known[ANNA.source_id]
    desk.apply(UserPlan(remember=(person("anna", office="Lisbon"),)))
    stale = desk.ask(lambda store: store.purposes()).known[ANNA.source_id]

    assert (unasked.purpose, unasked.current) == ("", False)
    assert (asked.purpose, asked.current) == ("shared", True)
    assert (stale.purpose, stale.current) == ("shared", False)


def test_only_objects_with_a_mail_address_have_a_purpose(desk: Desk) -> None:
    desk.apply(UserPlan(added=(ANNA, person("bob", email=""))))
    _keep(desk, anna="user", bob="user", nobody="user")

    assert desk.ask(lambda store: store.purposes()).known.keys() == {"anna"}


def test_a_mailbox_that_does_not_tell_keeps_what_it_said_and_since_when(desk: Desk) -> None:
    desk.apply(UserPlan(added=(ANNA,)))
    _keep(desk, anna="shared")
    _keep(desk, anna=None)
    desk.clock.forward(days=1)
    _keep(desk, anna=None)
    missing = desk.ask(lambda store: store.purposes()).known[ANNA.source_id]
    _keep(desk, anna="user")
    told = desk.ask(lambda store: store.purposes()).known[ANNA.source_id]

    assert (missing.purpose, missing.current) == ("shared", True)
    assert (missing.missing_since, missing.missing_at) == (START, START + timedelta(days=1))
    assert (told.purpose, told.missing_since, told.missing_at) == ("user", None, None)


def test_a_refusal_to_tell_is_remembered_until_the_directory_tells(desk: Desk) -> None:
    _keep(desk, refused=True)
    refused = desk.ask(lambda store: store.purposes()).refused_at
    _keep(desk)

    assert refused == START
    assert desk.ask(lambda store: store.purposes()).refused_at is None
