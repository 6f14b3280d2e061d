"""Extension numbers: what is one, what is a range, what is free."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.core.errors import SetupError
from rollcall.core.numbering import (
    DEFAULT_RESERVED,
    NumberRange,
    free_numbers,
    parse_number,
    parse_range,
)


@pytest.mark.parametrize("text", ["100", "9999", " 2000 ", "1" * 13])
def test_a_number_has_3_to_13_digits(text: str) -> None:
    assert parse_number(text) == int(text)


@pytest.mark.parametrize(
    "text", ["", "12", "0123", "1" * 14, "12a", "-200", "2 000", "\uff12\uff10\uff10", "200\n1"]
)
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(SetupError) as refusal:
        parse_number(text)
    assert refusal.value.code == "bad-number"


@pytest.mark.parametrize(
    ("start", "end", "last"), [("200", None, 999), ("2000", None, 9999), ("200", "200", 200)]
)
def test_a_range_without_an_end_takes_all_of_its_width(
    start: str, end: str | None, last: int
) -> None:
    assert parse_range(start, end) == NumberRange(int(start), last)


@pytest.mark.parametrize(("start", "end"), [("300", "299"), ("900", "1000"), ("1000", "999")])
def test_start_and_end_are_in_order_and_of_one_width(start: str, end: str) -> None:
    with pytest.raises(SetupError) as refusal:
        parse_range(start, end)
    assert refusal.value.code == "bad-range"


def test_reserved_numbers_do_not_count_for_the_size_of_a_range() -> None:
    scope = NumberRange(100, 199)
    assert scope.size(frozenset()) == 100
    assert scope.size(frozenset({112, 118, 911})) == 98


def test_a_range_contains_both_its_ends_and_only_numbers() -> None:
    scope = NumberRange(200, 204)
    assert [number for number in range(198, 207) if number in scope] == [200, 201, 202, 203, 204]
    assert "200" not in scope
    assert str(scope) == "200–204"


def test_emergency_numbers_are_reserved_by_default() -> None:
    assert {110, 112, 911, 999} <= DEFAULT_RESERVED


numbers = st.sets(st.integers(200, 215))


@settings(derandomize=True, database=None)
@given(taken=numbers, reserved=numbers)
def test_gaps_are_filled_lowest_first(taken: set[int], reserved: set[int]) -> None:
    free = list(free_numbers(NumberRange(200, 209), taken=taken, reserved=reserved))
    assert free == sorted(set(range(200, 210)) - taken - reserved)
