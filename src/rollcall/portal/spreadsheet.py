"""Lists as CSV, line by line, so that a spreadsheet runs nothing of what people wrote in them."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Final

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes a cell for a formula by."""

PHONE: Final = re.compile(r"\+[0-9][0-9 ]*\Z")
"""What begins like one and is none: a phone number, which stays as it is."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""By this, a spreadsheet knows that it is UTF-8."""


class _Line:
    """A file of one line: what was written last."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield `rows` as lines of a CSV file."""
    line = _Line()
    writer = csv.writer(line)
    start = BYTE_ORDER_MARK
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
        yield start + line.text
        start = ""


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) and not PHONE.match(cell) else cell
