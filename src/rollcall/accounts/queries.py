"""Read accounts: one tenant's, or those that look after the system."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db.models import Q, QuerySet

from rollcall.accounts.models import Account, Credential
from rollcall.accounts.operations import email_key
from rollcall.core.errors import SetupError

PASSWORD: Final = "password"  # noqa: S105 - a way to sign in
MICROSOFT: Final = "microsoft"

ENDS_ALL = "\U0010ffff"
"""No text that begins with a prefix comes after the prefix with this."""


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as administrators see it. `state` is active, invited or disabled.

    `method` is how one signs in to it: password, or microsoft where there is none, and where name
    and role come from the directory and the settings.
    """

    id: int
    role: str
    email: str
    name: str
    extension_id: int | None
    state: str
    second_factor: bool
    last_sign_in_at: datetime | None
    method: str = PASSWORD


def list_accounts(
    tenant_id: int | None, *, search: str = "", offset: int = 0, limit: int
) -> list[AccountView]:
    """Return accounts by mail address: a tenant's, or with None those of the system.

    `search` is the beginning of an address, or a part of a name.
    """
    rows = _rows(tenant_id)
    if text := search.strip():
        key = email_key(text)
        begins = Q(email_key__gte=key, email_key__lt=key + ENDS_ALL)
        rows = rows.filter(begins | Q(name__icontains=text))
    page = list(rows.order_by("email_key")[offset : offset + limit])
    credentials = _credentials([row.pk for row in page])
    return [_to_view(row, credentials.get(row.pk)) for row in page]


def get_account(tenant_id: int | None, account_id: int) -> AccountView:
    """Return one account of a tenant (None: of the system), or raise SetupError."""
    row = _rows(tenant_id).filter(pk=account_id).first()
    if row is None:
        raise SetupError("There is no such account.", code="unknown-account")
    return _to_view(row, _credentials([row.pk]).get(row.pk))


def has_account(tenant_id: int | None, email: str) -> bool:
    """Tell whether there is an account with this address."""
    return _rows(tenant_id).filter(email_key=email_key(email)).exists()


def find_account(tenant_id: int | None, email: str) -> AccountView:
    """Return the account with this address, or raise SetupError."""
    row = _rows(tenant_id).filter(email_key=email_key(email)).first()
    if row is None:
        raise SetupError(f"There is no account {email} there.", code="unknown-account")
    return _to_view(row, _credentials([row.pk]).get(row.pk))


def _rows(tenant_id: int | None) -> "QuerySet[Account]":
    if tenant_id is None:
        return Account.objects.all_tenants().filter(tenant__isnull=True)
    return Account.objects.of(tenant_id)


def _credentials(ids: "list[int]") -> Mapping[int, Credential]:
    rows = Credential.objects.all_tenants().filter(pk__in=ids)
    return {row.pk: row for row in rows}


def _to_view(row: Account, credential: Credential | None) -> AccountView:
    begun = not row.local or (credential is not None and credential.password)
    state = "active" if begun else "invited"
    return AccountView(
        id=row.pk,
        role=row.role,
        email=row.email,
        name=row.name,
        extension_id=row.extension_id,
        state="disabled" if row.disabled_at is not None else state,
        second_factor=credential is not None and credential.totp_sealed is not None,
        last_sign_in_at=row.last_sign_in_at,
        method=PASSWORD if row.local else MICROSOFT,
    )


class HomeView(msgspec.Struct, frozen=True):
    """An account, and the name of its tenant; no name is the system."""

    account_id: int
    tenant: str


def homes_of(account_ids: Sequence[int]) -> list[HomeView]:
    """Return where these accounts are, by name."""
    rows = Account.objects.all_tenants().select_related("tenant").filter(pk__in=account_ids)
    homes = [HomeView(row.pk, row.tenant.name if row.tenant else "") for row in rows]
    return sorted(homes, key=lambda home: home.tenant.casefold())
