"""How long what a directory publishes is believed: a pure policy, for its endpoints and its keys.

https://learn.microsoft.com/entra/identity-platform/signing-key-rollover: a day, read anew each
hour with nobody waiting, at once for a key that is not known, the last good set kept when that
fails.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

import msgspec

from rollcall.oidc.keys import KeySet

LIFE: Final = timedelta(hours=24)
FRESH: Final = timedelta(hours=1)
PAUSE: Final = timedelta(minutes=5)
AHEAD: Final = timedelta(minutes=5)
"""A reading that is later than now by more than this was made by another clock."""


class Age(Enum):
    """How old something read is: good, due to be read anew, or over."""

    GOOD = auto()
    DUE = auto()
    OVER = auto()


def judge_age(*, read_at: datetime, tried_at: datetime, now: datetime) -> Age:
    """Judge what was read at `read_at`, and asked for again, perhaps in vain, at `tried_at`."""
    age = now - read_at
    if not -AHEAD <= age < LIFE:
        return Age.OVER
    return Age.DUE if age >= FRESH and abs(now - tried_at) >= PAUSE else Age.GOOD


class Kept(msgspec.Struct, frozen=True):
    """Keys that were read, when; when they were last asked for; when a name was last missed."""

    keys: KeySet
    read_at: datetime
    tried_at: datetime
    missed_at: datetime | None = None


class Use(msgspec.Struct, frozen=True):
    """The keys are good."""

    keys: KeySet


class UseAndRefresh(msgspec.Struct, frozen=True):
    """They are good, and it is time to read them anew, with nobody waiting."""

    keys: KeySet


class Fetch(msgspec.Struct, frozen=True):
    """Read them first."""


class Refuse(msgspec.Struct, frozen=True):
    """The name is unknown, and they were read for an unknown one a moment ago."""

    keys: KeySet


Judgement = Use | UseAndRefresh | Fetch | Refuse


def judge(kept: Kept | None, kid: str, now: datetime) -> Judgement:
    """Say what to do to verify by the key `kid`; "" asks for any, and an unnamed one is none.

    Whoever sends unknown names causes one reading in five minutes, and no more.
    """
    if kept is None:
        return Fetch()
    age = judge_age(read_at=kept.read_at, tried_at=kept.tried_at, now=now)
    if age is Age.OVER:
        return Fetch()
    if kid and kept.keys.find(kid) is None:
        just_missed = kept.missed_at is not None and abs(now - kept.missed_at) < PAUSE
        return Refuse(kept.keys) if just_missed else Fetch()
    return Use(kept.keys) if age is Age.GOOD else UseAndRefresh(kept.keys)


def keep_read(before: Kept | None, keys: KeySet, *, kid: str, now: datetime) -> Kept:
    """Return what is kept after reading `keys` at `now`, for the sake of `kid` or ""."""
    missed = bool(kid) and keys.find(kid) is None
    earlier = before.missed_at if before is not None else None
    return Kept(keys, read_at=now, tried_at=now, missed_at=now if missed else earlier)


def keep_failed(before: Kept | None, *, now: datetime) -> Kept | None:
    """Return what is kept after asking in vain at `now`: the last good set."""
    return None if before is None else msgspec.structs.replace(before, tried_at=now)
