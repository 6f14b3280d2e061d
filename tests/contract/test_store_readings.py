"""A store keeps a reading page by page, so that the next run goes on where this one ended."""

from rollcall.core.plan import UserPlan
from rollcall.core.ports import OpenReading, UserPage
from rollcall.core.records import Cursor, Removal, SourceId, Unreadable
from tests.contract.desk import CURSOR, SHAPE, START, Desk, person
from tests.fakes.store import HoldingStore

SINCE = Cursor(value="cursor-0", shape=SHAPE)
PAGES = (
    UserPage(sightings=(person("anna"), Removal(SourceId("bob"), permanent=True)), resume="2"),
    UserPage(sightings=(), resume="3"),
    UserPage(sightings=(Unreadable(SourceId("cleo"), why="nonsense"),), resume="4"),
)


def _begin(desk: Desk, *, since: Cursor | None = SINCE) -> None:
    desk.ask(
        lambda store: store.begin_reading(
            since=since, shape=SHAPE, complete=since is None, now=desk.clock()
        )
    )


def _stage(desk: Desk, *pages: UserPage) -> None:
    async def stage(store: HoldingStore) -> None:
        for page in pages:
            await store.stage_page(page)

    desk.ask(stage)


def _staged(desk: Desk) -> list[UserPage]:
    async def collect(store: HoldingStore) -> list[UserPage]:
        return [page async for page in store.staged_pages()]

    return desk.ask(collect)


def _reading(desk: Desk) -> OpenReading | None:
    return desk.ask(lambda store: store.open_reading())


def test_nothing_is_open_at_first(desk: Desk) -> None:
    assert _reading(desk) is None
    assert _staged(desk) == []


def test_a_later_run_finds_the_reading_that_an_earlier_one_began(desk: Desk) -> None:
    _begin(desk)
    desk.clock.forward(hours=1)

    assert _reading(desk) == OpenReading(
        since=SINCE, shape=SHAPE, started_at=START, complete=False, resume="", cursor=None
    )


def test_a_reading_from_the_start_has_no_cursor_behind_it(desk: Desk) -> None:
    _begin(desk, since=None)

    reading = _reading(desk)

    assert reading is not None
    assert (reading.since, reading.complete) == (None, True)


def test_staged_pages_come_back_in_their_order_and_as_they_were(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES)

    assert _staged(desk) == list(PAGES)


def test_a_reading_resumes_after_its_last_staged_page(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES[:2])

    reading = _reading(desk)

    assert reading is not None
    assert (reading.resume, reading.cursor) == ("3", None)


def test_a_finished_reading_says_its_cursor(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES)
    desk.ask(lambda store: store.finish_reading(CURSOR))

    reading = _reading(desk)

    assert reading is not None
    assert reading.cursor == CURSOR
    assert _staged(desk) == list(PAGES)


def test_a_new_reading_forgets_the_pages_of_the_one_before(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES)
    _begin(desk, since=None)

    reading = _reading(desk)

    assert reading is not None
    assert reading.complete
    assert reading.resume == ""
    assert _staged(desk) == []


def test_a_dropped_reading_is_gone(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES)
    desk.ask(lambda store: store.drop_reading())

    assert _reading(desk) is None
    assert _staged(desk) == []


def test_applying_a_plan_moves_the_cursor_and_forgets_the_reading(desk: Desk) -> None:
    _begin(desk)
    _stage(desk, *PAGES)
    desk.apply(UserPlan(), policy=b"some policy")

    memory = desk.ask(lambda store: store.users_memory())

    assert (memory.cursor, memory.policy) == (CURSOR, b"some policy")
    assert _reading(desk) is None
    assert _staged(desk) == []


def test_there_is_no_cursor_before_the_first_run(desk: Desk) -> None:
    memory = desk.ask(lambda store: store.users_memory())

    assert (memory.cursor, memory.policy) == (None, b"")
