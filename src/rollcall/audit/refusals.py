"""The newest sign-ins of a directory's people that were refused: a part of the audit log."""

from datetime import datetime
from typing import Final

import msgspec
from django.db.models import Q

from rollcall.audit.models import AuditEntry

REFUSED: Final = "sign_in.refused"
MICROSOFT: Final = "microsoft"
ENFORCED: Final = "enforced"
LOOKED_THROUGH: Final = 5000
"""So many of the newest entries are looked through: a log may be long, and this is a glance."""


class RefusedSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who was not let in. What is not known of them is empty."""

    at: datetime
    reason: str
    reference: str
    object_id: str
    address: str


def newest_refusals(tenant_id: int, *, since: datetime, limit: int) -> list[RefusedSignIn]:
    """Return refused sign-ins with Microsoft, and passwords that enforcing it refused."""
    entries = AuditEntry.objects.of(tenant_id)
    newest = entries.filter(at__gte=since).order_by("-at", "-id").values("pk")[:LOOKED_THROUGH]
    meant = Q(detail__method=MICROSOFT) | Q(detail__reason=ENFORCED)
    rows = entries.filter(meant, pk__in=newest, action=REFUSED)
    return [_to_refusal(row) for row in rows.order_by("-at", "-id")[:limit]]


def _to_refusal(row: AuditEntry) -> RefusedSignIn:
    def told(name: str) -> str:
        return str(row.detail.get(name) or "")

    return RefusedSignIn(
        at=row.at,
        reason=told("reason"),
        reference=told("reference"),
        object_id=told("object_id"),
        address=told("address"),
    )
