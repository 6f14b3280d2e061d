"""What becomes of accounts and sessions when a tenant's directory is not connected any more."""

import msgspec
from django.db.models import QuerySet

from rollcall.accounts.models import Account, Session


class DirectoryAccounts(msgspec.Struct, frozen=True):
    """Accounts that a sign-in with Microsoft made, and the sessions that go with the reset."""

    accounts: int
    sessions: int


def count_directory_accounts(tenant_id: int) -> DirectoryAccounts:
    """Count what a reset takes, whatever becomes of the extensions."""
    return DirectoryAccounts(
        accounts=_of_directory(tenant_id).count(), sessions=_sessions(tenant_id).count()
    )


def drop_directory_accounts(tenant_id: int, *, disabled_too: bool) -> None:
    """Delete the accounts that a sign-in with Microsoft made, and end every session of that way.

    Accounts that an administrator made stay, also those of people who came in with Microsoft.
    Where the people may come back, so do accounts that were disabled: or they would be open again.
    """
    _sessions(tenant_id).delete()
    rows = _of_directory(tenant_id)
    (rows if disabled_too else rows.filter(disabled_at__isnull=True)).delete()


def has_administrator(tenant_id: int) -> bool:
    """Tell whether anybody administers the tenant, however they sign in."""
    rows = Account.objects.of(tenant_id).filter(
        role=Account.Role.ADMINISTRATOR, disabled_at__isnull=True
    )
    return rows.exists()


def _of_directory(tenant_id: int) -> "QuerySet[Account]":
    return Account.objects.of(tenant_id).filter(local=False)


def _sessions(tenant_id: int) -> "QuerySet[Session]":
    return Session.objects.all_tenants().filter(
        account__tenant_id=tenant_id, method=Session.Method.MICROSOFT
    )
