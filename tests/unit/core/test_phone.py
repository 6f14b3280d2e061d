"""Phone numbers: the quick way and the library agree, and nothing that people write raises."""

from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, ValidationResult

from rollcall.core.phone import UNDIALLABLE, DialNumber, normalise_number

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
FORMATS = (
    PhoneNumberFormat.NATIONAL,
    PhoneNumberFormat.INTERNATIONAL,
    PhoneNumberFormat.E164,
)


def said_by_the_library(written: str, country: str) -> DialNumber:
    """Return what phonenumbers alone makes of a number."""
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return UNDIALLABLE
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return UNDIALLABLE
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return DialNumber(e164=int(e164[1:]), extension=number.extension or "")


def spellings(country: str) -> Iterator[str]:
    """Yield example numbers of a country in all its formats, and some that are a bit wrong."""
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(country, kind)
        if number is None:
            continue
        for form in FORMATS:
            written = phonenumbers.format_number(number, form)
            yield from (written, written[:-1], f"{written}0", f"0{written}", f"00{written[1:]}")
            yield from (written.replace(" ", "-"), f"({written[:3]}){written[3:]}")


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_quick_way_agrees_with_the_library_in_every_country(country: str) -> None:
    for written in spellings(country):
        assert normalise_number(written, country) == said_by_the_library(written, country), written


@pytest.mark.parametrize("abroad", ["DE", "US", "GB", "FR", "IT", "CN", "RU", "BR", "MX", "AU"])
def test_it_agrees_on_numbers_of_other_countries(abroad: str) -> None:
    for country in COUNTRIES:
        for written in spellings(country):
            expected = said_by_the_library(written, abroad)
            assert normalise_number(written, abroad) == expected, written


digits = st.text("0123456789 -/().+", max_size=24)


@settings(max_examples=2000, deadline=None, derandomize=True, database=None)
@given(written=digits, country=st.sampled_from(["DE", "US", "GB", "FR", "IT", "CN", "NANP", "ZZ"]))
@example(written="+49 (0) 30 901820", country="DE")
@example(written="(030) 901820", country="DE")
@example(written="011 49 30 901820", country="US")
@example(written="1 425 555 0109", country="US")
def test_it_agrees_on_digits_and_punctuation(written: str, country: str) -> None:
    assert normalise_number(written, country) == said_by_the_library(written, country)


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(written=st.text(max_size=60), country=st.text(max_size=3))
def test_nothing_that_people_write_raises(written: str, country: str) -> None:
    found = normalise_number(written, country)
    assert found.e164 is None or found.e164 > 0


@pytest.mark.parametrize(
    "written",
    ["+1 425 555 0109 x402", "+1 425 555 0109 ext. 402", "tel:+1-425-555-0109;ext=402"],
)
def test_a_suffix_is_kept_apart(written: str) -> None:
    assert normalise_number(written, "US") == DialNumber(14255550109, "402")


def test_the_country_says_what_a_number_without_a_code_means() -> None:
    assert normalise_number("030 901820", "DE").e164 == 4930901820
    assert normalise_number("(425) 555-0109", "US").e164 == 14255550109
    assert normalise_number("030 901820", "US").e164 is None


@pytest.mark.parametrize("written", ["", " ", "reception", "0", "+", "1" * 41, "12"])
def test_what_is_no_number_cannot_be_dialled(written: str) -> None:
    assert normalise_number(written, "DE") == UNDIALLABLE
