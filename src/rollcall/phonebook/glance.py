"""A few colleagues, own contacts and contacts of the company at once: what is found as one types.

One query for all three, each part of it by an index that row-level security leaves usable. Whole
lists, a page at a time, are in `listing` here and in rollcall.telephony.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from rollcall.core.phone import normalise_number
from rollcall.core.written_numbers import (
    LONGEST_E164,
    e164_beginnings,
    shorten_number,
    written_beginnings,
)
from rollcall.phonebook.models import COMPANY
from rollcall.tenants.search_keys import LAST, TYPED, prefix_ranges
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.phonebook", "glance.sql")
LONGEST_NUMBER: Final = 13
LONGEST_WRITTEN: Final = 18
SHORT: Final = 20
KEYS_EACH: Final = 2
"""So many keys of one row begin alike, at most and on an average."""


class Glimpse(msgspec.Struct, frozen=True):
    """Somebody who was found. `kind` is colleagues, own or company; `phones` are as written.

    `extension` and `photo` (a digest) are a colleague's; so is a department in `company`.
    """

    kind: str
    id: int
    display_name: str
    company: str
    job_title: str
    extension: str
    photo: str
    phones: tuple[tuple[str, int | None], ...]


def find_few(
    tenant_id: int, extension_id: int, text: str, *, country: str, few: int
) -> tuple[Glimpse, ...]:
    """Return at most `few` of each kind that match what was typed, in their order."""
    given = {"tenant": tenant_id, "holders": [extension_id, COMPANY], "limit": few}
    given["keys"] = few * KEYS_EACH
    digits = typed_digits(text)
    if not digits:
        clean = text.replace("\0", "").strip()[:TYPED]
        return tuple(map(_to_glimpse, fetch(SQL["by_words"], {**given, "text": clean})))
    rows = fetch(SQL["by_digits"], {**given, **_beginnings(digits, country)})
    found = map(_to_glimpse, rows)
    starts = e164_beginnings(digits, country)
    kept: dict[str, list[Glimpse]] = {}
    for each in found:
        if each.kind != "colleagues":
            kept.setdefault(each.kind, []).append(each)
        elif (shown := _with_matching(each, digits, starts, country)) is not None:
            kept.setdefault(each.kind, []).append(shown)
    return tuple(each for rows_of in kept.values() for each in rows_of[:few])


def typed_digits(text: str) -> str:
    """Return what was typed as it is dialled, if it is a number or begins like one."""
    bare = shorten_number(text)
    plain = bare.removeprefix("+")
    return bare if plain.isascii() and plain.isdecimal() else ""


def _beginnings(digits: str, country: str) -> dict[str, Any]:
    short = digits if len(digits) <= SHORT and not digits.startswith("+") else ""
    inside = digits.removeprefix("+") == digits and not digits.startswith("0")
    return {
        **_ranges("", e164_beginnings(digits, country), LONGEST_E164),
        **_ranges("written_", written_beginnings(digits, country), LONGEST_WRITTEN),
        **_ranges("inside_", [digits] if inside else [], LONGEST_NUMBER),
        "short": short or LAST,
        "beyond": short + LAST,
    }


def _ranges(name: str, starts: Iterable[str], longest: int) -> dict[str, list[int]]:
    ranges = [each for start in starts for each in prefix_ranges(start, longest=longest)]
    return {
        f"{name}starts": [low for low, _ in ranges],
        f"{name}ends": [high for _, high in ranges],
    }


def _with_matching(
    found: Glimpse, digits: str, starts: Sequence[str], country: str
) -> Glimpse | None:
    """Return a colleague with those of the written numbers that begin so; None if none does."""

    def begins(written: str) -> bool:
        e164 = normalise_number(written, country).e164
        return e164 is not None and str(e164).startswith(tuple(starts))

    matching = tuple(each for each in found.phones if each[0] and begins(each[0]))
    if not matching and not found.extension.startswith(digits):
        return None
    return msgspec.structs.replace(found, phones=matching)


def _to_glimpse(row: Sequence[Any]) -> Glimpse:
    kind, row_id, name, company, job, extension, photo, phones, _place = row
    listed = msgspec.json.decode(phones) if isinstance(phones, str) else phones or ()
    return Glimpse(
        kind,
        row_id,
        name,
        company,
        job,
        "" if extension is None else str(extension),
        bytes(photo).hex() if photo else "",
        tuple((number, e164) for number, e164 in listed),
    )
