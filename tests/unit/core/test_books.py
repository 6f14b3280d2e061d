"""Which address books are read, added and dropped."""

from datetime import timedelta

import pytest
from tests.unit.core.samples import NOW, ids

from rollcall.core.books import (
    NO_MAILBOX_PATIENCE,
    choose_mailboxes,
    plan_company_books,
    plan_personal_books,
    purposes_to_ask,
)
from rollcall.core.policy import Mode, Selection
from rollcall.core.ports import KnownBook, KnownPurpose, Owner, Purposes
from rollcall.core.records import SourceId

ANNA, BOB, CLEO = ids("anna", "bob", "cleo")
ALL = Selection()


def book(number: int, mailbox: SourceId, *, status: str = "ok", days: int = 0) -> KnownBook:
    since = NOW - timedelta(days=days)
    return KnownBook(number, mailbox, number, status, since, NOW - timedelta(days=1))


def test_people_get_a_book_and_only_working_ones_are_read() -> None:
    owners = {ANNA: Owner(1, working=True), BOB: Owner(2, working=False)}
    plan = plan_personal_books(owners=owners, selection=ALL, books={BOB: book(7, BOB)}, now=NOW)
    assert plan.added == {ANNA: 1}
    assert plan.dropped == ()
    assert plan.read == {ANNA}


def test_a_mailbox_out_of_the_selection_and_a_released_owner_lose_their_books() -> None:
    only = Selection(mode=Mode.ONLY, ids=frozenset({ANNA}))
    owners = {ANNA: Owner(1, working=True), BOB: Owner(2, working=True)}
    books = {ANNA: book(5, ANNA), BOB: book(6, BOB), CLEO: book(7, CLEO)}
    plan = plan_personal_books(owners=owners, selection=only, books=books, now=NOW)
    assert set(plan.dropped) == {6, 7}
    assert plan.read == {ANNA}


def test_the_company_has_a_book_for_each_of_its_mailboxes() -> None:
    books = {ANNA: book(5, ANNA), BOB: book(6, BOB)}
    plan = plan_company_books(mailboxes={BOB, CLEO}, books=books, now=NOW)
    assert plan.added == {CLEO: None}
    assert plan.dropped == (5,)
    assert plan.read == {BOB, CLEO}


@pytest.mark.parametrize(
    ("status", "days", "read"),
    [
        ("ok", 30, True),
        ("no-mailbox", 6, True),
        ("no-mailbox", 7, False),
        ("no-mailbox", 30, False),
        ("not-permitted", 30, True),
    ],
)
def test_a_mailbox_that_has_been_missing_for_long_is_asked_for_now_and_then(
    status: str,
    days: int,
    *,
    read: bool,
) -> None:
    books = {ANNA: book(5, ANNA, status=status, days=days)}
    plan = plan_company_books(mailboxes={ANNA}, books=books, now=NOW)
    assert bool(plan.read) is read
    later = NOW - timedelta(days=1) + NO_MAILBOX_PATIENCE
    assert plan_company_books(mailboxes={ANNA}, books=books, now=later).read == {ANNA}


PURPOSES = Purposes(
    known={ANNA: KnownPurpose("user"), BOB: KnownPurpose("shared"), CLEO: KnownPurpose("shared")},
    refused_at=None,
)


def test_all_mailboxes_are_the_shared_ones() -> None:
    assert choose_mailboxes(ALL, PURPOSES) == {BOB, CLEO}
    assert choose_mailboxes(ALL, None) == frozenset()


def test_named_mailboxes_are_taken_whatever_they_are_for() -> None:
    assert choose_mailboxes(Selection(mode=Mode.ONLY, ids=frozenset({ANNA})), None) == {ANNA}
    but = Selection(mode=Mode.EXCEPT, ids=frozenset({BOB}))
    assert choose_mailboxes(but, PURPOSES) == {CLEO}


def test_mailboxes_are_asked_what_they_are_for_when_that_is_not_known_or_may_be_new() -> None:
    long_ago, yesterday = NOW - timedelta(days=30), NOW - timedelta(days=1)
    last_week = NOW - timedelta(days=7)
    given_up, again, fresh, changed = ids("given-up", "again", "fresh", "changed")
    known = {
        ANNA: KnownPurpose("user", current=True),
        changed: KnownPurpose("user", current=False),
        BOB: KnownPurpose(),
        given_up: KnownPurpose(current=True, missing_since=long_ago, missing_at=yesterday),
        again: KnownPurpose(current=True, missing_since=long_ago, missing_at=last_week),
        fresh: KnownPurpose(current=True, missing_since=yesterday, missing_at=yesterday),
    }
    assert set(purposes_to_ask(known, NOW)) == {changed, BOB, again, fresh}
