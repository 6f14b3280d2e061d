"""The accounts of people who sign in with Microsoft, and the step from being admitted to a session.

An account is the extension's. The first sign-in makes one that is not local: no password, no link,
no reset, and a key that no address which somebody types can be equal to. One that an administrator
made for the same extension is used, and stays as it is: the session has the role that the list of
administrators gives, no more and no less, the account goes on having its own with its password.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollcall.accounts.entry import Entry, Visitor
from rollcall.accounts.hints import open_hint, seal_hint
from rollcall.accounts.models import Account, Session, SpentState
from rollcall.accounts.operations import LONGEST_EMAIL
from rollcall.accounts.sessions import DirectorySession, begin_session
from rollcall.accounts.tokens import digest_of
from rollcall.audit.operations import note
from rollcall.core.admission import Admission
from rollcall.core.errors import SetupError
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.accounts", "microsoft.sql")

STATE_KEPT: Final = timedelta(hours=1)
"""A sign-in's cookie lives a quarter of that."""


@transaction.atomic
def enter_by_directory(
    admission: Admission, *, visitor: Visitor, session_id: str, logout_hint: str, now: datetime
) -> Entry:
    """Begin the session of somebody who was admitted. The second factor was Microsoft's business.

    `session_id` is Microsoft's own (`sid`), `logout_hint` what its sign-out wants to hear; either
    may be empty. Raises SetupError if the account was disabled. What happened is noted.
    """
    account_id, email = _account_of(admission, now)
    token = begin_session(
        account_id,
        now=now,
        address=visitor.address,
        agent=visitor.agent,
        directory=DirectorySession(
            directory_id=admission.directory_id,
            object_id=admission.object_id,
            session=session_digest(admission.tenant_id, session_id) if session_id else "",
            granted=admission.role.value,
        ),
    )
    sealed = seal_hint(token, logout_hint)
    if sealed is not None:
        _by_token(token).update(hint_sealed=sealed)
    note(
        actor=email,
        action="sign_in.succeeded",
        subject=str(account_id),
        tenant_id=admission.tenant_id,
        detail={
            "address": visitor.address,
            "method": "microsoft",
            "object_id": admission.object_id,
        },
    )
    return Entry(account_id=account_id, token=token, proven=True, factor_on=False)


def _account_of(admission: Admission, now: datetime) -> tuple[int, str]:
    """Return the id and the address of the account of the person's extension, which is held.

    It is called from now on as the directory calls the person, unless it is a local one.
    """
    values = {
        "tenant": admission.tenant_id,
        "extension": admission.extension_id,
        "now": now,
        **_profile(admission),
    }
    rows = fetch(SQL["come_in"], values)
    if not rows:
        _make_account(admission)
        rows = fetch(SQL["come_in"], values)
    if not rows:
        raise SetupError(
            _("This account is disabled. An administrator can enable it again."), code="disabled"
        )
    account_id, email = rows[0]
    return account_id, email


def _make_account(admission: Admission) -> None:
    """Make the account, unless there is one: another browser may do so in this moment."""
    row = Account(
        tenant_id=admission.tenant_id,
        extension_id=admission.extension_id,
        local=False,
        **_profile(admission),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return
    note(
        actor=row.email,
        action="account.added",
        subject=str(row.pk),
        tenant_id=admission.tenant_id,
        detail={"role": row.role, "method": "microsoft"},
    )


def _profile(admission: Admission) -> dict[str, str]:
    email = admission.email[:LONGEST_EMAIL]
    return {
        "role": admission.role.value,
        "name": " ".join(admission.name.split()),
        "email": email,
        "email_key": unfindable_key(email, admission.extension_id),
    }


def unfindable_key(email: str, extension_id: int) -> str:
    """Return a key in the order of addresses that is nobody's address: those are case-folded."""
    return f"{email.strip().casefold()}#Microsoft-{extension_id}"


def session_digest(tenant_id: int, session_id: str) -> str:
    """Return what is kept of Microsoft's session, by which it is found again."""
    return digest_of(f"{tenant_id}/{session_id}")


def end_directory_session(tenant_id: int, session_id: str) -> int:
    """End the sessions of a tenant that came from one of Microsoft's; return how many."""
    if not session_id:
        return 0
    rows = Session.objects.all_tenants().filter(
        account__tenant_id=tenant_id, directory_session=session_digest(tenant_id, session_id)
    )
    return int(rows.delete()[0])


def logout_hint_of(token: str) -> str:
    """Return what Microsoft's sign-out wants to hear, by the token of the session; or nothing."""
    kept = _by_token(token).values_list("hint_sealed", flat=True).first()
    return open_hint(token, bytes(kept)) if kept is not None else ""


def _by_token(token: str):  # type: ignore[no-untyped-def]  # a queryset has no short name
    return Session.objects.all_tenants().filter(digest=digest_of(token))


def spend_state(state: str, *, now: datetime) -> bool:
    """Use up the state of a sign-in; False if it was used before. To be called in no transaction
    that may be rolled back."""
    return bool(fetch(SQL["spend"], {"digest": digest_of(state), "now": now}))


def forget_states(*, now: datetime) -> int:
    """Delete the states of sign-ins that are too old by now anyway; return how many."""
    rows = SpentState.objects.all_tenants().filter(spent_at__lt=now - STATE_KEPT)
    return int(rows.delete()[0])
