"""Read the people of a directory: everybody, or what changed, page by page.

Each page is kept with the place of the next one: an interrupted run is gone on with.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta

import msgspec

from rollcall.core.errors import TransientError
from rollcall.core.policy import Stage
from rollcall.core.ports import StartOver, UserPage, UsersDone
from rollcall.core.records import Cursor, Sighting, SourceId, Unreadable, UserRecord
from rollcall.sync.context import RunContext
from rollcall.sync.prefetch import prefetch

STALE_READING = timedelta(hours=24)
"""An unfinished reading older than this is not gone on with."""


class PeopleReading(msgspec.Struct, frozen=True):
    """What one reading said of the people: the last word on each object."""

    sightings: Mapping[SourceId, Sighting]
    complete: bool
    cursor: Cursor

    def current(self, stored: Iterable[UserRecord]) -> Iterator[UserRecord]:
        """Yield the records in force: what was read, and of `stored` what that leaves standing."""
        for record in stored:
            sighting = self.sightings.get(record.source_id)
            unsaid = sighting is None and not self.complete
            if unsaid or isinstance(sighting, Unreadable):
                yield record
        for sighting in self.sightings.values():
            if isinstance(sighting, UserRecord):
                yield sighting


async def read_people(run: RunContext) -> PeopleReading:
    """Read everybody, or what changed; go on with a reading that an earlier run began."""
    memory = await run.store.users_memory()
    since = memory.cursor
    anew = run.full and not run.was_done(memory.applied_at)
    if anew or (since is not None and since.shape != run.source.users_shape):
        since = None
    return await _Reader(run, since).read()


class _Reader:
    """A reading in progress: pages are staged as they come, the last word on an id wins."""

    def __init__(self, run: RunContext, since: Cursor | None) -> None:
        self._run = run
        self._since = since
        self._complete = since is None
        self._sightings: dict[SourceId, Sighting] = {}

    async def read(self) -> PeopleReading:
        done, resume = await self._go_on()
        if done is None:
            done = await self._read_pages(resume)
        if self._complete and not any(
            isinstance(sighting, UserRecord) for sighting in self._sightings.values()
        ):
            await self._forget()
            raise TransientError(
                "The directory answered that it has no people at all. Nothing was changed; "
                "if this is so on purpose, switch user sync off.",
                code="empty-directory",
            )
        return PeopleReading(sightings=self._sightings, complete=self._complete, cursor=done)

    async def _go_on(self) -> tuple[Cursor | None, str]:
        """Take over the pages of a reading that was interrupted, if they are of use."""
        if self._run.dry_run:
            return None, ""
        store = self._run.store
        reading = await store.open_reading()
        if reading is not None and self._is_usable(
            reading.since, reading.shape, reading.started_at
        ):
            self._complete = reading.complete
            async for page in store.staged_pages():
                self._take(page)
            if reading.cursor is not None or reading.resume:
                return reading.cursor, reading.resume
        await self._begin()
        return None, ""

    def _is_usable(self, since: Cursor | None, shape: str, started_at: datetime) -> bool:
        return (
            (not self._run.full or self._run.was_done(started_at))
            and since == self._since
            and shape == self._run.source.users_shape
            and self._run.now() - started_at < STALE_READING
        )

    async def _read_pages(self, resume: str) -> Cursor:
        await self._reread()
        answers = self._run.source.read_users(since=self._since, resume=resume)
        async with aclosing(prefetch(answers)) as events:
            async for event in events:
                match event:
                    case UserPage():
                        await self._stage(event)
                    case StartOver():
                        self._complete = True
                        await self._begin()
                    case UsersDone(cursor=cursor):
                        await self._finish(cursor)
                        return cursor
        raise TransientError("The directory ended its answer half-way.", code="half-answer")

    async def _reread(self) -> None:
        """Ask again for the objects that could not be understood last time."""
        again = [] if self._complete else await self._run.store.unreadable_ids()
        if again:
            async with aclosing(self._run.source.reread_users(again)) as sightings:
                async for sighting in sightings:
                    self._sightings[sighting.source_id] = sighting

    async def _stage(self, page: UserPage) -> None:
        self._take(page)
        if not self._run.dry_run:
            await self._run.store.stage_page(page)
        await self._run.progress(Stage.USERS, done=len(self._sightings), total=None)

    def _take(self, page: UserPage) -> None:
        for sighting in page.sightings:
            self._sightings[sighting.source_id] = sighting

    async def _begin(self) -> None:
        self._sightings.clear()
        if not self._run.dry_run:
            await self._run.store.begin_reading(
                since=self._since,
                shape=self._run.source.users_shape,
                complete=self._complete,
                now=self._run.now(),
            )

    async def _finish(self, cursor: Cursor) -> None:
        if not self._run.dry_run:
            await self._run.store.finish_reading(cursor)

    async def _forget(self) -> None:
        if not self._run.dry_run:
            await self._run.store.drop_reading()
