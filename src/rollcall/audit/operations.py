"""Write the audit log, and delete of it what is older than it is kept."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.utils import timezone

from rollcall.audit.models import AuditEntry
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.audit", "audit.sql")


def note(
    *,
    actor: str,
    action: str,
    subject: str = "",
    tenant_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry: `actor` did `action` (noun.verb) to `subject`. No secret, no contact."""
    values = {
        "tenant": tenant_id,
        "at": timezone.now(),
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": json.dumps(dict(detail or {})),
    }
    fetch(SQL["note"], values)


def delete_old_entries(*, before: datetime, limit: int) -> int:
    """Delete entries from before then, the oldest first and no more than `limit`."""
    entries = AuditEntry.objects.all_tenants()
    # Looked for among the oldest alone: ids grow with time, and no index has the time first.
    oldest = list(entries.order_by("id").values_list("id", "at")[:limit])
    count, _ = entries.filter(id__in=[entry_id for entry_id, at in oldest if at < before]).delete()
    return count
