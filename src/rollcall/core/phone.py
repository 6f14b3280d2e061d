"""Phone numbers: as somebody wrote them -> as they are dialled (E.164).

Most numbers are digits with punctuation between them. For those a few facts of phonenumbers' own
metadata (country codes, prefixes, lengths) give the library's answer at a twentieth of its price;
everything else (suffixes, letters, unusual countries) is left to the library.
"""

import re
from functools import cache

import msgspec
import phonenumbers
from phonenumbers import PhoneMetadata, ValidationResult

_SIMPLE = re.compile(r"\+?[0-9(][0-9 .\-/()\u00a0]*\Z")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_LONGEST = 40


class DialNumber(msgspec.Struct, frozen=True, gc=False):
    """E.164 as an integer (without “+”), or None; and the suffix dialled after the answer."""

    e164: int | None
    extension: str


UNDIALLABLE = DialNumber(e164=None, extension="")


class _Plan(msgspec.Struct, frozen=True):
    """The numbering plan of a country, as far as it is simple.

    `prefix` is dialled before a number inside the country, `abroad` before one of another;
    `pattern` is what numbers look like, `lengths` are how many digits they have.
    """

    code: str
    prefix: str
    abroad: re.Pattern[str]
    pattern: re.Pattern[str]
    lengths: frozenset[int]


def normalise_number(written: str, country: str) -> DialNumber:
    """Return how `written` is dialled from `country` (ISO 3166-1 alpha-2).

    What is no phone number gives UNDIALLABLE; nothing is raised.
    """
    if len(written) > _LONGEST:
        return UNDIALLABLE
    if _SIMPLE.match(written):
        digits = _NOT_DIGIT.sub("", written)
        abroad = written.startswith("+")
        quick = _read_international(digits) if abroad else _read_national(digits, country)
        if quick is not None:
            return DialNumber(e164=quick, extension="")
    return _parse_number(written, country)


def _read_international(digits: str) -> int | None:
    for width in (1, 2, 3):
        plan = _plan_of_code(digits[:width])
        if plan is not None:
            national = digits[width:]
            # A zero here may be the prefix of inside the country, written along with the code.
            plain = not national.startswith("0") and len(national) in plan.lengths
            return int(digits) if plain else None
    return None


def _read_national(digits: str, country: str) -> int | None:
    plan = _plan_of_country(country)
    if plan is None or digits.startswith(plan.code) or plan.abroad.match(digits):
        return None
    national = digits
    if digits.startswith(plan.prefix):
        national = digits[len(plan.prefix) :]
        if plan.pattern.fullmatch(digits) and not plan.pattern.fullmatch(national):
            return None
    elif digits.startswith("0"):
        return None
    return int(plan.code + national) if len(national) in plan.lengths else None


@cache
def _plan_of_code(code: str) -> _Plan | None:
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0))
    return _plan_of_country(regions[0]) if regions else None


@cache
def _plan_of_country(country: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None or metadata.general_desc is None or metadata.country_code is None:
        return None
    pattern = metadata.general_desc.national_number_pattern
    abroad = metadata.international_prefix
    prefix = metadata.national_prefix_for_parsing
    if pattern is None or abroad is None or prefix not in {"0", "1"}:
        return None
    if metadata.national_prefix_transform_rule:
        return None
    return _Plan(
        code=str(metadata.country_code),
        prefix=prefix,
        abroad=re.compile(abroad),
        pattern=re.compile(pattern),
        lengths=_lengths(metadata.country_code),
    )


def _lengths(code: int) -> frozenset[int]:
    """Return the lengths of numbers with this country code: its main country's count for all."""
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    metadata = PhoneMetadata.metadata_for_region(region, None)
    described = metadata.general_desc if metadata else None
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
