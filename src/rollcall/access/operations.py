"""Make tokens, take them back, and see who shows one."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from rollcall.access.models import Token
from rollcall.access.queries import TokenView, rows_of, to_view
from rollcall.access.scopes import OF_SYSTEM, OF_TENANT
from rollcall.accounts.tokens import digest_of, new_token
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError

PREFIX: Final = "rc_"
"""Scanners for secrets recognise a token by it."""

HINT: Final = len(PREFIX) + 4
DEFAULT_DAYS: Final = 90
MOST_DAYS: Final = 366
MOST_TOKENS: Final = 100
LONGEST_NAME: Final = 100
LONGEST_TOKEN: Final = 100
USED_EVERY: Final = timedelta(minutes=1)
"""So often at most it is written down that a token is used."""


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """Who shows a token: its tenant (None: the provider's), and what it allows."""

    token_id: int
    name: str
    tenant_id: int | None
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How the audit log names whoever has the token."""
        return f"token:{self.token_id} ({self.name})"


def make_token(
    tenant_id: int | None,
    *,
    name: str,
    scopes: tuple[str, ...],
    days: int,
    actor: str,
    now: datetime,
) -> tuple[TokenView, str]:
    """Make a token for a tenant, or for the system (None); return it, and what is shown once."""
    allowed = OF_TENANT if tenant_id is not None else OF_SYSTEM
    chosen = [scope.value for scope in allowed if scope in scopes]
    _check_new(tenant_id, name=name, chosen=chosen, wanted=scopes, days=days, now=now)
    token = PREFIX + new_token()
    row = Token(
        tenant_id=tenant_id,
        name=name.strip(),
        digest=digest_of(token),
        hint=token[:HINT],
        scopes=chosen,
        created_by=actor,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    row.save(force_insert=True)
    detail = {"name": row.name, "scopes": chosen, "days": days}
    note(actor=actor, action="token.made", subject=str(row.pk), tenant_id=tenant_id, detail=detail)
    return to_view(row), token


def _check_new(
    tenant_id: int | None,
    *,
    name: str,
    chosen: list[str],
    wanted: tuple[str, ...],
    days: int,
    now: datetime,
) -> None:
    if not name.strip() or len(name.strip()) > LONGEST_NAME:
        raise SetupError(
            f"A token needs a name of at most {LONGEST_NAME} letters: what it is for.",
            code="bad-name",
        )
    if not chosen or len(chosen) != len(set(wanted)):
        raise SetupError("A token needs at least one scope that it can have.", code="bad-scopes")
    if not 1 <= days <= MOST_DAYS:
        raise SetupError(f"A token works for 1 to {MOST_DAYS} days, not {days}.", code="bad-days")
    living = rows_of(tenant_id).filter(revoked_at__isnull=True, expires_at__gt=now)
    if living.count() >= MOST_TOKENS:
        raise SetupError(
            f"There are {MOST_TOKENS} tokens already: revoke one that is not used any more.",
            code="too-many",
        )


def revoke_token(tenant_id: int | None, token_id: int, *, actor: str, now: datetime) -> TokenView:
    """Take a token back, for good; raise SetupError if the tenant has no such token."""
    row = rows_of(tenant_id).filter(pk=token_id).first()
    if row is None:
        raise SetupError("There is no such token.", code="unknown-token")
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        note(
            actor=actor,
            action="token.revoked",
            subject=str(row.pk),
            tenant_id=tenant_id,
            detail={"name": row.name},
        )
    return to_view(row)


def find_bearer(token: str, *, now: datetime) -> Bearer:
    """Return who shows `token`; raise SetupError that says why it does not count (any more)."""
    row = None
    if token.startswith(PREFIX) and len(token) <= LONGEST_TOKEN:
        rows = Token.objects.all_tenants().select_related("tenant")
        row = rows.filter(digest=digest_of(token)).first()
    if row is None:
        raise SetupError("There is no such token, or it is not whole.", code="token-unknown")
    if row.revoked_at is not None:
        raise SetupError("This token was revoked. Use another one.", code="token-revoked")
    if row.expires_at <= now:
        raise SetupError("This token has expired. Make a new one.", code="token-expired")
    if row.tenant is not None and row.tenant.state != "active":
        raise SetupError(
            "This tenant is suspended: nothing of it works until the provider resumes it.",
            code="suspended",
        )
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        Token.objects.all_tenants().filter(pk=row.pk).update(last_used_at=now)
    return Bearer(
        token_id=row.pk,
        name=row.name,
        tenant_id=row.tenant_id,
        scopes=frozenset(row.scopes),
    )


def delete_ended_tokens(*, before: datetime, limit: int) -> int:
    """Delete tokens that ended before then, no more than `limit`; return how many."""
    ended = Token.objects.all_tenants().filter(expires_at__lt=before).values_list("pk", flat=True)
    oldest = list(ended.order_by("pk")[:limit])
    return Token.objects.all_tenants().filter(pk__in=oldest).delete()[0]
