"""Sessions: begun by a sign-in, found by the cookie's token, ended by hand, by time or by a run.

A session holds nothing but who signed in: what that account may do is looked up at each request,
so whatever an administrator takes from it is gone with the next click. One that was begun with
Microsoft lives no longer than the person's extension is theirs, active and not deleted.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import msgspec
from django.db.models import F, Q

from rollcall.accounts.models import Account, Session
from rollcall.accounts.session_life import STANDARD, SessionLife
from rollcall.accounts.tokens import digest_of, new_token
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.accounts", "sessions.sql")

MICROSOFT: Final = Session.Method.MICROSOFT
UNPROVEN: Final = timedelta(minutes=20)
"""How long a second factor may take, and setting one up."""

SEEN_EVERY: Final = timedelta(minutes=1)
"""So often at most it is written down that a session is used."""

AGENT_LENGTH: Final = 300

THEIRS: Final = Q(
    account__extension__source="microsoft365",
    account__extension__directory_object_id=F("object_id"),
    account__extension__deleted_at__isnull=True,
)
"""The extension is still that of the person who signed in."""


class DirectorySession(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a session is that was begun with Microsoft; `session` is a digest of Microsoft's own.

    `granted` is the role that the sign-in gave.
    """

    directory_id: str
    object_id: str
    session: str = ""
    granted: str = ""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `tenant_id` is None for a system administrator; `switched` are the tenants whose
    scope such a one entered. `method` is how they signed in: password, link or microsoft."""

    session_id: UUID
    account_id: int
    role: str
    tenant_id: int | None
    email: str
    name: str
    extension_id: int | None
    proven: bool
    switched: tuple[int, ...] = ()
    method: str = "password"

    @property
    def actor(self) -> str:
        """How the audit log names this person."""
        return self.email


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One of somebody's own sessions."""

    id: UUID
    created_at: datetime
    seen_at: datetime
    address: str | None
    agent: str
    current: bool
    method: str


def begin_session(
    account_id: int,
    *,
    now: datetime,
    address: str | None = None,
    agent: str = "",
    proven: bool = True,
    method: str = Session.Method.PASSWORD,
    directory: DirectorySession | None = None,
) -> str:
    """Begin a session and return its token, for the cookie."""
    token = new_token()
    whose = directory or DirectorySession(directory_id="", object_id="")
    values = {
        "digest": digest_of(token),
        "account": account_id,
        "public_id": uuid4(),
        "proven": proven,
        "now": now,
        "address": address,
        "agent": agent[:AGENT_LENGTH],
        "method": str(MICROSOFT if directory is not None else method),
        "directory": whose.directory_id,
        "object": whose.object_id,
        "directory_session": whose.session,
        "granted": whose.granted,
    }
    fetch(SQL["begin"], values)
    return token


def find_session(token: str, *, now: datetime, life: SessionLife = STANDARD) -> SignedIn | None:
    """Return who has this token, if the session and the account still live."""
    row = _living(now, life).select_related("account").filter(digest=digest_of(token)).first()
    if row is None:
        return None
    if now - row.seen_at > SEEN_EVERY and row.proven:
        Session.objects.all_tenants().filter(digest=row.digest).update(seen_at=now)
    account = row.account
    return SignedIn(
        session_id=row.public_id,
        account_id=account.pk,
        role=_role_of(row),
        tenant_id=account.tenant_id,
        email=account.email,
        name=account.name,
        extension_id=account.extension_id,
        proven=row.proven,
        switched=tuple(row.switched) if account.role == Account.Role.SYSTEM else (),
        method=row.method,
    )


def _role_of(row: Session) -> str:
    """Return the account's role; of a session by Microsoft the one that the sign-in gave, alone.

    The extension may have come to its person by a mail address (a run may link so, if it is told
    to): what was given to an account by hand does not go over to them with it.
    """
    return row.granted or str(Account.Role.USER) if row.method == MICROSOFT else row.account.role


def _living(now: datetime, life: SessionLife):  # type: ignore[no-untyped-def]  # a queryset with joins has no short name
    rows = Session.objects.all_tenants().filter(
        account__disabled_at__isnull=True, created_at__gt=now - life.longest
    )
    used = Q(proven=True, seen_at__gt=now - life.idle)
    lively = used | Q(proven=False, created_at__gt=now - UNPROVEN)
    working = Q(account__tenant__isnull=True) | Q(account__tenant__state="active")
    there = Q(account__extension__isnull=True) | Q(account__extension__state="active")
    return rows.filter(lively, working, there, ~Q(method=MICROSOFT) | THEIRS)


def prove_session(session_id: UUID, *, now: datetime) -> str:
    """Say that the second factor was given; return the new token of the session."""
    token = new_token()
    Session.objects.all_tenants().filter(public_id=session_id).update(
        digest=digest_of(token), proven=True, created_at=now, seen_at=now
    )
    return token


def list_sessions(
    identity: SignedIn, *, now: datetime, life: SessionLife = STANDARD
) -> Iterator[SessionView]:
    """Yield the living sessions of whoever asks, the newest first."""
    rows = _living(now, life).filter(account_id=identity.account_id, proven=True)
    for row in rows.order_by("-seen_at"):
        yield SessionView(
            id=row.public_id,
            created_at=row.created_at,
            seen_at=row.seen_at,
            address=row.address,
            agent=row.agent,
            current=row.public_id == identity.session_id,
            method=row.method,
        )


def end_session(account_id: int, session_id: UUID) -> bool:
    """End one of an account's sessions; tell whether there was one."""
    rows = Session.objects.all_tenants().filter(account_id=account_id, public_id=session_id)
    return rows.delete()[0] > 0


def end_sessions(account_id: int, *, but: UUID | None = None) -> int:
    """End an account's sessions, except perhaps one; return how many."""
    rows = Session.objects.all_tenants().filter(account_id=account_id)
    if but is not None:
        rows = rows.exclude(public_id=but)
    return int(rows.delete()[0])


def end_all_sessions() -> int:
    """End every session there is, of a database that was brought back; return how many."""
    return int(Session.objects.all_tenants().delete()[0])


def enter_tenant(session_id: UUID, tenant_id: int) -> None:
    """Let a session of a system administrator into a tenant's scope."""
    row = Session.objects.all_tenants().get(public_id=session_id)
    row.switched = sorted({*row.switched, tenant_id})
    row.save(update_fields=["switched"])


def leave_tenant(session_id: UUID, tenant_id: int) -> None:
    """Take a session out of a tenant's scope."""
    row = Session.objects.all_tenants().get(public_id=session_id)
    row.switched = [each for each in row.switched if each != tenant_id]
    row.save(update_fields=["switched"])


def forget_sessions(*, now: datetime, life: SessionLife = STANDARD) -> int:
    """Delete the sessions that ended by time; return how many."""
    rows = Session.objects.all_tenants()
    unused = Q(proven=True, seen_at__lte=now - life.idle)
    idle = unused | Q(proven=False, created_at__lte=now - UNPROVEN)
    return int(rows.filter(idle | Q(created_at__lte=now - life.longest)).delete()[0])
