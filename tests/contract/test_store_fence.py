"""A store that was overtaken by another run writes nothing any more, whatever it is asked."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from rollcall.core.contacts import BookPlan, Doubt, Shrunk
from rollcall.core.errors import FencedError
from rollcall.core.plan import UserPlan
from rollcall.core.policy import Stage
from rollcall.core.ports import UserPage
from rollcall.core.records import SourceId
from tests.contract.desk import CURSOR, POLICY, SHAPE, START, Desk, create, person
from tests.fakes.store import HoldingStore

ANNA, BOB = person("anna"), person("bob")
PLAN = UserPlan(added=(BOB,), changes=(create(BOB, 2001),))
BOOK = BookPlan(book_id=1)
SHRUNK = Shrunk(plan=BOOK, known=1, lost=1, doubt=Doubt(since=START, digest=b"d" * 16))
COMPANY = Stage.COMPANY_CONTACTS

WRITES: dict[str, Callable[[HoldingStore], Coroutine[Any, Any, object]]] = {
    "begin_reading": lambda store: store.begin_reading(
        since=None, shape=SHAPE, complete=True, now=START
    ),
    "stage_page": lambda store: store.stage_page(UserPage(sightings=(BOB,), resume="2")),
    "finish_reading": lambda store: store.finish_reading(CURSOR),
    "drop_reading": lambda store: store.drop_reading(),
    "bind_lines": lambda store: store.bind_lines("people", {"bob": BOB.source_id}),
    "apply_users": lambda store: store.apply_users(PLAN, cursor=CURSOR, policy=POLICY, now=START),
    "hold_users": lambda store: store.hold_users(PLAN, cursor=CURSOR, policy=POLICY),
    "keep_preview": lambda store: store.keep_preview(PLAN, cursor=CURSOR, policy=POLICY, bound={}),
    "apply_held": lambda store: store.apply_held(policy=POLICY, now=START),
    "apply_photos": lambda store: store.apply_photos([], [ANNA.source_id]),
    "change_books": lambda store: store.change_books(
        COMPANY, added={SourceId("shared"): None}, dropped=[]
    ),
    "apply_books": lambda store: store.apply_books([BOOK], shape=SHAPE, now=START),
    "mark_books": lambda store: store.mark_books([], now=START),
    "doubt_books": lambda store: store.doubt_books([SHRUNK]),
    "hold_books": lambda store: store.hold_books(COMPANY, [SHRUNK], shape=SHAPE, now=START),
    "keep_purposes": lambda store: store.keep_purposes({}, refused=True, now=START),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_run_that_was_overtaken_writes_nothing(desk: Desk, write: str) -> None:
    desk.seat((ANNA, 2000))
    with desk.pbx.open_run(now=START) as overtaken:
        overtaken.fail(now=START)
        with desk.pbx.open_run(now=START):
            before = desk.pbx.contents()

            with pytest.raises(FencedError):
                overtaken.do(WRITES[write](overtaken.store))

            assert desk.pbx.contents() == before


def test_a_run_that_was_overtaken_can_still_look(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    with desk.pbx.open_run(now=START) as overtaken:
        overtaken.fail(now=START)
        with desk.pbx.open_run(now=START):
            known = overtaken.do(overtaken.store.known_users(None, blocked_before=None))

            assert known.keys() == {"anna"}


def test_the_run_that_overtook_writes(desk: Desk) -> None:
    with desk.pbx.open_run(now=START) as overtaken:
        overtaken.fail(now=START)
        with desk.pbx.open_run(now=START) as run:
            run.do(WRITES["apply_users"](run.store))

    assert desk.pbx.seats()["bob"].number == 2001
