"""Read tokens."""

from datetime import datetime

import msgspec
from django.db.models import QuerySet

from rollcall.access.models import Token

LISTED = 500
"""More tokens than anybody looks through."""


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token as people see it: all but the token."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """Return active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if self.expires_at > now else "expired"


def list_tokens(tenant_id: int | None) -> list[TokenView]:
    """Return a tenant's tokens, or those of the system (None), the newest first."""
    return [to_view(row) for row in rows_of(tenant_id).order_by("-id")[:LISTED]]


def rows_of(tenant_id: int | None) -> QuerySet[Token]:
    """Return the rows of a tenant, or of the system (None), without digests. For this app."""
    if tenant_id is not None:
        return Token.objects.of(tenant_id).defer("digest")
    return Token.objects.all_tenants().filter(tenant__isnull=True).defer("digest")


def to_view(row: Token) -> TokenView:
    """Return a token's row as a value."""
    return TokenView(
        id=row.pk,
        name=row.name,
        hint=row.hint,
        scopes=tuple(row.scopes),
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
