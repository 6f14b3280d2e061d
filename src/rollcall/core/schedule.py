"""When a tenant is synchronised: daily at its own time, spread a little; again after a failure.

At a time that a day does not have (clocks go forward) the slot is at the end of the gap; of a time
that a day has twice (clocks go back) the first counts. cronsim keeps both rules, which are Debian
cron's.
"""

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim

SPREAD = timedelta(minutes=5)
"""The tenants of one slot begin within so long of it."""

RETRIES = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 120))
"""How long after each failure in a row the next attempt comes; then the next slot is waited for."""

LONG_RUN = timedelta(seconds=60)
MANY_PEOPLE = 5000


class Slot(msgspec.Struct, frozen=True):
    """A run that is due: by the tenant's clock at `slot_at`, really at `next_at`. Both are UTC."""

    slot_at: datetime
    next_at: datetime


def next_slot(*, at: time, zone: str, after: datetime, key: int) -> Slot:
    """Return the first slot after `after` of a tenant that is synchronised daily at `at`.

    `key` spreads tenants: the same one always comes as long after its time.
    """
    local = after.astimezone(ZoneInfo(zone)).replace(second=0, microsecond=0)
    slots = CronSim(f"{at.minute} {at.hour} * * *", local)
    slot_at = next(moment for each in slots if (moment := each.astimezone(UTC)) > after)
    return Slot(slot_at=slot_at, next_at=slot_at + spread(key))


def spread(key: int) -> timedelta:
    """Return how long after its slot the tenant with this key begins: 0 s to five minutes."""
    digest = hashlib.blake2b(str(key).encode(), digest_size=8).digest()
    return timedelta(seconds=int.from_bytes(digest) % int(SPREAD.total_seconds()))


def next_attempt(*, failures: int, now: datetime, slot_at: datetime, key: int) -> datetime | None:
    """Return when to try again after so many failures in a row that nobody need mend.

    None means at the next slot, `slot_at`: the attempts are used up, or it is nearly there.
    """
    if not 1 <= failures <= len(RETRIES):
        return None
    attempt_at = now + RETRIES[failures - 1] + spread(key) / 5
    return attempt_at if attempt_at < slot_at - RETRIES[0] else None


def is_long(*, people: int, seconds: float) -> bool:
    """Tell whether the runs of a tenant belong in the lane of the long ones."""
    return people >= MANY_PEOPLE or seconds > LONG_RUN.total_seconds()
