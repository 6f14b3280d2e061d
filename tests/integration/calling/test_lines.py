"""A web phone's credentials: for a session, for ten minutes, at most four at a time."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from rollcall.accounts.sessions import end_all_sessions
from rollcall.calling.lines import LIFE, MOST_LINES, forget_lines, issue_line
from rollcall.calling.models import Line
from rollcall.core.errors import SetupError
from rollcall.sip.digest import ha1
from rollcall.telephony.models import Extension
from rollcall.tenants.operations import suspend_tenant
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.integration.calling.conftest import MakeSession, MakeTenant, extension_id


def kept(switch: psycopg.Connection, username: str) -> tuple[object, ...] | None:
    return switch.execute(
        "SELECT domain, ha1, number, kind FROM subscriber WHERE username = %s", [username]
    ).fetchone()


def test_a_line_signs_in_for_its_extension_while_its_session_lives(
    tenant: TenantView, switch: psycopg.Connection, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    session = new_session(tenant.id, extension)
    now = datetime.now(UTC)
    with tenant_scope(tenant.id, extension_id=extension):
        line = issue_line(tenant.id, extension, session, now=now)

    assert line.expires_at == now + LIFE
    assert (line.number, line.domain) == ("2000", tenant.sip_domain)
    assert line.password not in repr(line)
    digest = ha1(line.username, tenant.sip_domain, line.password)
    assert kept(switch, line.username) == (tenant.sip_domain, digest, "2000", "web")
    end_all_sessions()
    assert kept(switch, line.username) is None


def test_a_line_of_no_session_or_one_that_expired_is_worth_nothing(
    tenant: TenantView, switch: psycopg.Connection, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    now = datetime.now(UTC)
    stray = issue_line(tenant.id, extension, uuid4(), now=now)
    session = new_session(tenant.id, extension)
    old = issue_line(tenant.id, extension, session, now=now - LIFE)
    new = issue_line(tenant.id, extension, session, now=now)

    assert kept(switch, stray.username) is None
    assert kept(switch, old.username) is None
    assert kept(switch, new.username) is not None
    assert forget_lines(now=now) >= 1
    usernames = set(Line.objects.of(tenant.id).values_list("username", flat=True))
    assert usernames == {stray.username, new.username}


def test_a_session_has_four_living_lines_and_the_oldest_go(
    tenant: TenantView, switch: psycopg.Connection, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    session, other = new_session(tenant.id, extension), uuid4()
    beside = issue_line(tenant.id, extension, other, now=datetime.now(UTC))
    made = []
    for _each in range(MOST_LINES + 2):
        with tenant_scope(tenant.id, extension_id=extension):
            made.append(issue_line(tenant.id, extension, session, now=datetime.now(UTC)))

    alive = [line.username for line in made if kept(switch, line.username)]
    assert alive == [line.username for line in made[-MOST_LINES:]]
    assert Line.objects.of(tenant.id).filter(username=beside.username).exists()


def test_who_may_not_call_gets_no_line(tenant: TenantView, new_tenant: MakeTenant) -> None:
    now, extension = datetime.now(UTC), extension_id(tenant)
    rows = Extension.objects.of(tenant.id).filter(pk=extension)

    def refusal(extension_id: int | None) -> str:
        with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
            issue_line(tenant.id, extension_id, uuid4(), now=now)
        return refused.value.code

    assert refusal(None) == "no-extension"
    assert refusal(extension_id_of_another(new_tenant)) == "unknown-extension"
    rows.update(state="blocked", blocked_at=now)
    assert refusal(extension) == "blocked"
    rows.update(state="active", blocked_at=None, deleted_at=now)
    assert refusal(extension) == "unknown-extension"
    rows.update(deleted_at=None)
    suspend_tenant(tenant.slug)
    assert refusal(extension) == "suspended"


def extension_id_of_another(new_tenant: MakeTenant) -> int:
    return extension_id(new_tenant())


def test_the_web_does_not_read_what_was_kept_of_passwords(
    tenant: TenantView, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    issue_line(tenant.id, extension, uuid4(), now=datetime.now(UTC) + timedelta(hours=1))
    with tenant_scope(tenant.id):
        assert Line.objects.of(tenant.id).values_list("username").count() == 1
    with pytest.raises(Exception, match="permission denied"), tenant_scope(tenant.id):
        list(Line.objects.of(tenant.id).values_list("ha1"))
