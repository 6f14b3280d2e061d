"""Named SQL: each statement stands in a `.sql` file beside the module that runs it.

-- name: find_people
-- One line that says what it is for.
SELECT …
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


def write_array(texts: Iterable[str]) -> str:
    """Write a text[] as PostgreSQL reads it; for COPY, a tenth of what the driver's lists cost.

    https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
    """
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


@cache
def load_statements(file_name: str) -> Mapping[str, LiteralString]:
    """Return the statements of a file in this package, by name.

    The files are part of the program, so their text is as trustworthy as a literal.
    """
    text = (files("rollcall.store") / file_name).read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    names, bodies = parts[::2], parts[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{file_name} names a statement twice")
    return {
        name: cast("LiteralString", body.strip()) for name, body in zip(names, bodies, strict=True)
    }
