"""What a switch is told of how people dial: prefixes, patterns, emergency numbers."""

import re

import phonenumbers
import pytest

from rollcall.core.dialling import NO_NUMBER, dial_plan, emergency_numbers, posix_pattern


@pytest.mark.parametrize(
    ("country", "code", "abroad", "prefix", "bare"),
    [
        ("DE", "49", "00", "0", False),
        ("GB", "44", "00", "0", False),
        ("US", "1", "011", "1", True),
        ("IT", "39", "00", "", True),
        ("DK", "45", "00", "", True),
        ("HU", "36", "00", "06", False),
        ("AU", "61", "0011", "0", False),
        ("RU", "7", "810", "8", False),
    ],
)
def test_a_country_is_dialled_as_people_there_do(
    country: str, code: str, abroad: str, prefix: str, *, bare: bool
) -> None:
    plan = dial_plan(country)

    assert plan is not None
    assert (plan.code, plan.abroad[0], plan.prefix, plan.bare) == (code, abroad, prefix, bare)


def test_every_country_has_a_plan_of_digits_and_patterns_without_foreign_signs() -> None:
    for country in phonenumbers.SUPPORTED_REGIONS:
        plan = dial_plan(country)

        assert plan is not None, country
        assert plan.abroad, country
        assert all(prefix.isdecimal() for prefix in plan.abroad), country
        assert plan.prefix == "" or plan.prefix.isdecimal(), country
        assert "?:" not in plan.national + plan.services, country
        assert "\\" not in plan.national + plan.services, country


def test_a_country_without_telephones_has_no_plan() -> None:
    assert dial_plan("XX") is None


def test_the_pattern_of_a_country_is_what_the_library_has() -> None:
    plan = dial_plan("DE")

    assert plan is not None
    assert re.match(plan.national, "30123456")
    assert not re.match(plan.national, "030123456")


def test_a_number_that_costs_nothing_is_a_service_and_others_are_not() -> None:
    plan = dial_plan("DE")

    assert plan is not None
    assert re.match(plan.services, "116117")
    assert not re.match(plan.services, "11833")


def test_no_pattern_matches_no_number() -> None:
    assert posix_pattern(None) == NO_NUMBER
    assert not re.match(NO_NUMBER, "112")


@pytest.mark.parametrize(
    ("country", "numbers"),
    [
        ("DE", ("110", "112")),
        ("GB", ("112", "999")),
        ("US", ("112", "911")),
        ("FR", ("112", "15", "17", "18")),
        ("CH", ("112", "117", "118", "144")),
        ("JP", ("110", "119")),
    ],
)
def test_emergency_numbers_are_those_of_the_country(country: str, numbers: tuple[str, ...]) -> None:
    assert emergency_numbers(country) == numbers


def test_where_nothing_is_known_it_is_the_number_of_mobile_phones() -> None:
    assert emergency_numbers("XX") == ("112",)


def test_all_of_europe_can_call_the_same_number() -> None:
    for country in ("AL", "AT", "BE", "CH", "DE", "FI", "FR", "GR", "IS", "NO", "TR", "UA", "XK"):
        assert "112" in emergency_numbers(country), country
