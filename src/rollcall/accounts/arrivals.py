"""How somebody comes to a password: the first one of a system, who was invited, who forgot it.

Each comes by a link that works once, and is used up in the transaction in which it works.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from rollcall.accounts.attempts import charge, letters_of, lift
from rollcall.accounts.entry import MOST_ACCOUNTS
from rollcall.accounts.factor_operations import remove_factor
from rollcall.accounts.letters import Letter, invitation_letter, reset_letter
from rollcall.accounts.links import (
    LinkView,
    Purpose,
    drop_links,
    drop_set_up_links,
    find_link,
    make_link,
    use_link,
)
from rollcall.accounts.models import Account, Credential
from rollcall.accounts.operations import (
    NewAccount,
    add_account,
    change_name,
    check_local,
    checked_email,
    email_key,
    enable_account,
    set_password,
)
from rollcall.accounts.sessions import end_sessions
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.mail.operations import send_mail

LOCK: Final = 0x526F6C6C53657455
"""Advisory lock (“RollSetU”): one at a time becomes the first system administrator."""

Address = Callable[[Purpose, str], str]
"""Makes the address of a link from its purpose and token."""


def needs_set_up() -> bool:
    """Tell whether no system administrator can sign in, so that one may be made by a link."""
    rows = Account.objects.all_tenants().filter(role=Account.Role.SYSTEM, disabled_at__isnull=True)
    able = Credential.objects.all_tenants().filter(pk__in=rows.values("pk"))
    return not able.exclude(password="").exists()


@transaction.atomic
def set_up_system(token: str, *, email: str, name: str, password: str, now: datetime) -> int:
    """Make the first system administrator; return the account's id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if not needs_set_up() or not use_link(token, Purpose.SET_UP, now=now):
        raise _used_up()
    rows = Account.objects.all_tenants().filter(
        role=Account.Role.SYSTEM, email_key=email_key(checked_email(email))
    )
    account_id = rows.values_list("pk", flat=True).first()
    if account_id is None:  # else somebody was invited and never came
        new = NewAccount(email=email, role=Account.Role.SYSTEM, name=name)
        account_id = add_account(new, actor="set-up link")
    set_password(account_id, password, actor="set-up link", now=now)
    drop_set_up_links()
    return account_id


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str, now: datetime) -> int:
    """Take the name and password of who was invited; return the account's id."""
    account_id, actor = _holder(token, Purpose.INVITATION, now=now)
    change_name(account_id, name, actor=actor)
    set_password(account_id, password, actor=actor, now=now)
    drop_links(account_id)
    return account_id


@transaction.atomic
def reset_password(token: str, password: str, *, now: datetime) -> int:
    """Set another password; all sessions of the account end. Return the account's id."""
    account_id, actor = _holder(token, Purpose.RESET, now=now)
    set_password(account_id, password, actor=actor, now=now)
    end_sessions(account_id)
    drop_links(account_id)
    lift(email_key(actor))
    return account_id


@transaction.atomic
def sign_in_by_link(token: str, *, now: datetime) -> int:
    """Use up a link that signs in; return the account's id."""
    account_id, _actor = _holder(token, Purpose.SIGN_IN, now=now)
    return account_id


def _holder(token: str, purpose: Purpose, *, now: datetime) -> tuple[int, str]:
    link = find_link(token, purpose, now=now)
    if link is None or link.account_id is None or not use_link(token, purpose, now=now):
        raise _used_up()
    return link.account_id, link.email


def _used_up() -> SetupError:
    return SetupError(
        _("This link does not work any more: it was used, or it is too old. Ask for a new one."),
        code="link-used",
    )


@transaction.atomic
def make_account_link(account_id: int, purpose: Purpose, *, actor: str, now: datetime) -> str:
    """Make a link for somebody to be given; return its token. Who made it is noted."""
    account = Account.objects.all_tenants().get(pk=account_id)
    check_local(account)
    token = make_link(purpose, now=now, account_id=account_id)
    note(
        actor=actor,
        action="account.link_made",
        subject=str(account_id),
        tenant_id=account.tenant_id,
        detail={"purpose": purpose.value},
    )
    return token


@transaction.atomic
def open_access(account_id: int, *, actor: str, now: datetime) -> str:
    """Let somebody in again who has lost everything; return the token of a link.

    The account is enabled, its second factor removed, its lock-outs lifted, its sessions ended.
    """
    account = Account.objects.all_tenants().get(pk=account_id)
    enable_account(account_id, actor=actor)
    remove_factor(account_id, actor=actor, demand=False)
    end_sessions(account_id)
    lift(account.email_key)
    return make_account_link(account_id, Purpose.RESET, actor=actor, now=now)


@transaction.atomic
def send_invitation(account_id: int, *, address: Address, actor: str, now: datetime) -> None:
    """Send somebody the link to accept an invitation with."""
    token = make_account_link(account_id, Purpose.INVITATION, actor=actor, now=now)
    account = Account.objects.all_tenants().select_related("tenant").get(pk=account_id)
    letter = invitation_letter(
        account.tenant.name if account.tenant else "", address(Purpose.INVITATION, token)
    )
    _send(account, letter, kind="invitation")


@transaction.atomic
def send_reset(account_id: int, *, address: Address, actor: str, now: datetime) -> None:
    """Send somebody the link to set another password with."""
    token = make_account_link(account_id, Purpose.RESET, actor=actor, now=now)
    account = Account.objects.all_tenants().select_related("tenant").get(pk=account_id)
    letter = reset_letter([(_home_of(account), address(Purpose.RESET, token))])
    _send(account, letter, kind="password-reset")


def ask_for_reset(
    email: str, *, tenant_id: int | None = None, address: Address, now: datetime
) -> None:
    """Send whoever forgot a password a link for each account of the address, in one mail.

    Nothing is sent where there is none, or too often; nobody is told.
    """
    key = email_key(email)
    rows = (
        Account.objects.all_tenants()
        .select_related("tenant")
        .filter(email_key=key, disabled_at__isnull=True)
    )
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    accounts = list(rows.order_by("pk")[:MOST_ACCOUNTS])
    if charge([letters_of(key)], now=now) is not None or not accounts:
        return
    with transaction.atomic():
        lines = [(_home_of(each), _reset_address(each, address, now)) for each in accounts]
        _send(accounts[0], reset_letter(lines), kind="password-reset")


def _reset_address(account: Account, address: Address, now: datetime) -> str:
    token = make_account_link(account.pk, Purpose.RESET, actor="forgotten password", now=now)
    return address(Purpose.RESET, token)


def _home_of(account: Account) -> str:
    return account.tenant.name if account.tenant else _("System administration")


def _send(account: Account, letter: Letter, *, kind: str) -> None:
    send_mail(
        to=account.email,
        subject=letter.subject,
        text=letter.text,
        tenant_id=account.tenant_id,
        kind=kind,
    )


def link_of(token: str, purpose: Purpose, *, now: datetime) -> LinkView:
    """Return a link that works yet, or raise SetupError."""
    link = find_link(token, purpose, now=now)
    if link is None or (purpose is Purpose.SET_UP and not needs_set_up()):
        raise _used_up()
    return link
