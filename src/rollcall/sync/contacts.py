"""The contact stages: people's own contacts, and the company's from shared mailboxes.

    lists + purposes ──► books to read ──► read ──► plan_book ──► store, some books at a time

Both stages read in one pass, because the directory is asked in batches that mailboxes share.
A book that cannot be read is a line in the report; a book that lost suspiciously much waits.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing

import msgspec

from rollcall.core.batches import split_batches
from rollcall.core.books import BooksPlan
from rollcall.core.contacts import BookPlan, KnownContacts, Shrunk, plan_book, quiet_plan
from rollcall.core.errors import SetupError, SyncError
from rollcall.core.guards import Hold
from rollcall.core.policy import Stage
from rollcall.core.ports import BookFailure, BookReading, BookRequest, KnownBook
from rollcall.core.records import FolderId, SourceId
from rollcall.core.report import Counts, Problem, StageReport
from rollcall.sync.context import RunContext

BOOKS_AT_ONCE = 100
CONTACTS_AT_ONCE = 4000
"""A transaction holds about so many mailboxes or contacts, whichever comes first."""


class Shelf(msgspec.Struct, frozen=True):
    """The books of one stage: what is to be done with them, and the problems met so far."""

    stage: Stage
    plan: BooksPlan
    books: Mapping[SourceId, KnownBook]
    problems: tuple[Problem, ...]


async def run_contacts(
    run: RunContext, shelves: Iterable[Shelf]
) -> tuple[list[StageReport], list[SyncError]]:
    """Bring the books of `shelves` up to date. Returns a report of each stage, and its failures."""
    ledgers = [await _open_ledger(run, shelf) for shelf in shelves]
    reader = _Reader(run, ledgers)
    await reader.read()
    reports = [await ledger.close(run) for ledger in ledgers]
    return reports, [failure for ledger in ledgers if (failure := ledger.failure(run))]


class _Ledger:
    """What one stage has done so far."""

    def __init__(self, shelf: Shelf, books: Mapping[SourceId, KnownBook], counts: Counts) -> None:
        self.stage = shelf.stage
        self.to_read = [books[each] for each in sorted(shelf.plan.read) if each in books]
        self.done = 0
        self.counts = counts
        self.problems = list(shelf.problems)
        self.shrunk: list[Shrunk] = []
        self.refused = 0

    def pass_over(self, run: RunContext) -> None:
        """Leave out what a run has read that this one goes on with."""
        left = [book for book in self.to_read if not _was_read(run, book)]
        self.done = len(self.to_read) - len(left)
        self.to_read = left

    def add_plan(self, plan: BookPlan) -> None:
        self.counts += Counts(
            created=len(plan.created),
            changed=len(plan.changed),
            released=len(plan.gone),
            unchanged=plan.unchanged,
        )

    def add_shrunk(self, shrunk: Shrunk, mailbox: SourceId) -> None:
        self.shrunk.append(shrunk)
        self.counts += Counts(unchanged=shrunk.known)
        self._note(
            mailbox,
            "book-shrank",
            f"{shrunk.lost} of {shrunk.known} contacts would go. They stay until a second reading "
            "at least an hour later agrees, or until this run is approved.",
        )

    def add_unreadable(self, reading: BookReading, mailbox: SourceId) -> None:
        count = sum(len(folder.unreadable) for folder in reading.folders)
        if count:
            self._note(
                mailbox,
                "unreadable-contacts",
                f"{count} contacts could not be understood. What is known of them stays; they are "
                "read again in the next run.",
            )

    def add_failure(self, failure: BookFailure, mailbox: SourceId) -> None:
        self.refused += failure.status == "not-permitted"
        self._note(mailbox, failure.code, failure.message)

    def _note(self, subject: str, code: str, message: str) -> None:
        self.problems.append(Problem(self.stage, subject, code, message))

    async def close(self, run: RunContext) -> StageReport:
        lost = sum(each.lost for each in self.shrunk)
        hold = None
        if self.shrunk:
            hold = Hold(
                removals=lost,
                active=sum(each.known for each in self.shrunk),
                sentence=(
                    f"{len(self.shrunk)} address books would lose {lost} contacts. "
                    "A second reading an hour later decides, or your approval."
                ),
            )
            if not run.dry_run:
                await run.store.hold_books(
                    self.stage, self.shrunk, shape=_shape(run), now=run.now()
                )
        return StageReport(
            stage=self.stage, counts=self.counts, problems=tuple(self.problems), hold=hold
        )

    def failure(self, run: RunContext) -> SyncError | None:
        """Return the error that every mailbox's refusal amounts to, if a permission lacks."""
        lacking = run.source.lacking(self.stage)
        if not (lacking and self.to_read and self.refused == len(self.to_read)):
            return None
        return SetupError(
            f"Microsoft refused all {self.refused} mailboxes: the permission {lacking} is not "
            "granted to the application. Grant it with admin consent, then run the sync again.",
            code="permission-missing",
            help_page="permissions.md",
        )


async def _open_ledger(run: RunContext, shelf: Shelf) -> _Ledger:
    plan = shelf.plan
    lost = await run.store.count_contacts(plan.dropped) if plan.dropped else 0
    if run.dry_run:
        books = {**shelf.books, **_imagined(plan)}
    elif plan.added or plan.dropped:
        books = await run.store.change_books(shelf.stage, added=plan.added, dropped=plan.dropped)
    else:
        books = dict(shelf.books)
    ledger = _Ledger(shelf, books, Counts(released=lost))
    ledger.pass_over(run)
    return ledger


