"""When a machine counts as ready, and how often the database is asked for it."""

import threading

from rollcall.health.readiness import (
    FRESH_SECONDS,
    RECENT_SECONDS,
    Readiness,
    RecentReadiness,
    judge,
)

GOOD = judge(missing=0, alive={})
BAD = judge(missing=None, alive=None)


class Watch:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_database_with_all_tables_is_ready_even_when_nobody_works() -> None:
    readiness = judge(missing=0, alive={"web": 1})

    assert readiness.ready
    assert [name for name, check in readiness.checks.items() if not check.ok] == [
        "scheduler",
        "worker",
    ]


def test_a_database_that_does_not_answer_is_not_ready() -> None:
    readiness = judge(missing=None, alive=None)

    assert not readiness.ready
    assert not any(check.ok for check in readiness.checks.values())


def test_missing_tables_are_not_ready() -> None:
    readiness = judge(missing=2, alive=None)

    assert not readiness.ready
    assert readiness.checks["database"].ok
    assert readiness.checks["tables"].message == "2 migrations are missing."


def test_the_database_is_asked_again_when_the_answer_is_old() -> None:
    watch = Watch()
    recent = RecentReadiness(steady=watch)
    asked: list[float] = []

    def ask() -> Readiness:
        asked.append(watch.seconds)
        return GOOD

    for seconds in (0, FRESH_SECONDS / 2, FRESH_SECONDS, 2 * FRESH_SECONDS):
        watch.seconds = seconds
        assert recent.read(ask) is GOOD

    assert asked == [0, FRESH_SECONDS, 2 * FRESH_SECONDS]


def test_while_one_waits_for_the_database_the_others_get_what_was_known() -> None:
    watch, began, go_on = Watch(), threading.Event(), threading.Event()
    recent = RecentReadiness(steady=watch)
    recent.read(lambda: GOOD)
    watch.seconds = RECENT_SECONDS - 0.1

    def ask_slowly() -> Readiness:
        began.set()
        go_on.wait(10)
        return BAD

    thread = threading.Thread(target=recent.read, args=(ask_slowly,))
    thread.start()
    began.wait(10)
    meanwhile = recent.read(lambda: BAD)
    go_on.set()
    thread.join()

    assert meanwhile is GOOD
    assert recent.read(lambda: GOOD) is BAD


def test_what_was_known_long_ago_is_waited_with_for_something_newer() -> None:
    watch, began, go_on = Watch(), threading.Event(), threading.Event()
    recent = RecentReadiness(steady=watch)
    recent.read(lambda: GOOD)
    watch.seconds = RECENT_SECONDS + 0.1

    def ask_slowly() -> Readiness:
        began.set()
        go_on.wait(10)
        return BAD

    answers: list[Readiness] = []
    first = threading.Thread(target=recent.read, args=(ask_slowly,))
    first.start()
    began.wait(10)
    second = threading.Thread(target=lambda: answers.append(recent.read(lambda: GOOD)))
    second.start()
    second.join(0.1)
    assert answers == []
    go_on.set()
    first.join()
    second.join()

    assert answers == [BAD]
