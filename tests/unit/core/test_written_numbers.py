"""The ways in which a number is written all lead to it; how it is shown."""

import re

import pytest

from rollcall.core.phone import normalise_number
from rollcall.core.written_numbers import (
    e164_beginnings,
    show_number,
    written_beginnings,
    written_digits,
)

WRITTEN = [
    ("DE", 493012345678, ("+49 30 12345678", "0049 30/12345678", "030-12345678")),
    ("DE", 493012345678, ("+49 (0)30 12345678", "0049 (0) 30 12345678")),
    ("DE", 12125551234, ("+1 212 555 1234", "001 (212) 555-1234")),
    ("US", 12125551234, ("212-555-1234", "1 (212) 555-1234", "+1.212.555.1234")),
    ("US", 493012345678, ("011 49 30 12345678", "+49 30 12345678")),
    ("IT", 390612345678, ("06 1234 5678", "+39 06 12345678", "0039 06 12345678")),
    ("GB", 442071234567, ("020 7123 4567", "+44 (0)20 7123 4567")),
    ("HU", 3612345678, ("06 1 234 5678", "+36 1 234 5678")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("country", "e164", "written"),
    [(country, e164, each) for country, e164, ways in WRITTEN for each in ways],
)
def test_digits_of_what_is_written_are_among_those_that_are_asked_for(
    country: str, e164: int, written: str
) -> None:
    digits = re.sub("[^0-9]", "", written)

    assert int(digits) in written_digits(e164, country)
    assert normalise_number(written, country).e164 == e164
    for length in range(3, len(digits) + 1):
        starts = written_beginnings(digits[:length], country)
        assert any(str(int(digits)).startswith(start) for start in starts), (digits, length)


def test_what_begins_with_zeros_is_dialled_from_the_country() -> None:
    assert e164_beginnings("0170", "DE") == ["49170"]
    assert e164_beginnings("00170", "DE") == ["170"]
    assert e164_beginnings("170", "DE") == ["170", "49170"]
    assert e164_beginnings("0", "DE") == ["49"]
    assert e164_beginnings("00", "DE") == e164_beginnings("+", "DE") == []
    assert e164_beginnings("1" * 16, "DE") == []


@pytest.mark.parametrize("e164", [100, 999, 999999999999999, 49, 883510000000])
def test_numbers_of_no_country_do_no_harm(e164: int) -> None:
    assert e164 in written_digits(e164, "DE")
    assert e164 in written_digits(e164, "XX")
    assert show_number(e164, "DE")


def test_a_number_is_shown_as_the_country_reads_it() -> None:
    assert show_number(493012345678, "DE") == "030 12345678"
    assert show_number(493012345678, "US") == "+49 30 12345678"