def _was_read(run: RunContext, book: KnownBook) -> bool:
    return book.status == "read" and book.doubt is None and run.was_done(book.checked_at)


def _imagined(plan: BooksPlan) -> dict[SourceId, KnownBook]:
    """Return the books that a preview only imagines; their ids are negative."""
    return {
        mailbox: KnownBook(
            book_id=-position,
            mailbox=mailbox,
            owner=owner,
            status="new",
            status_since=None,
            checked_at=None,
        )
        for position, (mailbox, owner) in enumerate(plan.added.items(), start=1)
    }


class _Reader:
    """One pass over the mailboxes of all stages; what is read is stored some books at a time."""

    def __init__(self, run: RunContext, ledgers: list[_Ledger]) -> None:
        self._run = run
        self._books: dict[int, tuple[_Ledger, KnownBook]] = {}
        for ledger in ledgers:
            for book in ledger.to_read:
                self._books[self._key(book, ledger)] = (ledger, book)
        self._done = {ledger: ledger.done for ledger in ledgers}
        self._sizes: dict[int, dict[FolderId, int]] = {}
        self._readings: list[BookReading] = []
        self._failures: list[BookFailure] = []

    def _key(self, book: KnownBook, ledger: _Ledger) -> int:
        """Return an id that imagined books of two stages do not share."""
        if book.book_id > 0:
            return book.book_id
        return book.book_id * 2 - (ledger.stage is Stage.COMPANY_CONTACTS)

    async def read(self) -> None:
        """Read and store all books."""
        if not self._books:
            return
        waiting = 0
        async with aclosing(self._run.source.read_books(self._requests())) as answers:
            async for answer in answers:
                if isinstance(answer, BookReading):
                    self._readings.append(answer)
                    waiting += sum(len(folder.contacts) for folder in answer.folders)
                else:
                    self._failures.append(answer)
                await self._tell(answer.book_id)
                if len(self._readings) >= BOOKS_AT_ONCE or waiting >= CONTACTS_AT_ONCE:
                    await self._store()
                    waiting = 0
        await self._store()

    async def _requests(self) -> AsyncGenerator[BookRequest]:
        run = self._run
        for _, keys in split_batches(list(self._books), BOOKS_AT_ONCE * 2):
            known = [key for key in keys if key > 0]
            places = await run.store.folder_places(known, shape=_shape(run)) if known else {}
            for key in keys:
                folders = places.get(key, ())
                self._sizes[key] = {folder.folder_id: folder.contacts for folder in folders}
                if run.full:
                    folders = tuple(
                        msgspec.structs.replace(folder, cursor="") for folder in folders
                    )
                yield BookRequest(
                    book_id=key,
                    mailbox=self._books[key][1].mailbox,
                    subfolders=run.settings.subfolders,
                    folders=folders,
                )

    async def _tell(self, key: int) -> None:
        ledger, _ = self._books[key]
        self._done[ledger] += 1
        total = ledger.done + len(ledger.to_read)
        await self._run.progress(ledger.stage, done=self._done[ledger], total=total)

    async def _store(self) -> None:
        run, readings, failures = self._run, self._readings, self._failures
        self._readings, self._failures = [], []
        plans: list[BookPlan] = []
        shrunk: list[Shrunk] = []
        for reading, plan in await self._plan(readings):
            ledger, book = self._books[reading.book_id]
            ledger.add_unreadable(reading, book.mailbox)
            match plan:
                case BookPlan():
                    plans.append(plan)
                    ledger.add_plan(plan)
                case Shrunk():
                    shrunk.append(plan)
                    ledger.add_shrunk(plan, book.mailbox)
        for failure in failures:
            ledger, book = self._books[failure.book_id]
            ledger.add_failure(failure, book.mailbox)
        if run.dry_run:
            return
        if plans:
            began_at = run.began_at if run.full else None
            await run.store.apply_books(plans, shape=_shape(run), now=run.now(), began_at=began_at)
        if shrunk:
            await run.store.doubt_books(shrunk)
        if failures:
            await run.store.mark_books(failures, now=run.now())

    async def _plan(
        self, readings: Iterable[BookReading]
    ) -> list[tuple[BookReading, BookPlan | Shrunk]]:
        """Plan what was read; the contacts of a book are only asked for where there is news."""
        quiet = {reading.book_id: self._quiet_plan(reading) for reading in readings}
        ids = [key for key, plan in quiet.items() if plan is None and key > 0]
        known = await self._run.store.known_contacts(ids) if ids else {}
        return [
            (reading, quiet[reading.book_id] or self._plan_book(reading, known))
            for reading in readings
        ]

    def _quiet_plan(self, reading: BookReading) -> BookPlan | None:
        _, book = self._books[reading.book_id]
        sizes = self._sizes.pop(reading.book_id)
        return quiet_plan(book_id=book.book_id, folders=reading.folders, sizes=sizes)

    def _plan_book(
        self, reading: BookReading, known: Mapping[int, KnownContacts]
    ) -> BookPlan | Shrunk:
        _, book = self._books[reading.book_id]
        return plan_book(
            book_id=book.book_id,
            folders=reading.folders,
            known=known.get(book.book_id, {}),
            country=self._run.settings.country,
            doubt=book.doubt,
            now=self._run.now(),
        )


def _shape(run: RunContext) -> str:
    return f"{run.source.contacts_shape} {run.settings.country}"
