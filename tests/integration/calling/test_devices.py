"""Desk phones: added, shown, renewed, removed; what the switch sees of them."""

from datetime import UTC, datetime

import psycopg
import pytest

from rollcall.audit.queries import AuditFilter, list_entries
from rollcall.calling.device_operations import (
    MOST_DEVICES,
    add_device,
    remove_device,
    rename_device,
    renew_password,
)
from rollcall.calling.devices import count_devices, get_device, list_devices
from rollcall.core.errors import SetupError
from rollcall.sip.digest import ha1
from rollcall.telephony.operations import delete_extension, edit_extension
from rollcall.tenants.operations import change_tenant, suspend_tenant
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.integration.calling.conftest import MakeTenant, extension_id

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def add(tenant: TenantView, number: int = 2000, name: str = "Desk"):  # type: ignore[no-untyped-def]
    extension = extension_id(tenant, number)
    with tenant_scope(tenant.id, extension_id=extension):
        return add_device(tenant.id, extension, name=name, actor="test", now=NOW)


def seen_by(switch: psycopg.Connection, username: str) -> tuple[object, ...] | None:
    return switch.execute(
        "SELECT domain, ha1, number, kind, name FROM subscriber WHERE username = %s", [username]
    ).fetchone()


def test_a_new_phone_signs_in_with_the_password_that_is_shown_once(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    made = add(tenant)

    assert made.username.startswith("2000-")
    assert len(made.password) == 20
    assert not set(made.password) & set("0O1lIi")
    assert made.password not in repr(made)
    digest = ha1(made.username, tenant.sip_domain, made.password)
    assert seen_by(switch, made.username) == (
        tenant.sip_domain, digest, "2000", "desk", "Person 2000",
    )  # fmt: skip
    (view,) = list_devices(tenant.id, extension_id(tenant))
    assert (view.id, view.name, view.username) == (made.device_id, "Desk", made.username)
    assert view.valid
    assert view.registration is None


def test_a_new_password_takes_the_place_of_the_old_one(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    made = add(tenant)
    old = seen_by(switch, made.username)

    with tenant_scope(tenant.id):
        again = renew_password(tenant.id, made.device_id, actor="test", now=NOW)

    assert (again.device_id, again.username) == (made.device_id, made.username)
    assert again.password != made.password
    new = seen_by(switch, made.username)
    assert new is not None
    assert new != old
    assert new[1] == ha1(made.username, tenant.sip_domain, again.password)


def test_a_phone_is_renamed_and_removed(tenant: TenantView, switch: psycopg.Connection) -> None:
    made = add(tenant)

    with tenant_scope(tenant.id):
        rename_device(tenant.id, made.device_id, name="  Meeting\nroom  ", actor="test")
        assert get_device(tenant.id, made.device_id).name == "Meeting room"
        remove_device(tenant.id, made.device_id, actor="test")

    assert list_devices(tenant.id, extension_id(tenant)) == ()
    assert seen_by(switch, made.username) is None
    entries = list_entries(tenant.id, AuditFilter(), limit=10)
    assert [entry.action for entry in entries] == [
        "device.removed", "device.renamed", "device.added",
    ]  # fmt: skip
    assert all(made.password not in str(entry.detail) for entry in entries)


@pytest.mark.parametrize("name", ["", " \n ", "x" * 61, "\0"])
def test_a_phone_needs_a_name_in_bounds(tenant: TenantView, name: str) -> None:
    with pytest.raises(SetupError) as refused:
        add(tenant, name=name)
    assert refused.value.code == "bad-device-name"


def test_an_extension_has_a_bounded_number_of_phones(tenant: TenantView) -> None:
    for each in range(MOST_DEVICES):
        add(tenant, name=f"Desk {each}")
    with pytest.raises(SetupError) as refused:
        add(tenant)
    assert refused.value.code == "too-many-devices"
    assert add(tenant, 2001).username.startswith("2001-")


def test_a_change_of_the_domain_voids_the_passwords_until_they_are_renewed(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    made, other = add(tenant), add(tenant, 2001)
    assert count_devices(tenant.id) == 2

    change_tenant(tenant.slug, sip_domain=f"new-{tenant.sip_domain}")

    assert count_devices(tenant.id) == 0
    assert not get_device(tenant.id, made.device_id).valid
    assert seen_by(switch, made.username) is None
    renew_password(tenant.id, made.device_id, actor="test", now=NOW)
    assert get_device(tenant.id, made.device_id).valid
    assert seen_by(switch, made.username) is not None
    assert not get_device(tenant.id, other.device_id).valid
    # The old name again: what was not renewed works as before.
    change_tenant(tenant.slug, sip_domain=tenant.sip_domain)
    assert get_device(tenant.id, other.device_id).valid
    assert not get_device(tenant.id, made.device_id).valid


def test_a_phone_goes_with_its_extension_to_another_number(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    made = add(tenant)
    edit_extension(tenant.id, 2000, new_number=2999, fields={})
    seen = seen_by(switch, made.username)
    assert seen is not None
    assert seen[2] == "2999"


def test_nobody_signs_in_for_a_deleted_extension_or_a_suspended_tenant(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    made, gone = add(tenant), add(tenant, 2001)
    delete_extension(tenant.id, 2001, now=NOW)
    assert seen_by(switch, gone.username) is None
    assert seen_by(switch, made.username) is not None
    suspend_tenant(tenant.slug)
    assert seen_by(switch, made.username) is None


def test_a_phone_of_another_tenant_is_as_one_that_is_not_there(
    tenant: TenantView, new_tenant: MakeTenant
) -> None:
    other = new_tenant()
    theirs = add(other)
    for device_id in (theirs.device_id, 10**12):
        with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
            renew_password(tenant.id, device_id, actor="test", now=NOW)
        assert str(refused.value) == f"There is no phone {device_id}."
        assert refused.value.code == "unknown-device"
    with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
        add_device(tenant.id, extension_id(other), name="Desk", actor="test", now=NOW)
    assert refused.value.code == "unknown-extension"
    assert len(list_devices(other.id, extension_id(other))) == 1
