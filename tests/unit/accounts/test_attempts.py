"""How pauses grow, and when they are over."""

from datetime import UTC, datetime, timedelta

from rollcall.accounts.attempts import PAIR, Limit, Standing, weigh

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = Limit(free=3, first=timedelta(seconds=10), longest=timedelta(seconds=60))


def tries(count: int, *, apart: timedelta) -> list[timedelta | None]:
    """Fail so often, waiting out each pause and some more; return the pauses."""
    standing, now, pauses = Standing(), NOW, []
    for _ in range(count):
        after = weigh(standing, LIMIT, now=now)
        assert after is not None
        pauses.append(after.refused_until - now if after.refused_until else None)
        standing, now = after, (after.refused_until or now) + apart
    return pauses


def test_some_are_free_then_pauses_double_up_to_the_longest() -> None:
    seconds = [each.seconds if each else 0 for each in tries(8, apart=timedelta(seconds=1))]

    assert seconds == [0, 0, 10, 20, 40, 60, 60, 60]


def test_nothing_is_allowed_within_a_pause_and_nothing_counted() -> None:
    standing = Standing(3, NOW, NOW + timedelta(seconds=10))

    assert weigh(standing, LIMIT, now=NOW + timedelta(seconds=9)) is None
    after = weigh(standing, LIMIT, now=NOW + timedelta(seconds=10))
    assert after is not None
    assert after.failures == 4


def test_the_count_begins_anew_after_a_while_without_failures() -> None:
    after = weigh(Standing(50, NOW, None), PAIR, now=NOW + PAIR.window)

    assert after == Standing(1, NOW + PAIR.window, None)


def test_a_count_that_never_ends_makes_no_pause_that_cannot_be_reckoned() -> None:
    after = weigh(Standing(10**9, NOW, None), PAIR, now=NOW)

    assert after is not None
    assert after.refused_until == NOW + PAIR.longest
