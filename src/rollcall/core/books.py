"""Which address books a run reads, adds, keeps and drops."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from rollcall.core.policy import Mode, Selection
from rollcall.core.ports import KnownBook, KnownPurpose, Owner, Purposes
from rollcall.core.records import SourceId

NO_MAILBOX_PATIENCE = timedelta(days=7)
"""For so long a missing mailbox is asked for in every run (a new licence takes a while), and after
that once in so long."""

SHARED = "shared"


class BooksPlan(msgspec.Struct, frozen=True):
    """Mailboxes to add (with the owner's extension id), books to drop, mailboxes to read."""

    added: Mapping[SourceId, int | None]
    dropped: tuple[int, ...]
    read: frozenset[SourceId]


def plan_personal_books(
    *,
    owners: Mapping[SourceId, Owner],
    selection: Selection,
    books: Mapping[SourceId, KnownBook],
    now: datetime,
) -> BooksPlan:
    """Plan the books of people: the selected ones; of those who cannot work, nothing is read."""
    selected = {each: owner for each, owner in owners.items() if selection.includes(each)}
    working = {each for each, owner in selected.items() if owner.working}
    return BooksPlan(
        added={each: selected[each].extension_id for each in working if each not in books},
        dropped=tuple(book.book_id for each, book in books.items() if each not in selected),
        read=frozenset(_worth_reading(working, books, now)),
    )


def plan_company_books(
    *,
    mailboxes: Collection[SourceId],
    books: Mapping[SourceId, KnownBook],
    now: datetime,
) -> BooksPlan:
    """Plan the company's books: one for each of `mailboxes`."""
    return BooksPlan(
        added={each: None for each in mailboxes if each not in books},
        dropped=tuple(book.book_id for each, book in books.items() if each not in mailboxes),
        read=frozenset(_worth_reading(mailboxes, books, now)),
    )


def choose_mailboxes(selection: Selection, purposes: Purposes | None) -> frozenset[SourceId]:
    """Return the mailboxes of the company's contacts.

    Named ones are taken as they are; “all” and “all except” go by what a mailbox is for, so
    without `purposes` they choose nothing.
    """
    if selection.mode is Mode.ONLY:
        return selection.ids
    known = purposes.known if purposes else {}
    return frozenset(
        source_id
        for source_id, each in known.items()
        if each.purpose == SHARED and selection.includes(source_id)
    )


def purposes_to_ask(known: Mapping[SourceId, KnownPurpose], now: datetime) -> list[SourceId]:
    """Return the mailboxes whose purpose is not known, or may be another one by now."""
    return [
        source_id
        for source_id, each in known.items()
        if not each.current
        or (
            each.missing_since is not None
            and not _is_given_up(each.missing_since, each.missing_at, now)
        )
    ]


def _worth_reading(
    mailboxes: Collection[SourceId], books: Mapping[SourceId, KnownBook], now: datetime
) -> Iterator[SourceId]:
    for mailbox in mailboxes:
        book = books.get(mailbox)
        if book is None or not _rests(book, now):
            yield mailbox


def _rests(book: KnownBook, now: datetime) -> bool:
    return book.status == "no-mailbox" and _is_given_up(book.status_since, book.checked_at, now)


def _is_given_up(since: datetime | None, last: datetime | None, now: datetime) -> bool:
    """Tell whether a mailbox has been missing for so long that it is asked for now and then."""
    if since is None or last is None:
        return False
    return since + NO_MAILBOX_PATIENCE <= now < last + NO_MAILBOX_PATIENCE
