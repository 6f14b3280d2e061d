"""Named SQL: each statement stands in a `.sql` file beside the module that runs it.

-- name: find_people
-- One line that says what it is for.
SELECT …
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


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
