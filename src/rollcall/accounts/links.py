"""Links that work once: to set a system up, to accept an invitation, to set a new password, to
sign in. They are sent or printed, and only a digest is kept.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from django.db.models import Q

from rollcall.accounts.models import Account, OneTimeLink
from rollcall.accounts.tokens import digest_of, new_token

MOST: Final = 5
"""So many links of a kind an account has at most; the oldest goes."""

KEPT: Final = timedelta(days=7)
"""For so long after its end it is known that there was a link."""


class Purpose(StrEnum):
    """What a link is for."""

    SET_UP = "set-up"
    INVITATION = "invitation"
    RESET = "reset"
    SIGN_IN = "sign-in"


LASTS: Final = {
    Purpose.SET_UP: timedelta(hours=24),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.SIGN_IN: timedelta(hours=24),
}


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A link that works yet, and whose it is; nobody's is the one that sets a system up."""

    purpose: Purpose
    account_id: int | None
    tenant_id: int | None
    email: str
    name: str
    role: str


def make_link(purpose: Purpose, *, now: datetime, account_id: int | None = None) -> str:
    """Make a link and return its token."""
    token = new_token()
    rows = OneTimeLink.objects.all_tenants()
    rows.create(
        digest=digest_of(token),
        account_id=account_id,
        purpose=purpose,
        expires_at=now + LASTS[purpose],
    )
    whose = Q(account_id__isnull=True) if account_id is None else Q(account_id=account_id)
    same = rows.filter(whose, purpose=purpose, used_at__isnull=True)
    newest = same.order_by("-created_at").values_list("digest", flat=True)[:MOST]
    same.exclude(digest__in=list(newest)).delete()
    return token


def find_link(token: str, purpose: Purpose, *, now: datetime) -> LinkView | None:
    """Return what a link is for, if it works yet."""
    rows = OneTimeLink.objects.all_tenants().select_related("account")
    row = rows.filter(
        digest=digest_of(token), purpose=purpose, used_at__isnull=True, expires_at__gt=now
    ).first()
    if row is None or (row.account is not None and row.account.disabled_at is not None):
        return None
    account = row.account
    return LinkView(
        purpose=purpose,
        account_id=account.pk if account else None,
        tenant_id=account.tenant_id if account else None,
        email=account.email if account else "",
        name=account.name if account else "",
        role=account.role if account else Account.Role.SYSTEM,
    )


def use_link(token: str, purpose: Purpose, *, now: datetime) -> bool:
    """Use a link up; False if it was used already, or is too old."""
    rows = OneTimeLink.objects.all_tenants().filter(
        digest=digest_of(token), purpose=purpose, used_at__isnull=True, expires_at__gt=now
    )
    return rows.update(used_at=now) == 1


def drop_links(account_id: int) -> None:
    """Let no link of an account work any more."""
    rows = OneTimeLink.objects.all_tenants()
    rows.filter(account_id=account_id, used_at__isnull=True).delete()


def drop_all_links() -> int:
    """Let no link work any more, of a database that was brought back; return how many."""
    return int(OneTimeLink.objects.all_tenants().filter(used_at__isnull=True).delete()[0])


def drop_set_up_links() -> None:
    """Let nobody set the system up any more."""
    rows = OneTimeLink.objects.all_tenants()
    rows.filter(purpose=Purpose.SET_UP, used_at__isnull=True).delete()


def forget_links(*, now: datetime) -> int:
    """Delete the links that ended some time ago; return how many."""
    rows = OneTimeLink.objects.all_tenants().filter(expires_at__lt=now - KEPT)
    return int(rows.delete()[0])
