"""How long keys are believed: a day, read anew each hour, at once for an unknown name."""

from datetime import timedelta
from typing import Final

import pytest

from rollcall.oidc.keeping import (
    Age,
    Fetch,
    Kept,
    Refuse,
    Use,
    UseAndRefresh,
    judge,
    judge_age,
    keep_failed,
    keep_read,
)
from tests.unit.oidc.samples import NOW, key_set

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
SECOND: Final = timedelta(seconds=1)
OLD = key_set("one")
NEW = key_set("one", "two")


def kept() -> Kept:
    return keep_read(None, OLD, kid="", now=NOW)


def test_without_keys_they_are_read_first() -> None:
    assert judge(None, "one", NOW) == Fetch()
    assert keep_failed(None, now=NOW) is None


@pytest.mark.parametrize(
    ("age", "kind"),
    [
        (timedelta(), Use),
        (HOUR - SECOND, Use),
        (HOUR, UseAndRefresh),
        (24 * HOUR - SECOND, UseAndRefresh),
        (24 * HOUR, Fetch),
        (100 * HOUR, Fetch),
        (-MINUTE, Use),
        (-HOUR, Fetch),
    ],
)
def test_keys_are_good_for_a_day_and_read_anew_each_hour(age: timedelta, kind: type) -> None:
    assert isinstance(judge(kept(), "one", NOW + age), kind)


def test_a_refresh_that_failed_leaves_the_last_good_keys_and_is_tried_again_later() -> None:
    tried = NOW + 2 * HOUR
    after = keep_failed(kept(), now=tried)

    assert judge(after, "one", tried + SECOND) == Use(OLD)
    assert judge(after, "one", tried + 5 * MINUTE) == UseAndRefresh(OLD)
    assert judge(after, "one", NOW + 24 * HOUR) == Fetch()


def test_an_unknown_name_is_looked_for_at_once() -> None:
    assert judge(kept(), "two", NOW + SECOND) == Fetch()


def test_a_name_that_was_found_leaves_the_next_one_its_reading() -> None:
    after = keep_read(kept(), NEW, kid="two", now=NOW + SECOND)

    assert judge(after, "two", NOW + 2 * SECOND) == Use(NEW)
    assert judge(after, "three", NOW + 2 * SECOND) == Fetch()


def test_a_name_that_was_not_found_is_refused_for_five_minutes_and_so_is_any_other() -> None:
    missed = NOW + SECOND
    after = keep_read(kept(), OLD, kid="two", now=missed)

    for name in ("two", "three"):
        assert judge(after, name, missed + 5 * MINUTE - SECOND) == Refuse(OLD)
        assert judge(after, name, missed + 5 * MINUTE) == Fetch()
    assert judge(after, "one", missed) == Use(OLD)


def test_a_refresh_in_between_does_not_give_unknown_names_another_reading() -> None:
    missed = keep_read(kept(), OLD, kid="two", now=NOW)
    refreshed = keep_read(missed, OLD, kid="", now=NOW + MINUTE)

    assert judge(refreshed, "two", NOW + 2 * MINUTE) == Refuse(OLD)


def test_an_unknown_name_that_could_not_be_looked_for_is_looked_for_again() -> None:
    after = keep_failed(kept(), now=NOW + MINUTE)

    assert judge(after, "two", NOW + MINUTE + SECOND) == Fetch()


def test_a_token_without_a_name_causes_no_reading() -> None:
    assert judge(kept(), "", NOW) == Use(OLD)


def test_endpoints_have_the_same_ages_as_keys() -> None:
    ages = [
        judge_age(read_at=NOW, tried_at=NOW, now=NOW + age)
        for age in (timedelta(), HOUR, 24 * HOUR)
    ]

    assert ages == [Age.GOOD, Age.DUE, Age.OVER]
    assert judge_age(read_at=NOW, tried_at=NOW + HOUR, now=NOW + HOUR + MINUTE) is Age.GOOD
