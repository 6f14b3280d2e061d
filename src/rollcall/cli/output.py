"""What a command prints: for people, or JSON with `--json`."""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

DASH = "–"
MINUTE = 60
HOUR = 3600
DAY = 86400

PIPED_WIDTH = 140

console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

_encoder = msgspec.json.Encoder()


def print_json(value: object) -> None:
    """Print one JSON value on a line of its own."""
    sys.stdout.write(_encoder.encode(value).decode())
    sys.stdout.write("\n")


def print_json_list(values: Iterable[object]) -> None:
    """Print a JSON array, an element a line, without holding all of it."""
    sys.stdout.write("[")
    separator = "\n"
    for value in values:
        sys.stdout.write(separator)
        sys.stdout.write(_encoder.encode(value).decode())
        separator = ",\n"
    sys.stdout.write("\n]\n" if separator != "\n" else "]\n")


def say(text: str, style: str = "") -> None:
    """Print a sentence for people; no markup in it is obeyed."""
    console.print(Text(text, style=style))


WIDEST = {"name": 30, "fields": 60}
WIDE = 110
"""Columns of a terminal that has room for all of a list."""


def make_table(*columns: str) -> Table:
    """Return an empty table."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", max_width=WIDEST.get(column))
    return table


def print_rows(rows: Sequence[Mapping[str, Text]], *, narrow: Collection[str]) -> None:
    """Print rows as a table: all of their columns, or the `narrow` ones where there is no room."""
    columns = [name for name in rows[0] if console.width >= WIDE or name in narrow]
    table = make_table(*columns)
    for row in rows:
        table.add_row(*(row[name] for name in columns))
    console.print(table)


def cell(value: object, style: str = "") -> Text:
    """Return a table cell: the value as it is, a dash for nothing."""
    text = DASH if value in {None, ""} else str(value)
    return Text(text, style=style)


def show_time(moment: datetime | None, now: datetime) -> str:
    """Return a moment as people say it: relative when it is near, else the date."""
    if moment is None:
        return "never"
    seconds = (now - moment).total_seconds()
    if 0 <= seconds < MINUTE:
        return "just now"
    if 0 <= seconds < HOUR:
        return f"{seconds / MINUTE:.0f} min ago"
    if 0 <= seconds < DAY:
        return f"{seconds / HOUR:.0f} h ago"
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def show_duration(seconds: float) -> str:
    """Return a length of time as people say it."""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    if not hours:
        return f"{minutes} min {rest} s"
    return f"{hours} h {minutes} min"


def plural(count: int, singular: str, many: str = "") -> str:
    """Return a count with its noun."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"
