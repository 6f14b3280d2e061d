"""Numbers of a trunk as people paste them: a line each, or a range, perhaps with an extension.

+49 30 1234560
030 1234561, 2001
030 1234570 – 79
+49 30 1234580 .. +49 30 1234589
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from django.utils.translation import gettext as _

from rollcall.calling.trunk_rules import check_phone_number
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number

MOST: Final = 10_000
"""So many numbers are taken at once."""

LONGEST_LINE: Final = 200
"""No number is longer, however it is written."""

_RANGE = re.compile(r"\s*(?:–|—|\.\.+|…|\s-\s)\s*")
_APART = re.compile(r"[,;\t]")


class NumberLine(msgspec.Struct, frozen=True):
    """A number in E.164, and the extension number that it is to ring, if the line has one."""

    number: int
    extension: int | None


def parse_lines(lines: Iterable[str], *, country: str) -> tuple[NumberLine, ...]:
    """Return the numbers of some lines, each once; raise SetupError with the line that is bad."""
    found: dict[int, NumberLine] = {}
    for place, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        for each in _parse_line(line, place, country):
            found[each.number] = each
            if len(found) > MOST:
                sentence = _("At most %(most)s numbers can be added at once.")
                raise SetupError(sentence % {"most": MOST}, code="too-many-numbers")
    return tuple(found.values())


def _parse_line(line: str, place: int, country: str) -> Iterator[NumberLine]:
    try:
        bounded = line.strip()[:LONGEST_LINE]
        written, *rest = (part.strip() for part in _APART.split(bounded, maxsplit=1))
        extension = parse_number(rest[0]) if rest and rest[0] else None
        first, *last = _RANGE.split(written, maxsplit=1)
        start = check_phone_number(first, country)
        end = _read_end(start, last[0], country) if last else start
    except SetupError as error:
        sentence = _("Line %(place)s: %(what)s")
        raise SetupError(
            sentence % {"place": place, "what": error}, code=error.code or "bad-phone-number"
        ) from error
    if end > start and extension is not None:
        sentence = _("Line %(place)s: a range has no extension; each number rings one.")
        raise SetupError(sentence % {"place": place}, code="bad-phone-number")
    for number in range(start, end + 1):
        yield NumberLine(number, extension)


def _read_end(start: int, written: str, country: str) -> int:
    """Return the last number of a range; a few digits take the place of the first one's last."""
    digits = str(start)
    if written.isascii() and written.isdecimal() and len(written) < len(digits) - 1:
        short = digits[: -len(written)] + written
        end = int(short) if int(short) >= start else 0
    else:
        end = check_phone_number(written, country)
    if end < start or len(str(end)) != len(digits):
        raise SetupError(_("The range does not end after its beginning."), code="bad-phone-number")
    return end
