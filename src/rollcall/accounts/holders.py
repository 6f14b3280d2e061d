"""Who is signed in with Microsoft, and with what rights: looked over when the rules may have
changed. Whoever lost the admission is signed out; whoever lost a role, loses it here.
"""

from collections.abc import Collection, Iterable

import msgspec
from django.db.models import Q

from rollcall.accounts.break_glass import MICROSOFT365
from rollcall.accounts.models import Account, Session

ADMINISTRATOR = Account.Role.ADMINISTRATOR
MICROSOFT = Session.Method.MICROSOFT


_COLUMNS = (
    "account__tenant_id",
    "account_id",
    "directory_id",
    "object_id",
    "granted",
    "account__extension_id",
    "account__extension__directory_object_id",
    "account__extension__state",
    "account__extension__deleted_at",
)


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in with Microsoft, and how the extension is by now.

    `object_id` is who signed in, `linked_to` whose the extension is.
    """

    tenant_id: int
    account_id: int
    directory_id: str
    object_id: str
    granted: str
    extension_id: int | None
    linked_to: str | None
    state: str | None
    deleted: bool


def tenants_with_holders() -> list[int]:
    """Return the tenants where somebody is signed in with Microsoft, or was made administrator."""
    sessions = Session.objects.all_tenants().filter(method=MICROSOFT)
    signed_in = sessions.values_list("account__tenant_id", flat=True).distinct()
    return sorted({each for each in (*signed_in, *_raised_in()) if each is not None})


def _raised_in() -> Iterable[int | None]:
    raised = Account.objects.all_tenants().filter(local=False, role=ADMINISTRATOR)
    return raised.values_list("tenant_id", flat=True).distinct()


def holders_in(tenant_ids: Collection[int]) -> list[Holder]:
    """Return who is signed in with Microsoft to these tenants, each person once."""
    rows = Session.objects.all_tenants().filter(
        method=MICROSOFT, account__tenant_id__in=list(tenant_ids)
    )
    return [
        Holder(
            tenant_id=tenant_id,
            account_id=account_id,
            directory_id=directory_id,
            object_id=object_id,
            granted=granted,
            extension_id=extension_id,
            linked_to=linked_to,
            state=state,
            deleted=deleted_at is not None,
        )
        for (
            tenant_id,
            account_id,
            directory_id,
            object_id,
            granted,
            extension_id,
            linked_to,
            state,
            deleted_at,
        ) in rows.values_list(*_COLUMNS).distinct()
    ]


def raised_accounts(tenant_ids: Collection[int]) -> dict[int, tuple[int, str | None]]:
    """Return the accounts that a list made administrators of: their tenants and persons, by id."""
    rows = Account.objects.all_tenants().filter(
        tenant_id__in=list(tenant_ids), local=False, role=ADMINISTRATOR
    )
    found = rows.values_list("pk", "tenant_id", "extension__directory_object_id")
    return {pk: (tenant_id or 0, object_id) for pk, tenant_id, object_id in found}


def sign_out_holder(holder: Holder) -> int:
    """End the sessions of somebody who lost the admission; return how many."""
    return int(_sessions_of(holder).delete()[0])


def lower_holder(holder: Holder) -> int:
    """Take from somebody's sessions the role that the sign-in gave; return of how many."""
    rows = _sessions_of(holder).filter(granted=ADMINISTRATOR)
    return int(rows.update(granted=Account.Role.USER))


def _sessions_of(holder: Holder):  # type: ignore[no-untyped-def]  # a queryset has no short name
    return Session.objects.all_tenants().filter(
        method=MICROSOFT,
        account_id=holder.account_id,
        directory_id=holder.directory_id,
        object_id=holder.object_id,
    )


def lower_accounts(account_ids: Collection[int]) -> int:
    """Make accounts that a list made administrators of users again; return how many."""
    rows = Account.objects.all_tenants().filter(
        pk__in=list(account_ids), local=False, role=ADMINISTRATOR
    )
    return rows.update(role=Account.Role.USER)


def drop_orphans(tenant_ids: Collection[int] | None = None) -> int:
    """Delete the accounts of Microsoft's sign-in whose extension is gone, or is no person's of the
    directory any more; of all tenants, or of these. Return how many.

    One that was disabled stays with its extension: linked again, it is to be disabled still.
    """
    rows = Account.objects.all_tenants().filter(local=False)
    if tenant_ids is not None:
        rows = rows.filter(tenant_id__in=list(tenant_ids))
    separated = Q(disabled_at__isnull=True) & ~Q(extension__source=MICROSOFT365)
    gone = rows.filter(Q(extension__isnull=True) | separated).values_list("pk", flat=True)
    return int(Account.objects.all_tenants().filter(pk__in=list(gone)).delete()[0])


def end_passwords(tenant_ids: Collection[int]) -> int:
    """End the sessions that people of the directory began with a password; return how many."""
    rows = Session.objects.all_tenants().filter(
        method=Session.Method.PASSWORD,
        account__tenant_id__in=list(tenant_ids),
        account__extension__source=MICROSOFT365,
    )
    return int(rows.delete()[0])
