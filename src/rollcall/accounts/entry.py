"""Sign-in, step by step: who has this password, then what else is asked, then a session.

Whether there is an account shows neither in the answer nor in how long it takes. Each step gives
the browser another token.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import msgspec
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollcall.accounts.attempts import (
    Counter,
    charge,
    device_of,
    factor_of,
    forgive,
    network_of,
    pair_of,
    paused_until,
)
from rollcall.accounts.break_glass import Enforcing, passwords_off
from rollcall.accounts.factor_operations import factor_of_account, is_right_code
from rollcall.accounts.models import Account, Credential, Session
from rollcall.accounts.operations import email_key
from rollcall.accounts.passwords import is_right, spend_time
from rollcall.accounts.sessions import SignedIn, begin_session, find_session, prove_session
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing

MOST_ACCOUNTS: Final = 10
"""So many accounts of one address are tried, those first that signed in last."""

MINUTE: Final = 60
NOBODY: Final = "nobody"
ENFORCED: Final = "enforced"
"""A right password that lets nobody in, because the sign-in with Microsoft is enforced."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody comes from. `device` is the browser's own id once it signed in, to `known`."""

    address: str | None
    network: str
    agent: str = ""
    device: str = ""
    known: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A session that began. Until it is proven a second factor is asked, or to be set up."""

    account_id: int
    token: str = field(repr=False)
    proven: bool
    factor_on: bool


class TooOftenError(SetupError):
    """There were too many attempts: wait until `until`."""

    default_code = "too-often"

    def __init__(self, until: datetime, *, now: datetime) -> None:
        super().__init__(_too_often(max(1, int((until - now).total_seconds()))))
        self.until = until


def _too_often(seconds: int) -> str:
    if seconds <= MINUTE:
        wait = ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    else:
        minutes = -(-seconds // MINUTE)
        wait = ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    return _("There were too many attempts. Try again in %(wait)s.") % {"wait": wait}


def recognise(
    email: str,
    password: str,
    *,
    visitor: Visitor,
    tenant_id: int | None = None,
    enforced: Enforcing,
    now: datetime,
) -> tuple[int, ...]:
    """Return the accounts (of one tenant, or of all) that have this address and password.

    None of them: either is wrong, and nobody is told which. So it is with the password of somebody
    for whom Microsoft's sign-in is `enforced`. Raises TooOftenError.
    """
    key = email_key(email)
    accounts = _accounts_of(key, tenant_id)
    counters = _counters(key, accounts, visitor)
    until = charge(counters, now=now)
    if until is not None:
        raise TooOftenError(until, now=now)
    right = _with_password(accounts, password)
    reasons = {account.pk: _reason_against(account, enforced) for account in right}
    able = tuple(account_id for account_id, reason in reasons.items() if not reason)
    if able:
        forgive(counters)
    else:
        _note_refusal(accounts, reasons, visitor, paused_until(counters, now=now))
    return able


def _accounts_of(key: str, tenant_id: int | None) -> list[Account]:
    rows = Account.objects.all_tenants().select_related("tenant", "extension").filter(email_key=key)
    if tenant_id is not None:
        rows = rows.filter(tenant_id=tenant_id)
    return list(rows.order_by(F("last_sign_in_at").desc(nulls_last=True), "pk")[:MOST_ACCOUNTS])


def _counters(key: str, accounts: Sequence[Account], visitor: Visitor) -> list[Counter]:
    if visitor.device and any(account.pk in visitor.known for account in accounts):
        return [device_of(key, visitor.device)]
    return [pair_of(key, visitor.network), network_of(visitor.network)]


def _with_password(accounts: Sequence[Account], password: str) -> list[Account]:
    if not accounts:
        spend_time(password)
        return []
    rows = Credential.objects.all_tenants().filter(pk__in=[account.pk for account in accounts])
    kept = dict(rows.values_list("pk", "password"))
    return [each for each in accounts if is_right(password, kept.get(each.pk, ""))]


def _reason_against(account: Account, enforced: Enforcing) -> str:
    if account.disabled_at is not None:
        return "disabled"
    if account.tenant is not None and account.tenant.state != "active":
        return "suspended"
    if account.extension is not None and account.extension.state != "active":
        return "blocked"
    return ENFORCED if passwords_off(account, enforced=enforced) else ""


def _note_refusal(
    accounts: Sequence[Account],
    reasons: Mapping[int, str],
    visitor: Visitor,
    pause: datetime | None,
) -> None:
    """Note why: for each account of the address, or once where there is none.

    What was typed is not noted: it may be a password. Nor are attempts within a pause, which could
    be any number: it stands with the failure that began it.
    """
    if not accounts:
        _note(None, None, "sign_in.refused", NOBODY, visitor, reason="unknown", pause=pause)
    for account in accounts:
        reason = reasons.get(account.pk, "password")
        whose = (account.pk, account.tenant_id)
        _note(*whose, "sign_in.refused", NOBODY, visitor, reason=reason, pause=pause)


def begin_entry(
    account_id: int,
    *,
    visitor: Visitor,
    enforced: Enforcing,
    now: datetime,
    proven: bool = False,
) -> Entry:
    """Begin the session of somebody who gave a password, or came by a link.

    It is proven at once where no second factor is asked; `proven` says that none is to be: the
    link was made at the server's shell. Raises SetupError where a password lets nobody in.
    """
    if not proven:
        _check_password_counts(account_id, enforced)
    factor = factor_of_account(account_id)
    done = proven or not (factor.on or factor.demanded)
    token = begin_session(
        account_id,
        now=now,
        address=visitor.address,
        agent=visitor.agent,
        proven=done,
        method=Session.Method.LINK if proven else Session.Method.PASSWORD,
    )
    if done:
        _welcome(account_id, visitor, now)
    return Entry(account_id=account_id, token=token, proven=done, factor_on=factor.on)


def _check_password_counts(account_id: int, enforced: Enforcing) -> None:
    account = Account.objects.all_tenants().select_related("extension").get(pk=account_id)
    if passwords_off(account, enforced=enforced):
        raise SetupError(
            _("Passwords are off for you: sign in with Microsoft instead."), code="enforced"
        )


def _welcome(account_id: int, visitor: Visitor, now: datetime) -> None:
    rows = Account.objects.all_tenants().filter(pk=account_id)
    rows.update(last_sign_in_at=now)
    account = rows.get()
    _note(account_id, account.tenant_id, "sign_in.succeeded", account.email, visitor)


def check_code(
    identity: SignedIn, code: str, *, visitor: Visitor, ring: KeyRing, now: datetime
) -> bool:
    """Tell whether a code is the second factor of an account. Raises TooOftenError."""
    known = visitor.device if identity.account_id in visitor.known else ""
    counters = [factor_of(email_key(identity.email), known)]
    until = charge(counters, now=now)
    if until is not None:
        raise TooOftenError(until, now=now)
    if is_right_code(identity.account_id, code, ring=ring, now=now):
        forgive(counters)
        return True
    _note(
        identity.account_id,
        identity.tenant_id,
        "sign_in.refused",
        NOBODY,
        visitor,
        reason="second-factor",
        pause=paused_until(counters, now=now),
    )
    return False


def complete_entry(identity: SignedIn, *, visitor: Visitor, now: datetime) -> str:
    """Say that all was given that is asked; return the new token of the session."""
    token = prove_session(identity.session_id, now=now)
    if find_session(token, now=now) is None:
        raise SetupError(_("This sign-in has ended. Sign in again."), code="no-session")
    _welcome(identity.account_id, visitor, now)
    return token


def check_own_password(
    identity: SignedIn, password: str, *, visitor: Visitor, now: datetime
) -> bool:
    """Tell whether somebody who is signed in knows the password. Raises TooOftenError."""
    counters = [device_of(email_key(identity.email), str(identity.session_id))]
    until = charge(counters, now=now)
    if until is not None:
        raise TooOftenError(until, now=now)
    rows = Credential.objects.all_tenants().filter(pk=identity.account_id)
    kept = rows.values_list("password", flat=True).first() or ""
    if is_right(password, kept):
        forgive(counters)
        return True
    actor = identity.actor
    _note(
        identity.account_id,
        identity.tenant_id,
        "account.password_refused",
        actor,
        visitor,
        reason="password",
    )
    return False


def _note(
    account_id: int | None,
    tenant_id: int | None,
    action: str,
    actor: str,
    visitor: Visitor,
    *,
    reason: str = "",
    pause: datetime | None = None,
) -> None:
    detail: dict[str, object] = {"address": visitor.address}
    if reason:
        detail["reason"] = reason
    if pause is not None:
        detail["paused_until"] = pause.isoformat(timespec="seconds")
    note(
        actor=actor,
        action=action,
        subject=str(account_id or ""),
        tenant_id=tenant_id,
        detail=detail,
    )
