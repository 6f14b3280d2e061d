"""Microsoft's limits, enforced when a test asks for it. Contract g.1.

Decides only: time comes in, a verdict goes out; who is being served at the moment is counted by
the caller's enter and leave.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from m365sim.answers import GraphError
from m365sim.settings import Settings

WINDOW_SECONDS = 10
MAILBOX_WINDOW_SECONDS = 600
MAILBOX_REQUESTS = 10_000
MAILBOX_CONCURRENCY = 4
SMALL, SMALL_UNITS = 50, 3_500
MEDIUM, MEDIUM_UNITS = 500, 5_000
LARGE_UNITS = 8_000
WARNING_SHARE = 0.8
MOST_SHARE = 1.8


@dataclass(slots=True)
class _Bucket:
    """Resource units used lately; they run out at the rate of the limit."""

    used: float = 0.0
    at: float = 0.0

    def charge(self, cost: int, *, limit: float, now: float) -> float:
        """Add a cost, also to a bucket that is over its limit, and return the share used."""
        passed = max(0.0, now - self.at)
        self.used = max(0.0, self.used - passed * limit / WINDOW_SECONDS)
        self.used = min(self.used + cost, MOST_SHARE * limit)
        self.at = now
        return self.used / limit


@dataclass(slots=True)
class _Mailbox:
    served_at: deque[float] = field(default_factory=deque)
    in_service: int = 0


class Limits:
    """What each application has used of each directory and mailbox."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._mailboxes: dict[tuple[str, str], _Mailbox] = {}

    def charge_directory(
        self,
        settings: Settings,
        *,
        application: str,
        directory: str,
        people: int,
        cost: int,
        now: float,
    ) -> dict[str, str]:
        """Charge resource units and return the headers they bring; 429 when too many were used."""
        headers = {"x-ms-resource-unit": str(cost)}
        if not settings.directory_limits:
            return headers
        limit = max(1.0, units_for(people) * settings.limit_scale)
        bucket = self._buckets.setdefault((application, directory), _Bucket())
        share = bucket.charge(cost, limit=limit, now=now)
        if share > WARNING_SHARE:
            headers["x-ms-throttle-limit-percentage"] = f"{min(share, MOST_SHARE):.2f}"
        if share <= 1:
            return headers
        wait = max(1, math.ceil((share - 1 + cost / limit) * WINDOW_SECONDS))
        scope = f"Tenant_Application/ReadWrite/{application}/{directory}"
        refusal = headers | {
            "Retry-After": str(wait),
            "x-ms-throttle-scope": scope,
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
        }
        raise GraphError(429, "TooManyRequests", "Please retry again later.", headers=refusal)

    def enter_mailbox(self, settings: Settings, key: tuple[str, str], now: float) -> None:
        """Begin a request to a mailbox of an application; 429 when there are too many."""
        mailbox = self._mailboxes.setdefault(key, _Mailbox())
        if settings.outlook_limits:
            while mailbox.served_at and mailbox.served_at[0] <= now - MAILBOX_WINDOW_SECONDS:
                mailbox.served_at.popleft()
            if mailbox.in_service >= MAILBOX_CONCURRENCY:
                message = "Application is over its MailboxConcurrency limit."
                raise _mailbox_refusal(message, wait=1)
            if len(mailbox.served_at) >= max(1, int(MAILBOX_REQUESTS * settings.limit_scale)):
                wait = math.ceil(mailbox.served_at[0] + MAILBOX_WINDOW_SECONDS - now)
                message = "Application is over its RequestCount limit for this mailbox."
                raise _mailbox_refusal(message, wait=max(1, wait))
            mailbox.served_at.append(now)
        mailbox.in_service += 1

    def leave_mailbox(self, key: tuple[str, str]) -> None:
        """End a request to a mailbox."""
        self._mailboxes[key].in_service -= 1


def units_for(people: int) -> int:
    """Return the resource units in ten seconds that a directory of a size allows."""
    if people < SMALL:
        return SMALL_UNITS
    return MEDIUM_UNITS if people <= MEDIUM else LARGE_UNITS


def cost_of(base: int, options: dict[str, str]) -> int:
    """Return what a request costs. $select and small pages are cheaper."""
    top = options.get("$top", "")
    saved = ("$select" in options) + (top.isdigit() and int(top) < 20)  # noqa: PLR2004 - Microsoft's rule
    return max(1, base + ("$expand" in options) - saved)


def _mailbox_refusal(message: str, *, wait: int) -> GraphError:
    return GraphError(429, "ApplicationThrottled", message, headers={"Retry-After": str(wait)})
