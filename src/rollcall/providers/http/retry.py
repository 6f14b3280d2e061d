"""What to do with an answer: take it, try again after a while, or give up. Decides, never waits."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

MOST_ATTEMPTS = 7
MOST_THROTTLED = 20
LONGEST_WAIT = 900.0
"""Seconds; a server that asks for more is tried again in the next run."""

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 60.0
_THROTTLED = frozenset({429, 503})
_BROKEN = frozenset({408, 423, 424, 500, 502, 504})


class Accept(msgspec.Struct, frozen=True):
    """The answer is final: good, or a refusal that asking again does not change."""


class Wait(msgspec.Struct, frozen=True):
    """Ask again after `seconds`. `throttled` says that the other side wants less from us."""

    seconds: float
    throttled: bool


class GiveUp(msgspec.Struct, frozen=True):
    """Asked often enough, or for longer than a run can wait."""

    why: str


Verdict = Accept | Wait | GiveUp


def judge_status(
    status: int, headers: Mapping[str, str], *, attempt: int, jitter: float, now: datetime
) -> Verdict:
    """Judge an answer by its status and its Retry-After header (RFC 9110, 10.2.3).

    `attempt` counts from 1, `jitter` is between 0 and 1, `headers` have lower-case names. Seconds
    may be fractional, as one stored copy of Graph's throttling page shows them.
    """
    if status not in _THROTTLED and status not in _BROKEN:
        return Accept()
    throttled = status in _THROTTLED
    asked = parse_retry_after(headers.get("retry-after"), now=now)
    most = MOST_THROTTLED if throttled and asked is not None else MOST_ATTEMPTS
    if attempt >= most:
        return GiveUp(f"answered {status} {attempt} times")
    if asked is None:
        return Wait(seconds=backoff(attempt, jitter), throttled=throttled)
    if asked > LONGEST_WAIT:
        return GiveUp(f"asks us to wait {asked:.0f} seconds")
    return Wait(seconds=asked, throttled=throttled)


def judge_failure(*, attempt: int, jitter: float) -> Wait | GiveUp:
    """Judge a connection that failed, or an answer that broke off or is no answer at all."""
    if attempt >= MOST_ATTEMPTS:
        return GiveUp(f"failed {attempt} times")
    return Wait(seconds=backoff(attempt, jitter), throttled=False)


def backoff(attempt: int, jitter: float) -> float:
    """Return the seconds to wait after `attempt` without being told: doubling, with jitter."""
    longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (attempt - 1))
    return float(longest * (0.5 + jitter / 2))


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header: a number, or an HTTP date."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _until(value, now)
    return seconds if 0 <= seconds < float("inf") else None


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
