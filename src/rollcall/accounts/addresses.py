"""Where a tenant's administrators are written to."""

from collections.abc import Collection, Mapping

from rollcall.accounts.models import Account


def administrators_addresses(tenant_ids: Collection[int]) -> Mapping[int, list[str]]:
    """Return the mail addresses of the administrators of tenants, of those that have any."""
    rows = Account.objects.all_tenants().filter(
        tenant_id__in=tenant_ids, role=Account.Role.ADMINISTRATOR, disabled_at__isnull=True
    )
    found: dict[int, list[str]] = {}
    rows = rows.filter(email__contains="@")  # a person of the directory may have no address
    for tenant_id, email in rows.order_by("id").values_list("tenant_id", "email"):
        found.setdefault(tenant_id, []).append(email)
    return found
