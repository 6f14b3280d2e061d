"""Files that pages load, under an address that changes with their content: kept for a year."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from typing_extensions import override

DIGITS: Final = 10


class NamedByContent(StaticFilesStorage):
    """The files where they lie in the apps; nothing is collected or built."""

    @override
    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        address = super().url(name, *args, **kwargs)
        return f"{address}?v={_digest(name)}" if name else address


@cache
def _digest(name: str) -> str:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(f"No app has the static file {name}.")
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:DIGITS]
