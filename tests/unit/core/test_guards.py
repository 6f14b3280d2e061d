"""The guard: more than 20 % and more than 10; more than half of 4–50; all of 3 or more."""

import pytest

from rollcall.core.guards import book_shrank, removal_guard


@pytest.mark.parametrize(
    ("active", "removals", "held"),
    [
        # more than 20 % of the active people and more than 10 of them
        (100, 20, False),
        (100, 21, True),
        (55, 11, False),
        (54, 11, True),
        (51, 10, False),
        (51, 11, True),
        (1000, 200, False),
        (1000, 201, True),
        (200_000, 40_000, False),
        (200_000, 40_001, True),
        # more than half of 4 to 50
        (4, 2, False),
        (4, 3, True),
        (5, 2, False),
        (5, 3, True),
        (20, 10, False),
        (20, 11, True),
        (50, 10, False),
        (50, 11, True),
        # all of 3 or more
        (1, 1, False),
        (2, 2, False),
        (3, 2, False),
        (3, 3, True),
        (51, 51, True),
        # nobody
        (0, 0, False),
        (3, 0, False),
        (1000, 0, False),
    ],
)
def test_a_plan_is_held_from_there_on(active: int, removals: int, *, held: bool) -> None:
    assert (removal_guard(active=active, removals=removals) is not None) is held


def test_the_guard_says_what_product_says_for_every_small_company() -> None:
    for active in range(121):
        for removals in range(active + 1):
            wide = removals * 5 > active and removals > 10
            half = 4 <= active <= 50 and removals * 2 > active
            everybody = active >= 3 and removals == active
            hold = removal_guard(active=active, removals=removals)
            assert (hold is not None) == (wide or half or everybody), (active, removals)


def test_a_hold_says_how_many_of_how_many() -> None:
    hold = removal_guard(active=40, removals=30)
    assert hold is not None
    assert (hold.removals, hold.active) == (30, 40)
    assert "30 of 40 people (75%)" in hold.sentence


@pytest.mark.parametrize(
    ("known", "lost", "shrank"),
    [
        (0, 0, False),
        (1, 1, True),
        (19, 19, True),
        (19, 18, False),
        (20, 10, False),
        (20, 11, True),
        (21, 10, False),
        (21, 11, True),
        (1000, 500, False),
        (1000, 501, True),
    ],
)
def test_a_book_that_reads_empty_or_lost_more_than_half_of_20_is_doubted(
    known: int,
    lost: int,
    *,
    shrank: bool,
) -> None:
    assert book_shrank(known=known, lost=lost) is shrank
