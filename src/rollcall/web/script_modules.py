"""How long browsers keep scripts that other scripts import.

A page names its files by their content (rollcall.web.static), so they are kept for a year. A module
that is imported has no such name: browsers ask each time whether it is still the same.
"""

from typing import Final
from wsgiref.headers import Headers

IMPORTED: Final = "/static/webphone/"


def ask_each_time(headers: Headers, path: str, url: str) -> None:
    """Have browsers ask for a module each time; what has not changed is not sent again."""
    if url.startswith(IMPORTED) and url.endswith(".js"):
        headers["Cache-Control"] = "no-cache"
