"""How people dial in a country, in words that a switch understands. What it does is elsewhere.

The facts are phonenumbers' own. A switch knows texts and POSIX regular expressions, so patterns
are written as those, and prefixes and emergency numbers are listed one by one.
"""

import re
from functools import cache
from itertools import product

import msgspec
from phonenumbers import PhoneMetadata

NO_NUMBER = "^x$"
"""A pattern that no number matches."""

_EUROPE = re.compile(
    "A[DLTX]|B[AEGY]|C[HYZ]|D[EK]|E[ES]|F[IOR]|G[BGIR]|H[RU]|I[EMST]|JE|L[ITUV]|M[CDEKT]|N[LO]"
    "|P[LT]|R[OSU]|S[EIJKM]|TR|UA|VA|XK"
)
_LONGEST_PREFIX = 4
_LONGEST_EMERGENCY = 5


class DialPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of a country as they are dialled there.

    `abroad` are the prefixes of numbers in other countries, the usual one first; `prefix` is that
    of inside the country, "" where there is none. With `bare`, people leave it out. `national` is
    what numbers look like without it, `services` what short numbers do that cost nothing.
    """

    code: str
    abroad: tuple[str, ...]
    prefix: str
    bare: bool
    national: str
    services: str


@cache
def dial_plan(country: str) -> DialPlan | None:
    """Return the plan of a country (ISO 3166-1 alpha-2), None where no telephones are known."""
    metadata = PhoneMetadata.metadata_for_region(country, None)
    if metadata is None or metadata.general_desc is None or metadata.country_code is None:
        return None
    # Russia's "8~10" has a pause in it, for the dial tone.
    prefix = (metadata.national_prefix or "").replace("~", "")
    short = PhoneMetadata.short_metadata_for_region(country, None)
    free = short.toll_free.national_number_pattern if short and short.toll_free else None
    return DialPlan(
        code=str(metadata.country_code),
        abroad=_prefixes(metadata),
        prefix=prefix,
        # Elsewhere digits without the prefix are of the same town, and which one is not known.
        bare=prefix in {"", "1"},
        national=posix_pattern(metadata.general_desc.national_number_pattern),
        services=posix_pattern(free),
    )


@cache
def emergency_numbers(country: str) -> tuple[str, ...]:
    """Return the numbers that call for help in a country; in Europe 112 is always one."""
    short = PhoneMetadata.short_metadata_for_region(country, None)
    described = short.emergency if short else None
    pattern = described.national_number_pattern if described else None
    known = set(_matches(pattern, _LONGEST_EMERGENCY)) if pattern else set()
    if _EUROPE.fullmatch(country) or not known:
        known.add("112")
    return tuple(sorted(known))


def posix_pattern(pattern: str | None) -> str:
    """Return a pattern of phonenumbers as an anchored POSIX extended regular expression."""
    if not pattern:
        return NO_NUMBER
    plain = re.sub(r"\s", "", pattern).replace("(?:", "(")
    return f"^({plain.replace(chr(92) + 'd', '[0-9]')})$"


def _prefixes(metadata: PhoneMetadata) -> tuple[str, ...]:
    """Return how numbers abroad begin, the usual way first."""
    usual = (metadata.preferred_international_prefix or "").replace("~", "")
    found = _matches(metadata.international_prefix or "", _LONGEST_PREFIX)
    return tuple(dict.fromkeys([usual, *found] if usual else found))


def _matches(pattern: str, longest: int) -> list[str]:
    """Return all digits up to a length that match, shortest first."""
    compiled = re.compile(pattern)
    every = (
        "".join(digits)
        for length in range(1, longest + 1)
        for digits in product("0123456789", repeat=length)
    )
    return [digits for digits in every if compiled.fullmatch(digits)]
