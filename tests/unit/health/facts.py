"""Facts about tenants, for tests of what is made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rollcall.health.facts import Facts, IntegrationFacts, Mails, Queue

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def tenant(slug: str = "contoso", **values: Any) -> IntegrationFacts:
    """Return a tenant with which all is well, but for these values."""
    well: dict[str, Any] = {
        "active": True,
        "paused": False,
        "next_at": NOW + timedelta(hours=12),
        "succeeded_at": NOW - timedelta(hours=12),
        "people": 40,
        "attempts": 0,
        "run_state": "applied",
        "certificate_ends": NOW + timedelta(days=200),
    }
    return IntegrationFacts(slug=slug, **{**well, **values})


def facts(*tenants: IntegrationFacts, **values: Any) -> Facts:
    """Return what the database says of these tenants."""
    quiet: dict[str, Any] = {
        "database_bytes": 1000,
        "tallies": (),
        "queue": Queue(queued=0, running=0, oldest_seconds=0),
        "mails": Mails(waiting=0, failed=0, oldest_seconds=0),
        "processes": (),
        "tenants": (),
    }
    return Facts(now=NOW, integrations=tenants, **{**quiet, **values})
