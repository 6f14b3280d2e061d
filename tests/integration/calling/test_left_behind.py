"""What becomes of phones, trunks and calls when people, directories and tenants go."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
import pytest

from rollcall.calling.calls import CallsWanted, list_calls
from rollcall.calling.device_operations import add_device
from rollcall.calling.devices import list_devices
from rollcall.calling.number_operations import add_numbers
from rollcall.calling.trunk_numbers import count_numbers
from rollcall.calling.trunk_operations import (
    NewTrunk,
    import_trunk,
    save_emergency_numbers,
    save_trunk,
)
from rollcall.calling.trunks import find_emergency_numbers, find_trunk
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing
from rollcall.credentials.secret import Secret
from rollcall.telephony.models import Extension
from rollcall.telephony.reset_operations import block_all, make_local
from rollcall.tenants.operations import delete_tenant
from rollcall.tenants.queries import TenantView
from rollcall.wiring.transfer import export_settings, import_settings
from tests.integration.calling.conftest import MakeTenant, extension_id
from tests.integration.calling.test_calls import write

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
RING = KeyRing(current="one", keys={"one": Secret(b"k" * 32)})
TRUNK = NewTrunk(
    kind="registration",
    host="sip.carrier.example",
    username="acme",
    password=Secret(b"secret-word"),
    addresses=("192.0.2.0/24",),
    main_number="030 1234560",
)


def furnish(tenant: TenantView) -> str:
    """Give a tenant a trunk, numbers, and a phone of 2000; return the phone's user name."""
    save_trunk(tenant.id, TRUNK, ring=RING, actor="test", now=NOW)
    add_numbers(tenant.id, ["030 1234560, 2000", "030 1234561"], actor="test")
    made = add_device(
        tenant.id, extension_id(tenant), name="Desk", actor="test", now=datetime.now(UTC)
    )
    return made.username


def from_directory(tenant: TenantView) -> None:
    """Let 2000 be a person of the directory."""
    rows = Extension.objects.of(tenant.id).filter(number=2000)
    rows.update(source="microsoft365", directory_object_id=f"ada-{tenant.id}")


def may_sign_in(switch: psycopg.Connection, username: str) -> bool:
    row = switch.execute("SELECT FROM subscriber WHERE username = %s", [username]).fetchone()
    return row is not None


@pytest.mark.parametrize("keep", [True, False])
def test_a_reset_of_the_directory_keeps_phones_and_blocks_them_with_their_people(
    tenant: TenantView, switch: psycopg.Connection, *, keep: bool
) -> None:
    username = furnish(tenant)
    from_directory(tenant)
    if keep:
        make_local(tenant.id)
    else:
        block_all(tenant.id, now=NOW)
    assert may_sign_in(switch, username) is keep
    assert len(list_devices(tenant.id, extension_id(tenant))) == 1
    assert count_numbers(tenant.id) == (2, 1)
    make_local(tenant.id)
    assert may_sign_in(switch, username)


def test_a_leavers_phone_works_again_when_the_person_comes_back(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    username = furnish(tenant)
    rows = Extension.objects.of(tenant.id).filter(number=2000)
    rows.update(state="blocked", blocked_at=NOW)
    assert not may_sign_in(switch, username)
    rows.update(state="active", blocked_at=None)
    assert may_sign_in(switch, username)


def test_a_deleted_tenant_leaves_no_row_of_its_calling_behind(
    new_tenant: MakeTenant, switch: psycopg.Connection, shared_database: str
) -> None:
    gone, stays = new_tenant(), new_tenant()
    for tenant in (gone, stays):
        furnish(tenant)
        save_emergency_numbers(tenant.id, ["112"], actor="test")
        write(switch, tenant)
    delete_tenant(gone.slug)
    with psycopg.connect(shared_database) as owner:
        tables = owner.execute(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND column_name = 'tenant_id' AND table_name LIKE 'calling_%'"
        ).fetchall()
        count = "SELECT count(*) FROM {} WHERE tenant_id = %s"
        left = {
            tenant.id: sum(
                owner.execute(count.format(table).encode(), [tenant.id]).fetchone()[0]  # type: ignore[index]  # a count
                for (table,) in tables
            )
            for tenant in (gone, stays)
        }
    assert left == {gone.id: 0, stays.id: 6}
    assert len(list_calls(stays.id, CallsWanted()).rows) == 1


def test_settings_are_taken_to_another_tenant_without_password_and_numbers(
    new_tenant: MakeTenant,
) -> None:
    here, there = new_tenant(), new_tenant()
    furnish(here)
    save_emergency_numbers(here.id, ["112", "199"], actor="test")
    exported = export_settings(here.slug)

    assert b"secret-word" not in exported
    assert b"1234561" not in exported
    bring(exported, there)
    view = find_trunk(there.id)
    assert view is not None
    assert (view.host, view.username, view.main_number) == (
        "sip.carrier.example",
        "acme",
        "+49301234560",
    )
    assert view.addresses == ("192.0.2.0/24",)
    assert view.needs_password
    assert count_numbers(there.id) == (0, 0)
    assert find_emergency_numbers(there.id).numbers == ("112", "199")


def bring(exported: bytes, tenant: TenantView, **calls: Any) -> None:
    """Import settings of another tenant, but its SIP domain."""
    content = msgspec.json.decode(exported)
    content["tenant"]["sip_domain"] = tenant.sip_domain
    if content["calls"] is not None:
        content["calls"] |= calls
    machine: Any = None
    import_settings(machine, tenant.slug, msgspec.json.encode(content), actor="test")


def test_an_imported_trunk_keeps_the_password_that_goes_with_it(tenant: TenantView) -> None:
    furnish(tenant)
    exported = export_settings(tenant.slug)
    bring(exported, tenant)
    view = find_trunk(tenant.id)
    assert view is not None
    assert not view.needs_password
    import_trunk(
        tenant.id,
        NewTrunk(kind="registration", host="else.example", username="acme"),
        actor="test",
    )
    view = find_trunk(tenant.id)
    assert view is not None
    assert view.needs_password


def test_a_file_without_calls_leaves_them_and_one_without_a_trunk_leaves_the_trunk(
    tenant: TenantView, new_tenant: MakeTenant
) -> None:
    bare = export_settings(new_tenant().slug)
    furnish(tenant)
    save_emergency_numbers(tenant.id, ["112"], actor="test")
    content = msgspec.json.decode(bare)
    del content["calls"]
    content["calls"] = None
    bring(msgspec.json.encode(content), tenant)
    assert find_emergency_numbers(tenant.id).own
    bring(bare, tenant)
    assert find_trunk(tenant.id) is not None
    assert not find_emergency_numbers(tenant.id).own
    with pytest.raises(SetupError):
        bring(bare, tenant, emergency_numbers=["abc"])
