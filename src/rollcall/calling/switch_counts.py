"""What the switch says of itself, for /metrics: written by the switch alone."""

from collections.abc import Mapping
from datetime import datetime

from rollcall.calling.models import SwitchCount


def save_counts(counts: Mapping[str, int], *, now: datetime) -> None:
    """Write the numbers down in place of those before."""
    rows = [SwitchCount(name=name, value=value, seen_at=now) for name, value in counts.items()]
    SwitchCount.objects.all_tenants().bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["value", "seen_at"],
    )
