"""Add, change and disable accounts. How they prove themselves is in `passwords`, `factors`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollcall.accounts.break_glass import Enforcing, check_not_last
from rollcall.accounts.links import drop_links
from rollcall.accounts.models import Account, Credential
from rollcall.accounts.passwords import check_policy, hash_password
from rollcall.accounts.sessions import end_sessions
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError

LONGEST_EMAIL: Final = 254
LONGEST_NAME: Final = 200


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
        name=checked_name(new.name),
        extension_id=new.extension_id,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "account_extension" in str(error):
            raise _extension_taken() from error
        raise SetupError(
            _("There is an account with the address %(email)s already.") % {"email": email},
            code="email-taken",
        ) from error
    note(
        actor=actor,
        action="account.added",
        subject=str(row.pk),
        tenant_id=new.tenant_id,
        detail={"role": new.role},
    )
    return int(row.pk)


@transaction.atomic
def disable_account(
    account_id: int,
    *,
    actor: str,
    now: datetime,
    enforced: Enforcing,
    own_id: int | None = None,
) -> None:
    """Let an account sign in no more; its sessions and links end with it.

    Raises SetupError rather than disable the last one that looks after the system, the last that
    comes in without Microsoft where that is `enforced`, or the account of whoever asks (`own_id`).
    """
    if account_id == own_id:
        raise SetupError(
            _("This is your own account. Another administrator can disable it."), code="own-account"
        )
    system = Account.objects.all_tenants().filter(pk=account_id, role=Account.Role.SYSTEM)
    if system.exists() and not _other_system_accounts(account_id):
        raise SetupError(
            _("This is the last system administrator who can sign in. Add another one first."),
            code="last-administrator",
        )
    check_not_last(Account.objects.all_tenants().get(pk=account_id), enforced=enforced)
    row = _held(account_id)
    if row.disabled_at is not None:
        return
    row.disabled_at = now
    row.save(update_fields=["disabled_at"])
    end_sessions(account_id)
    drop_links(account_id)
    _note(row, "account.disabled", actor)


def _other_system_accounts(account_id: int) -> bool:
    """Tell whether another system administrator can sign in. Their rows are held meanwhile, in
    one order: two that disable each other do so one after the other.
    """
    rows = Account.objects.all_tenants().filter(role=Account.Role.SYSTEM, disabled_at__isnull=True)
    able = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    others = Credential.objects.all_tenants().filter(pk__in=able).exclude(pk=account_id)
    return others.exclude(password="").exists()


@transaction.atomic
def enable_account(account_id: int, *, actor: str) -> None:
    """Let a disabled account sign in again."""
    row = _held(account_id)
    if row.disabled_at is None:
        return
    row.disabled_at = None
    row.save(update_fields=["disabled_at"])
    _note(row, "account.enabled", actor)


@transaction.atomic
def change_name(account_id: int, name: str, *, actor: str) -> None:
    """Change how an account is called."""
    row = _held(account_id)
    row.name = checked_name(name)
    row.save(update_fields=["name"])
    _note(row, "account.renamed", actor)


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator says of an account of a tenant."""

    name: str
    role: str
    extension_id: int | None


@transaction.atomic
def change_account(
    account_id: int,
    change: AccountChange,
    *,
    actor: str,
    enforced: Enforcing,
    own_id: int | None = None,
) -> None:
    """Change an account of a tenant. With another role its sessions end: others are asked more.

    Nobody changes their own role. Of an account that Microsoft's sign-in made nothing is changed:
    all of it comes from the directory and the settings.
    """
    if change.role != Account.Role.ADMINISTRATOR or change.extension_id is not None:
        check_not_last(Account.objects.all_tenants().get(pk=account_id), enforced=enforced)
    row = _held(account_id)
    check_local(row)
    if Account.Role.SYSTEM in {row.role, change.role}:
        raise SetupError(_("A system administrator is no tenant's."), code="bad-role")
    if account_id == own_id and change.role != row.role:
        raise SetupError(
            _("This is your own account. Another administrator can change its role."),
            code="own-account",
        )
    if change.role != row.role:
        end_sessions(account_id)
    detail: dict[str, object] = {}
    if change.role != row.role:
        detail["role"] = {"old": row.role, "new": change.role}
    if change.extension_id != row.extension_id:
        detail["extension_id"] = {"old": row.extension_id, "new": change.extension_id}
    row.name = checked_name(change.name)
    row.role, row.extension_id = change.role, change.extension_id
    try:
        with transaction.atomic():
            row.save(update_fields=["name", "role", "extension"])
    except IntegrityError as error:
        raise _extension_taken() from error
    _note(row, "account.changed", actor, detail)


@transaction.atomic
def set_password(account_id: int, password: str, *, actor: str, now: datetime) -> None:
    """Set a password; raises SetupError if it is too easy to guess."""
    row = _held(account_id)
    check_local(row)
    check_policy(password, email=row.email)
    credential = credential_of(account_id)
    credential.password, credential.password_at = hash_password(password), now
    credential.save(update_fields=["password", "password_at"])
    _note(row, "account.password_set", actor)


def check_local(row: Account) -> None:
    """Raise SetupError for an account that Microsoft's sign-in made: nothing of it is set here."""
    if not row.local:
        raise SetupError(
            _(
                "This account signs in with Microsoft and has no password. Its name comes from the "
                "extension, its role from the list of administrators in the sign-in settings."
            ),
            code="follows-directory",
        )


def _held(account_id: int) -> Account:
    return Account.objects.all_tenants().select_for_update().get(pk=account_id)


def _note(
    row: Account, action: str, actor: str, detail: Mapping[str, object] | None = None
) -> None:
    note(actor=actor, action=action, subject=str(row.pk), tenant_id=row.tenant_id, detail=detail)


def _extension_taken() -> SetupError:
    return SetupError(
        _("This extension has an account already. Choose another one."), code="extension-taken"
    )


def credential_of(account_id: int) -> Credential:
    """Return what proves an account, made if there is nothing yet. For this app."""
    row, _made = Credential.objects.all_tenants().get_or_create(account_id=account_id)
    return row


def checked_email(text: str) -> str:
    """Return a mail address without spaces around it, or raise SetupError."""
    email = text.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise _no_address(email) from None
    if len(email) > LONGEST_EMAIL:
        raise _no_address(email)
    return email


def _no_address(text: str) -> SetupError:
    return SetupError(
        _("“%(text)s” is not a mail address: it looks like name@company.example.")
        % {"text": text[:LONGEST_EMAIL]},
        code="bad-email",
    )


def checked_name(text: str) -> str:
    """Return a name in one line, or raise SetupError."""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise SetupError(
            _("Use at most %(count)s characters.") % {"count": LONGEST_NAME}, code="bad-name"
        )
    return name


def email_key(email: str) -> str:
    """Return the form of a mail address by which accounts are found."""
    return email.strip().casefold()
