"""The SQL of this package by name: it stands in `.sql` files beside the modules that run it."""

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
    text = (files("rollcall.health") / file_name).read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return {
        name: cast("LiteralString", body.strip())
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
