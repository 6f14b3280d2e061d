"""The way in when Microsoft's sign-in is broken: a local administrator with a password.

Whether there is one is asked by the role that owns the tables: passwords are closed to the web's.
"""

from rollcall.accounts.models import Account, Credential


def has_local_administrator(tenant_id: int) -> bool:
    """Tell whether a tenant's administrator can sign in with a password, apart from Microsoft."""
    rows = Credential.objects.all_tenants().filter(
        account__tenant_id=tenant_id,
        account__role=Account.Role.ADMINISTRATOR,
        account__disabled_at__isnull=True,
        account__extension__isnull=True,
    )
    return rows.exclude(password="").exists()
