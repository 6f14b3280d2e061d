"""Where phones are, for pages; and which registrations the switch is to forget."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.sessions import end_all_sessions
from rollcall.calling.device_operations import add_device, remove_device, renew_password
from rollcall.calling.devices import list_devices
from rollcall.calling.lines import issue_line
from rollcall.calling.registrations import list_stale, registered_numbers, registrations_of
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import edit_extension
from rollcall.tenants.operations import delete_tenant, suspend_tenant
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.integration.calling.conftest import MakeSession, MakeTenant, Register, extension_id

MINUTE_AGO = timedelta(minutes=1)


def new_device(tenant: TenantView, number: int = 2000) -> tuple[int, str]:
    made = add_device(
        tenant.id,
        extension_id(tenant, number),
        name="Desk",
        actor="test",
        now=datetime.now(UTC) - MINUTE_AGO,
    )
    return made.device_id, made.username


def stale() -> set[str]:
    return {row.ruid for row in list_stale(datetime.now(UTC))}


def test_pages_tell_who_can_be_called(
    tenant: TenantView, new_tenant: MakeTenant, register: Register
) -> None:
    other = new_tenant()
    register(tenant, 2000, new_device(tenant)[1])
    register(tenant, 2001, new_device(tenant, 2001)[1], expires=-5)
    register(other, 2002, new_device(other, 2002)[1])

    with tenant_scope(tenant.id), CaptureQueriesContext(connection) as queries:
        assert registered_numbers(tenant.id, ["2000", "2001", 2002]) == {"2000"}
    assert len([each for each in queries if "sip.location" in each["sql"]]) == 1
    with tenant_scope(tenant.id):
        assert registered_numbers(tenant.id, []) == frozenset()
    with tenant_scope(other.id):
        assert registered_numbers(other.id, [2000, 2001, 2002]) == {"2002"}
        assert registered_numbers(tenant.id, [2000]) == frozenset()


def test_an_extensions_phones_are_told_apart(
    tenant: TenantView, register: Register, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    device_id, username = new_device(tenant)
    idle_id, _idle = new_device(tenant)
    session = new_session(tenant.id, extension)
    line = issue_line(tenant.id, extension, session, now=datetime.now(UTC))
    register(tenant, 2000, line.username)
    register(tenant, 2000, username)

    with tenant_scope(tenant.id):
        desk, web = registrations_of(tenant.id, extension)
        devices = {each.id: each for each in list_devices(tenant.id, extension)}

    assert (desk.kind, desk.device_id, desk.username) == ("desk", device_id, username)
    assert (desk.address, desk.transport) == ("198.51.100.9:40312", "tls")
    assert desk.agent == "Desk phone 1.0"
    assert abs(datetime.now(UTC) - desk.renewed_at) < timedelta(minutes=1)
    assert (web.kind, web.device_id, web.username) == ("web", None, line.username)
    assert devices[device_id].registration == desk
    assert devices[idle_id].registration is None


def test_what_lives_is_left_alone(
    tenant: TenantView, register: Register, new_session: MakeSession
) -> None:
    extension = extension_id(tenant)
    desk = register(tenant, 2000, new_device(tenant)[1])
    line = issue_line(
        tenant.id, extension, new_session(tenant.id, extension), now=datetime.now(UTC)
    )
    web = register(tenant, 2000, line.username)
    assert not stale() & {desk, web}
    end_all_sessions()
    assert stale() & {desk, web} == {web}


def test_a_removed_phone_is_to_be_forgotten(tenant: TenantView, register: Register) -> None:
    (gone, username), (_kept, other) = new_device(tenant), new_device(tenant)
    ruids = {register(tenant, 2000, username), register(tenant, 2000, other)}
    remove_device(tenant.id, gone, actor="test")
    (row,) = [row for row in list_stale(datetime.now(UTC)) if row.ruid in ruids]
    assert (row.domain, row.number) == (tenant.sip_domain, "2000")
    assert username in row.contact


def test_a_renewed_password_ends_the_registration_made_with_the_old_one(
    tenant: TenantView, register: Register
) -> None:
    device_id, username = new_device(tenant)
    before = register(tenant, 2000, username, age=30)
    renew_password(tenant.id, device_id, actor="test", now=datetime.now(UTC))
    after = register(tenant, 2000, username)
    assert stale() & {before, after} == {before}


def test_who_is_blocked_moved_or_suspended_is_to_be_forgotten(
    tenant: TenantView, new_tenant: MakeTenant, register: Register
) -> None:
    other = new_tenant()
    ruids = {
        number: register(tenant, number, new_device(tenant, number)[1])
        for number in (2000, 2001, 2002, 2003)
    }
    theirs = register(other, 2000, new_device(other)[1])
    everyone = {*ruids.values(), theirs}
    now = datetime.now(UTC)
    rows = Extension.objects.of(tenant.id)
    rows.filter(number=2001).update(state="blocked", blocked_at=now)
    rows.filter(number=2002).update(deleted_at=now)
    edit_extension(tenant.id, 2003, new_number=2999, fields={})

    assert stale() & everyone == {ruids[2001], ruids[2002], ruids[2003]}
    suspend_tenant(other.slug)
    assert theirs in stale()


def test_a_deleted_tenants_phones_are_to_be_forgotten(
    tenant: TenantView, register: Register
) -> None:
    ruid = register(tenant, 2000, new_device(tenant)[1])
    delete_tenant(tenant.slug)
    assert ruid in stale()


def test_a_released_person_has_no_phones_any_more(tenant: TenantView, register: Register) -> None:
    extension = extension_id(tenant)
    ruid = register(tenant, 2000, new_device(tenant)[1])
    now = datetime.now(UTC)
    rows = Extension.objects.of(tenant.id).filter(pk=extension)
    rows.update(state="blocked", blocked_at=now)
    assert len(list_devices(tenant.id, extension)) == 1
    rows.update(state="released")
    assert list_devices(tenant.id, extension) == ()
    assert ruid in stale()
