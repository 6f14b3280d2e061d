"""The files that the service worker keeps, and what they are together."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders

WORKER: Final = "webphone/worker.js"
MODULES: Final = (
    "call",
    "calls",
    "devices",
    "history",
    "keys",
    "line",
    "notices",
    "panels",
    "presence",
    "quality",
    "reasons",
    "screen",
    "socket",
    "tabs",
    "tones",
    "words",
)
"""What phone.js imports, directly or not, besides JsSIP."""

KEPT: Final = (
    "portal/portal.css",
    "portal/portal.js",
    "portal/theme.js",
    "django_htmx/htmx-2.min.js",
    "webphone/icon.svg",
    "webphone/webphone.css",
    "webphone/webphone.js",
    "webphone/phone.js",
    "webphone/vendor/jssip.js",
    *(f"webphone/{name}.js" for name in MODULES),
)


@cache
def find_digest() -> str:
    """Return what changes when one of the files does."""
    digest = hashlib.sha256()
    for name in (*KEPT, WORKER):
        digest.update(_path(name).read_bytes())
    return digest.hexdigest()[:12]


@cache
def read_worker() -> str:
    """Return the text of the service worker."""
    return _path(WORKER).read_text(encoding="utf-8")


def _path(name: str) -> Path:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(f"No app has the static file {name}.")
    return Path(found)
