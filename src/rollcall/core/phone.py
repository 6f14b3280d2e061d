"""Phone numbers: as somebody wrote them -> as they are dialled (E.164).

Nine of ten numbers in a directory begin with “+”; for them a table of country codes and lengths,
taken from phonenumbers' own metadata, gives the library's answer at a twentieth of its price.
"""

import re
from functools import cache

import msgspec
import phonenumbers
from phonenumbers import ValidationResult

_PLAIN = re.compile(r"\+[1-9][0-9 .\-/\u00a0]*\Z")
_NOT_DIGIT = re.compile(r"[^0-9]")
_LONGEST = 40


class DialNumber(msgspec.Struct, frozen=True, gc=False):
    """E.164 as an integer (without “+”), or None; and the suffix dialled after the answer."""

    e164: int | None
    extension: str


UNDIALLABLE = DialNumber(e164=None, extension="")


def normalise_number(written: str, country: str) -> DialNumber:
    """Return how `written` is dialled from `country` (ISO 3166-1 alpha-2).

    What is no phone number gives UNDIALLABLE; nothing is raised.
    """
    if len(written) > _LONGEST:
        return UNDIALLABLE
    if _PLAIN.match(written):
        quick = _plain_international(_NOT_DIGIT.sub("", written))
        if quick is not None:
            return DialNumber(e164=quick, extension="")
    return _parse_number(written, country)


def _plain_international(digits: str) -> int | None:
    for width in (1, 2, 3):
        lengths = _national_lengths(int(digits[:width] or 0))
        if lengths:
            national = digits[width:]
            if national.startswith("0") or len(national) not in lengths:
                return None
            return int(digits)
    return None


@cache
def _national_lengths(country_code: int) -> frozenset[int]:
    """Return how many digits may follow `country_code`, empty if it is none (or not that plain)."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(country_code)
    if not regions:
        return frozenset()
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None)
    if metadata is None or metadata.national_prefix_for_parsing not in {None, "0", "1"}:
        return frozenset()
    described = metadata.general_desc
    return frozenset(described.possible_length if described else ())


def _parse_number(written: str, country: str) -> DialNumber:
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return UNDIALLABLE
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return UNDIALLABLE
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return DialNumber(e164=int(e164[1:]), extension=number.extension or "")
