"""The web phone's credentials: made for a session, good for ten minutes, gone with either.

A web phone asks for new ones before those that it has expire. Nothing of them is kept in the
browser, and here only what the switch needs to check them.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _
from typing_extensions import override

from rollcall.calling.models import Line
from rollcall.calling.phones import LIKE_NO_OTHER, check_may_call, get_extension
from rollcall.core.errors import SetupError
from rollcall.sip.digest import ha1
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.tenants.statements import fetch, load_statements

SQL: Final = load_statements("rollcall.calling", "lines.sql")
LIFE: Final = timedelta(minutes=10)
MOST_LINES: Final = 4
"""So many living ones a session has: one for each tab, and the one before."""

USERNAME_LENGTH: Final = 24
PASSWORD_LENGTH: Final = 32


class LineCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a web phone signs in with, as whom, and until when."""

    username: str
    password: str
    domain: str
    number: str
    display_name: str
    expires_at: datetime

    @override
    def __repr__(self) -> str:
        return f"LineCredentials(expires_at={self.expires_at})"


@transaction.atomic
def issue_line(
    tenant_id: int, extension_id: int | None, session_id: UUID, *, now: datetime
) -> LineCredentials:
    """Make credentials for an extension's web phone. Raises SetupError where it may not call."""
    if extension_id is None:
        raise SetupError(
            _("This account has no extension, so it has no phone."), code="no-extension"
        )
    extension = get_extension(tenant_id, extension_id)
    tenant = get_tenant_by_id(tenant_id)
    check_may_call(tenant, extension)
    made = LineCredentials(
        username="w" + "".join(secrets.choice(LIKE_NO_OTHER) for _each in range(USERNAME_LENGTH)),
        password=secrets.token_urlsafe(PASSWORD_LENGTH),
        domain=tenant.sip_domain,
        number=str(extension.number),
        display_name=extension.display_name,
        expires_at=now + LIFE,
    )
    _make_room(tenant_id, session_id)
    Line.objects.of(tenant_id).create(
        username=made.username,
        tenant_id=tenant_id,
        extension_id=extension_id,
        session=session_id,
        realm=made.domain,
        ha1=ha1(made.username, made.domain, made.password),
        expires_at=made.expires_at,
    )
    return made


def forget_lines(*, now: datetime) -> int:
    """Delete the credentials of all tenants that expired; return how many."""
    return int(Line.objects.all_tenants().filter(expires_at__lte=now).delete()[0])


def _make_room(tenant_id: int, session_id: UUID) -> None:
    """Let the oldest of a session's credentials go. One at a time asks for a session."""
    fetch(SQL["one_at_a_time"], {"key": session_id.int & (2**63 - 1)})
    rows = Line.objects.of(tenant_id).filter(session=session_id).order_by("-created_at")
    oldest = list(rows.values_list("username", flat=True)[MOST_LINES - 1 :])
    if oldest:
        Line.objects.of(tenant_id).filter(username__in=oldest).delete()
