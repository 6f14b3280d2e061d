"""The ways in which one number can be written, and how a number is shown.

Directories keep numbers as people wrote them. Their digits are found by what they can look like,
seen from the country of whoever wrote them; rollcall.core.phone then says whether it is the number.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

LONGEST_E164: Final = 15
_LONGEST: Final = 18
_CODE_DIGITS: Final = (1, 2, 3)
_SHOWN: Final = 4096
"""So many numbers are remembered as they are shown."""


def written_digits(e164: int, country: str) -> tuple[int, ...]:
    """Return the digits of `e164` as somebody in `country` may have written them.

    Each without its leading zeros: what “+49 30 1”, “0049 30 1” and “49 30 1” have in common.
    """
    digits = str(e164)
    code = _code_of(digits)
    national = digits[len(code) :]
    prefix = _prefix_of(code)
    forms = [digits, code + prefix + national, _abroad_from(country) + digits]
    if code == _code_from(country):
        forms += [national, prefix + national]
    return tuple(dict.fromkeys(int(each) for each in forms if 0 < len(each) <= _LONGEST))


def e164_beginnings(digits: str, country: str) -> list[str]:
    """Return how numbers that begin so may begin in E.164, dialled from `country`."""
    code = _code_from(country)
    if digits.startswith(("+", "00")):
        starts = [digits.removeprefix("+").removeprefix("00")]
    elif digits.startswith("0"):
        starts = [code + digits[1:]]
    else:
        starts = [digits, code + digits]
    return _plain(starts)


def written_beginnings(digits: str, country: str) -> list[str]:
    """Return how the digits of numbers that begin so may begin, as `written_digits` has them."""
    starts = e164_beginnings(digits, country)
    code = _code_from(country)
    for each in [start for start in starts if code and start.startswith(code)]:
        national = each[len(code) :]
        starts += [national, code + _prefix_of(code) + national] if national else []
    return _plain(starts)


OUTSIDE: Final = "~"
"""Before digits that somebody outside sent and that are no number of the telephone network."""


def as_outside(number: str) -> str:
    """Return what somebody outside is shown with, in a form that is nobody's extension."""
    return OUTSIDE + number if shorten_number(number).isdecimal() else number


def shorten_number(number: str) -> str:
    """Return a number as it was dialled or shown, without what only parts its digits."""
    return "".join(each for each in number if each not in " -./()\u00a0")


@lru_cache(_SHOWN)
def show_number(e164: int, country: str) -> str:
    """Return a number as people in `country` read it."""
    try:
        number = phonenumbers.parse(f"+{e164}")
    except phonenumbers.NumberParseException:
        return f"+{e164}"
    inside = str(number.country_code) == _code_from(country)
    form = PhoneNumberFormat.NATIONAL if inside else PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, form))


def _plain(starts: Iterable[str]) -> list[str]:
    return [
        each
        for each in dict.fromkeys(starts)
        if each and not each.startswith("0") and len(each) <= LONGEST_E164
    ]


def _code_of(digits: str) -> str:
    for width in _CODE_DIGITS:
        if int(digits[:width]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[:width]
    return ""


@cache
def _code_from(country: str) -> str:
    return str(phonenumbers.country_code_for_region(country) or "")


@cache
def _prefix_of(code: str) -> str:
    """Return what is dialled before a number inside the country with this code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0), ("",))
    metadata = PhoneMetadata.metadata_for_region(regions[0], None)
    return (metadata.national_prefix if metadata else None) or ""


@cache
def _abroad_from(country: str) -> str:
    """Return what is dialled before a number of another country."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None:
        return ""
    for each in (metadata.preferred_international_prefix, metadata.international_prefix):
        if each and each.isdecimal():
            return each
    return ""
