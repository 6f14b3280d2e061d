"""What settings may be, as commands and pages give them: the range of numbers, and leavers."""

from typing import Any

from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number, parse_range

ADMINISTRATORS = "admins"
"""The subject of the list of people who may sign in as the tenant's administrators."""

MOST_LINES = 20_000
"""The lines that a list may have when it comes over the web."""

POLICIES = ("block", "keep", "release")
MOST_DAYS = 3650


def range_values(start: str, end: str) -> dict[str, Any]:
    """Return the columns of a range; without a start the tenant's own, without an end all of it."""
    if not start:
        if end:
            raise SetupError(
                f"The last extension number {end} needs a first one, too.", code="bad-range"
            )
        return {"first_extension": None, "last_extension": None}
    chosen = parse_range(start, end or None)
    return {"first_extension": chosen.first, "last_extension": parse_number(end) if end else None}


def leaver_values(policy: str, days: int | None) -> dict[str, Any]:
    """Return the columns of a policy for leavers; only a release has days."""
    if policy not in POLICIES:
        raise SetupError(
            f"“{policy}” is not a policy for leavers: block, keep, or release after some days.",
            code="bad-leavers",
        )
    if policy != "release":
        return {"leavers": policy, "release_days": None}
    if days is None or not 0 <= days <= MOST_DAYS:
        raise SetupError(
            f"A number is released after 0 to {MOST_DAYS} days, such as 30.", code="bad-leavers"
        )
    return {"leavers": policy, "release_days": days}
