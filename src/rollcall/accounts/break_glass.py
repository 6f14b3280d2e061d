"""The way in when Microsoft's sign-in is broken: a local administrator with a password.

Whether there is one is asked by the role that owns the tables: passwords are closed to the web's.
Which tenants enforce Microsoft's sign-in is not known here: whoever asks brings it (`Enforcing`).
"""

from collections.abc import Callable, Collection
from typing import Final

from django.utils.translation import gettext as _

from rollcall.accounts.models import Account, Credential
from rollcall.core.errors import SetupError

Enforcing = Callable[[Collection[int]], frozenset[int]]
"""Returns those of some tenants in which the directory's people have no passwords."""

MICROSOFT365: Final = "microsoft365"


def has_local_administrator(tenant_id: int) -> bool:
    """Tell whether a tenant's administrator can sign in with a password, apart from Microsoft."""
    return bool(_able(tenant_id))


def list_break_glass(tenant_id: int, *, limit: int) -> list[str]:
    """Return the addresses of those who can, in their order."""
    rows = Account.objects.of(tenant_id).filter(pk__in=_able(tenant_id))
    return list(rows.order_by("email_key").values_list("email", flat=True)[:limit])


def hold_administrators(tenant_id: int) -> None:
    """Let nobody else change these administrators until the transaction ends: whoever takes away
    the last of them, and whoever comes to rely on one, do so one after the other."""
    rows = Account.objects.of(tenant_id).filter(role=Account.Role.ADMINISTRATOR)
    list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))


def check_not_last(account: Account, *, enforced: Enforcing) -> None:
    """Raise SetupError where an account is the last way in without Microsoft."""
    tenant_id = account.tenant_id
    if tenant_id is None or account.role != Account.Role.ADMINISTRATOR:
        return
    hold_administrators(tenant_id)
    if _able(tenant_id) == {account.pk} and tenant_id in enforced([tenant_id]):
        raise SetupError(
            _(
                "This is the last administrator who can come in with a password when Microsoft "
                "does not answer. Give another one a password first, or stop enforcing the "
                "sign-in with Microsoft."
            ),
            code="last-way-in",
        )


def _able(tenant_id: int) -> set[int]:
    rows = Credential.objects.all_tenants().filter(
        account__tenant_id=tenant_id,
        account__role=Account.Role.ADMINISTRATOR,
        account__disabled_at__isnull=True,
        account__extension__isnull=True,
        account__local=True,
    )
    return set(rows.exclude(password="").values_list("pk", flat=True))


def passwords_off(account: Account, *, enforced: Enforcing) -> bool:
    """Tell whether this account has no use for a password: its person comes in with Microsoft."""
    if account.tenant_id is None or account.extension is None:
        return False
    theirs = account.extension.source == MICROSOFT365
    return theirs and account.tenant_id in enforced([account.tenant_id])
