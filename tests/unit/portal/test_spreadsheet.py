"""A list as CSV: quoted, and without a cell that a spreadsheet would run."""

import csv
import io

import pytest

from rollcall.portal.spreadsheet import csv_lines


def read(*rows: tuple[str, ...]) -> list[list[str]]:
    text = "".join(csv_lines(rows))
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("cell", ["=1+1", "+1+2", "+A1", "-1", "@sum", "\tx", "\r=1", "\n=1"])
def test_what_looks_like_a_formula_becomes_a_text(cell: str) -> None:
    assert read((cell, "x")) == [[f"'{cell}", "x"]]


@pytest.mark.parametrize(
    "cell", ["", "Anna", "a,b", 'say "hello"', "two\nlines", "a=b", "שלום", "+49 30 123"]
)
def test_everything_else_comes_back_as_it_was(cell: str) -> None:
    assert read((cell, cell)) == [[cell, cell]]


def test_lines_come_one_by_one() -> None:
    lines = csv_lines((str(number),) for number in range(10**9))

    assert next(lines) == "\ufeff0\r\n"
    assert next(lines) == "1\r\n"
