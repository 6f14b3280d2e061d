"""Calls in words: which way they went, what became of them, how long they took."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DIRECTIONS: Final[Mapping[str, Promise]] = {
    "internal": _("Inside"),
    "inbound": _("From outside"),
    "outbound": _("To outside"),
}
RESULTS: Final[Mapping[str, tuple[str, Promise]]] = {
    "answered": ("good", _("Answered")),
    "cancelled": ("quiet", _("Given up")),
    "no-answer": ("quiet", _("Not answered")),
    "busy": ("quiet", _("Busy")),
    "declined": ("quiet", _("Declined")),
    "unreachable": ("warning", _("Not reachable")),
    "refused": ("warning", _("Refused")),
    "failed": ("bad", _("Failed")),
}
"""What became of a call: the kind of state, and the words."""

MINUTE: Final = 60
HOUR: Final = 3600


def direction_words(direction: str) -> str:
    """Return which way a call went; one from another version as it is written."""
    return str(DIRECTIONS.get(direction, direction))


def result_words(result: str) -> tuple[str, str]:
    """Return kind and words of a result; one from another version as it is written."""
    kind, words = RESULTS.get(result, ("quiet", result))
    return kind, str(words)


def duration_words(seconds: int) -> str:
    """Return how long people talked: 0:07, 12:30, 1:02:03; nothing for not at all."""
    if seconds <= 0:
        return ""
    hours, rest = divmod(seconds, HOUR)
    minutes, left = divmod(rest, MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"
