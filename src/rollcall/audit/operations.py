"""Write the audit log."""

from collections.abc import Mapping

from rollcall.audit.models import AuditEntry


def note(
    *,
    actor: str,
    action: str,
    subject: str = "",
    tenant_id: int | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an entry: `actor` did `action` (noun.verb) to `subject`. No secret, no contact."""
    AuditEntry.objects.all_tenants().create(
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
    )
