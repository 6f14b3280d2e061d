"""What a tenant's settings may be, and what there is to choose from."""

import zoneinfo

import phonenumbers
import pytest

from rollcall.core.errors import SetupError
from rollcall.tenants.places import countries, time_zones
from rollcall.tenants.rules import check_domain, check_name, check_slug, parse_reserved


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        ("112", [112]),
        ("112, 110;911\n 110", [110, 112, 911]),
        ("1,10,1000000000000", [1, 10, 1000000000000]),
    ],
)
def test_reserved_numbers_are_a_list_however_they_are_parted(typed: str, kept: list[int]) -> None:
    assert parse_reserved(typed) == kept


@pytest.mark.parametrize("typed", ["x", "0", "012", "1" * 14, "-112", "\uff11\uff11\uff12"])
def test_what_is_no_number_cannot_be_reserved(typed: str) -> None:
    with pytest.raises(SetupError, match="is not an extension number"):
        parse_reserved(typed)


def test_a_thousand_numbers_can_be_reserved_and_no_more() -> None:
    numbers = list(range(1000, 2001))
    assert len(parse_reserved(",".join(map(str, numbers[:-1])))) == 1000
    with pytest.raises(SetupError, match="At most 1000"):
        parse_reserved(",".join(map(str, numbers)))


@pytest.mark.parametrize("typed", ["", "-a", "a-", "A", "a b", "a" * 41, "ä", "a\n"])
def test_a_short_name_stands_in_addresses_as_it_is(typed: str) -> None:
    with pytest.raises(SetupError, match="short name"):
        check_slug(typed)


def test_a_domain_is_kept_in_lower_case() -> None:
    assert check_domain(" PBX.Example ") == "pbx.example"


def test_a_name_has_something_to_read() -> None:
    assert check_name("  Ärzte \0") == "Ärzte"
    with pytest.raises(SetupError, match="needs a name"):
        check_name(" \0 ")


def test_every_country_that_can_be_dialled_can_be_chosen_by_its_name() -> None:
    assert set(countries()) == set(phonenumbers.SUPPORTED_REGIONS)
    assert [code for code, name in countries().items() if code == name] == []
    assert countries()["DE"] == "Germany"


def test_every_time_zone_that_can_be_chosen_is_known() -> None:
    zones = time_zones()
    assert zones[""] == ("UTC",)
    chosen = {name for names in zones.values() for name in names}
    assert chosen <= zoneinfo.available_timezones()
    assert {"Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"} <= chosen
