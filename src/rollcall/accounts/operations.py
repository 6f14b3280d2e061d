"""Add, change and disable accounts. How they prove themselves is in `passwords`, `factors`."""

from datetime import datetime

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from rollcall.accounts.models import Account, Credential
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be added. No tenant: one that looks after the whole system."""

    email: str
    role: str
    tenant_id: int | None = None
    name: str = ""
    extension_id: int | None = None


@transaction.atomic
def add_account(new: NewAccount, *, actor: str) -> int:
    """Add an account, which cannot sign in before it has a password or a link; return its id."""
    email = checked_email(new.email)
    row = Account(
        tenant_id=new.tenant_id,
        role=new.role,
        email=email,
        email_key=email_key(email),
        name=new.name.strip(),
        extension_id=new.extension_id,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise SetupError(
            f"There is an account with the address {email} already.", code="email-taken"
        ) from error
    note(
        actor=actor,
        action="account.added",
        subject=str(row.pk),
        tenant_id=new.tenant_id,
        detail={"role": new.role},
    )
    return int(row.pk)


def disable_account(account_id: int, *, actor: str, now: datetime) -> None:
    """Let an account sign in no more; its sessions end with it."""
    row = Account.objects.all_tenants().get(pk=account_id)
    Account.objects.all_tenants().filter(pk=account_id).update(disabled_at=now)
    note(actor=actor, action="account.disabled", subject=str(row.pk), tenant_id=row.tenant_id)


def credential_of(account_id: int) -> Credential:
    """Return what proves an account, made if there is nothing yet. For this app."""
    row, _ = Credential.objects.all_tenants().get_or_create(account_id=account_id)
    return row


def checked_email(text: str) -> str:
    """Return a mail address without spaces around it, or raise SetupError."""
    email = text.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise SetupError(
            f"“{email}” is not a mail address: it looks like name@company.example.",
            code="bad-email",
        ) from None
    return email


def email_key(email: str) -> str:
    """Return the form of a mail address by which accounts are found."""
    return email.strip().casefold()
