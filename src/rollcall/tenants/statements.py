"""SQL of the apps by name: it stands in `.sql` files beside the modules that run it."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import connection

_NAME = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


@cache
def load_statements(package: str, file_name: str) -> Mapping[str, str]:
    """Return the statements of a package's file, by name."""
    text = (files(package) / file_name).read_text(encoding="utf-8")
    _, *parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}


def fetch(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement with named values on Django's connection; return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, dict(values))
        return [tuple(row) for row in cursor.fetchall()]
