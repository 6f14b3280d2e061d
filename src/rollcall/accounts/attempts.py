"""How often somebody may try: failures are counted, and after some of them comes a pause.

What is tried from elsewhere never locks the owner of an account out: it is counted for the account
and the network that it comes from together, and a browser that signed in before is counted apart.
(OWASP: “Slow Down Online Guessing Attacks with Device Cookies”.)

An attempt is counted before it is made and forgiven when it succeeds, so that many at once count
as many.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from django.db import transaction

from rollcall.accounts.models import Attempt
from rollcall.accounts.tokens import digest_of
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.accounts", "attempts.sql")

HALF: Final = 31
"""Hexadecimal digits that stay of each part of a key."""

FORGOTTEN: Final = timedelta(days=2)
"""After so long without a failure a count means nothing any more."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """So many are free; then each takes a pause, twice as long as the one before.

    The count begins anew after `window` without a failure.
    """

    free: int
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=15)
    window: timedelta = timedelta(hours=24)


PAIR: Final = Limit(free=5)
NETWORK: Final = Limit(free=30, window=timedelta(hours=1))
DEVICE: Final = Limit(free=10)
FACTOR: Final = Limit(free=10, longest=timedelta(hours=1))
LETTER: Final = Limit(free=3, first=timedelta(minutes=15), longest=timedelta(hours=4))
"""Mails that anybody can ask for."""


class Counter(msgspec.Struct, frozen=True):
    """What is counted, and how many are free."""

    key: str
    limit: Limit


class Standing(msgspec.Struct, frozen=True):
    """What is known of a counter."""

    failures: int = 0
    failed_at: datetime | None = None
    refused_until: datetime | None = None


def pair_of(email_key: str, network: str) -> Counter:
    """Count an account (whether it exists or not) and a network together."""
    return Counter(f"{_who(email_key)}/{digest_of(network)[:HALF]}", PAIR)


def network_of(network: str) -> Counter:
    """Count a network, whichever accounts are tried from it."""
    return Counter(f"network/{digest_of(network)[:HALF]}", NETWORK)


def device_of(email_key: str, device: str) -> Counter:
    """Count a browser that signed in to this account before."""
    return Counter(f"{_who(email_key)}/{digest_of('device ' + device)[:HALF]}", DEVICE)


def factor_of(email_key: str, device: str = "") -> Counter:
    """Count second factors: of one browser, or of all that never signed in to this account."""
    return Counter(f"{_who(email_key)}/{digest_of('factor ' + device)[:HALF]}", FACTOR)


def letters_of(email_key: str) -> Counter:
    """Count the mails that were asked for."""
    return Counter(f"{_who(email_key)}/letters", LETTER)


def _who(email_key: str) -> str:
    return digest_of(email_key)[:HALF]


def weigh(standing: Standing, limit: Limit, *, now: datetime) -> Standing | None:
    """Return what is known after one more attempt; None where none is allowed now."""
    if standing.refused_until is not None and now < standing.refused_until:
        return None
    fresh = standing.failed_at is not None and now - standing.failed_at < limit.window
    failures = (standing.failures if fresh else 0) + 1
    beyond = failures - limit.free
    pause = None if beyond < 0 else min(limit.longest, limit.first * 2 ** min(beyond, 20))
    return Standing(failures, now, now + pause if pause else None)


@transaction.atomic
def charge(counters: Sequence[Counter], *, now: datetime) -> datetime | None:
    """Count an attempt. If one of the counters allows none now, none counts it: return until when.

    The rows are taken in the order of their keys, so that nobody waits in a circle.
    """
    rows = Attempt.objects.all_tenants()
    limits = {counter.key: counter.limit for counter in counters}
    rows.bulk_create([Attempt(key=key, failed_at=now) for key in limits], ignore_conflicts=True)
    held = list(rows.select_for_update().filter(key__in=limits).order_by("key"))
    weighed = [(row, weigh(_standing(row), limits[row.key], now=now)) for row in held]
    refusing = [row.refused_until for row, after in weighed if after is None and row.refused_until]
    if refusing:
        return max(refusing)
    for row, after in weighed:
        if after is not None:
            row.failures, row.refused_until = after.failures, after.refused_until
            row.failed_at = now
            row.save(update_fields=["failures", "failed_at", "refused_until"])
    return None


def paused_until(counters: Sequence[Counter], *, now: datetime) -> datetime | None:
    """Return until when nothing is allowed, if that is so."""
    values = {"keys": [counter.key for counter in counters], "now": now}
    until: datetime | None = fetch(SQL["paused"], values)[0][0]
    return until


def _standing(row: Attempt) -> Standing:
    return Standing(row.failures, row.failed_at, row.refused_until)


@transaction.atomic
def forgive(counters: Sequence[Counter]) -> None:
    """Take back what was counted for an attempt that succeeded.

    A network loses that one alone: who has an account of their own could try all others else.
    """
    rows = Attempt.objects.all_tenants()
    keys = [counter.key for counter in counters]
    rows.filter(key__in=[key for key in keys if not key.startswith("network/")]).delete()
    shared = rows.select_for_update().filter(key__in=keys).order_by("key")
    for row in shared:
        row.failures = max(0, row.failures - 1)
        row.refused_until = None
        row.save(update_fields=["failures", "refused_until"])


def lift(email_key: str) -> int:
    """Forget all that was counted for an account; return how much it was."""
    rows = Attempt.objects.all_tenants().filter(key__startswith=f"{_who(email_key)}/")
    return int(rows.delete()[0])


def forget_attempts(*, now: datetime) -> int:
    """Delete the counts that mean nothing any more; return how many."""
    rows = Attempt.objects.all_tenants().filter(failed_at__lt=now - FORGOTTEN)
    return int(rows.delete()[0])
