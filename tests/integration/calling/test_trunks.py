"""A tenant's trunk: set, changed, removed; its password is sealed and never shown."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from rollcall.audit.queries import AuditFilter, list_entries
from rollcall.calling.device_operations import add_device
from rollcall.calling.models import Trunk, TrunkState
from rollcall.calling.number_operations import add_numbers, assign_number
from rollcall.calling.trunk_operations import (
    NewTrunk,
    open_password,
    remove_trunk,
    save_emergency_numbers,
    save_trunk,
)
from rollcall.calling.trunks import find_emergency_numbers, find_trunk
from rollcall.core.errors import SetupError
from rollcall.credentials.sealing import KeyRing, SealingError
from rollcall.credentials.secret import Secret
from rollcall.integrations.sealed_operations import give_up_lost, seal_anew
from rollcall.sip.carrier_places import CarrierPlaces
from rollcall.tenants.queries import TenantView
from rollcall.web.scope import tenant_scope
from tests.integration.calling.conftest import MakeTenant, extension_id

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
RING = KeyRing(current="one", keys={"one": Secret(b"k" * 32)})
PASSWORD = Secret(b"tr1cky \xc3\xa4 word")
REGISTERED = NewTrunk(
    kind="registration",
    host="SIP.Carrier.example",
    username="acme+1",
    password=PASSWORD,
    main_number="030 1234560",
)


def save(tenant: TenantView, new: NewTrunk) -> Any:
    with tenant_scope(tenant.id):
        return save_trunk(tenant.id, new, ring=RING, actor="test", now=NOW)


def changed(**values: Any) -> NewTrunk:
    given = {name: getattr(REGISTERED, name) for name in REGISTERED.__struct_fields__}
    return NewTrunk(**{**given, "password": None, **values})


def refusal(tenant: TenantView, **values: Any) -> str:
    with pytest.raises(SetupError) as refused:
        save(tenant, changed(**{"password": PASSWORD, **values}))
    return refused.value.code


def sealed(tenant: TenantView) -> bytes:
    return bytes(Trunk.objects.of(tenant.id).get().password_sealed or b"")


def test_a_trunk_is_kept_with_its_password_sealed(tenant: TenantView) -> None:
    assert find_trunk(tenant.id) is None
    view = save(tenant, REGISTERED)

    assert (view.kind, view.host, view.port) == ("registration", "sip.carrier.example", None)
    assert (view.username, view.main_number) == ("acme+1", "+49301234560")
    assert view.password_at == NOW
    assert not view.needs_password
    assert PASSWORD.reveal() not in sealed(tenant)
    assert open_password(RING, tenant.id, sealed(tenant)) == PASSWORD
    with pytest.raises(SealingError):
        open_password(RING, tenant.id + 1, sealed(tenant))
    (entry,) = list_entries(tenant.id, AuditFilter(), limit=5)
    assert entry.action == "trunk.set"
    assert "tr1cky" not in str(entry.detail)


def test_a_password_stays_unless_it_would_go_to_somebody_else(tenant: TenantView) -> None:
    save(tenant, REGISTERED)
    before = sealed(tenant)
    assert save(tenant, changed(number_format="national")).number_format == "national"
    assert sealed(tenant) == before
    for values in ({"host": "other.example"}, {"proxy": "p.example"}, {"username": "other"}):
        with pytest.raises(SetupError) as refused:
            save(tenant, changed(**values))
        assert refused.value.code == "password-needed"
    assert sealed(tenant) == before
    assert save(tenant, changed(host="other.example", password=PASSWORD)).host == "other.example"
    assert sealed(tenant) != before


def test_an_address_trunk_needs_no_password_and_keeps_none(tenant: TenantView) -> None:
    save(tenant, REGISTERED)
    view = save(
        tenant,
        NewTrunk(
            kind="address",
            host="192.0.2.10",
            transport="tls",
            addresses=("192.0.2.10", " 198.51.100.7/24 ", "", "2001:db8::1"),
        ),
    )
    assert (view.port, view.username, view.password_at) == (None, "", None)
    assert view.addresses == ("192.0.2.10", "198.51.100.0/24", "2001:db8::1")
    assert sealed(tenant) == b""


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"kind": "magic"}, "bad-trunk"),
        ({"transport": "sctp"}, "bad-trunk"),
        ({"number_format": "x"}, "bad-trunk"),
        ({"host": ""}, "bad-trunk-host"),
        ({"host": "a b"}, "bad-trunk-host"),
        ({"host": "300.1.1.1"}, "bad-trunk-host"),
        ({"host": "0.0.0.0"}, "bad-trunk-host"),
        ({"host": "224.0.0.1"}, "bad-trunk-host"),
        ({"host": "carrier.example;maddr=x"}, "bad-trunk-host"),
        ({"port": 0}, "bad-trunk-port"),
        ({"port": 65536}, "bad-trunk-port"),
        ({"username": ""}, "bad-trunk-user"),
        ({"username": "a@b"}, "bad-trunk-user"),
        ({"username": "a\r\nVia: x"}, "bad-trunk-user"),
        ({"password": Secret(b"")}, "bad-trunk-password"),
        ({"password": Secret(b"a\nb")}, "bad-trunk-password"),
        ({"password": Secret(b"\xff")}, "bad-trunk-password"),
        ({"password": None}, "password-needed"),
        ({"addresses": ("x",)}, "bad-trunk-address"),
        ({"addresses": ("0.0.0.0/0",)}, "bad-trunk-address"),
        ({"addresses": ("10.0.0.0/8",)}, "bad-trunk-address"),
        ({"addresses": ("::/0",)}, "bad-trunk-address"),
        ({"addresses": tuple(f"192.0.2.{n}" for n in range(17))}, "bad-trunk-address"),
        ({"main_number": "x"}, "bad-phone-number"),
    ],
)
def test_what_is_no_good_is_refused_and_nothing_is_kept(
    tenant: TenantView, values: dict[str, Any], code: str
) -> None:
    assert refusal(tenant, **values) == code
    assert find_trunk(tenant.id) is None


def test_a_changed_trunk_is_of_unknown_state_and_a_removed_one_leaves_nothing(
    tenant: TenantView,
) -> None:
    save(tenant, REGISTERED)
    TrunkState.objects.of(tenant.id).create(
        tenant_id=tenant.id, state="refused", detail="403 Forbidden", since=NOW, seen_at=NOW
    )
    with tenant_scope(tenant.id):
        found = find_trunk(tenant.id)
    assert found is not None
    assert found.state is not None
    assert (found.state.state, found.state.detail) == ("refused", "403 Forbidden")
    assert save(tenant, changed()).state is not None
    assert save(tenant, changed(number_format="digits")).state is None
    with tenant_scope(tenant.id):
        remove_trunk(tenant.id, actor="test")
        assert find_trunk(tenant.id) is None
    with pytest.raises(SetupError):
        remove_trunk(tenant.id, actor="test")


def test_the_main_number_is_the_caller_id_of_who_has_none(
    tenant: TenantView, switch: psycopg.Connection
) -> None:
    def shown(number: int) -> object:
        made = add_device(
            tenant.id, extension_id(tenant, number), name="Desk", actor="test", now=NOW
        )
        return switch.execute(
            "SELECT caller_id FROM subscriber WHERE username = %s", [made.username]
        ).fetchone()

    assert shown(2000) == (None,)
    save(tenant, REGISTERED)
    add_numbers(tenant.id, ["030 1234568, 2001", "030 1234569, 2001"], actor="test")
    assert shown(2000) == ("49301234560",)
    assert shown(2001) == ("49301234568",)
    bert = extension_id(tenant, 2001)
    assign_number(tenant.id, "030 1234568", extension_id=bert, shown=False, actor="test")
    assert shown(2001) == ("49301234569",)


def test_emergency_numbers_are_the_countrys_unless_the_tenant_has_its_own(
    tenant: TenantView, new_tenant: MakeTenant
) -> None:
    found = find_emergency_numbers(tenant.id)
    assert not found.own
    assert {"110", "112"} <= set(found.numbers)
    with tenant_scope(tenant.id):
        own = save_emergency_numbers(tenant.id, ["112", " 110 ", "112"], actor="test")
    assert (own.numbers, own.own) == (("112", "110"), True)
    for bad in ([], ["1"], ["abc"], ["1234567"], ["911"], [str(100 + n) for n in range(30)]):
        with tenant_scope(tenant.id), pytest.raises(SetupError) as refused:
            save_emergency_numbers(tenant.id, bad, actor="test")
        assert refused.value.code == "bad-emergency-number"
    with tenant_scope(tenant.id):
        assert save_emergency_numbers(tenant.id, None, actor="test") == found
    assert "911" in find_emergency_numbers(new_tenant(country="US").id).numbers


def test_a_lost_password_leaves_a_trunk_that_asks_for_it(tenant: TenantView) -> None:
    save(tenant, REGISTERED)
    again = KeyRing(current="two", keys={"two": Secret(b"q" * 32), **RING.keys})
    assert seal_anew(again) >= 1
    assert open_password(again, tenant.id, sealed(tenant)) == PASSWORD
    other = KeyRing(current="three", keys={"three": Secret(b"x" * 32)})
    assert give_up_lost(other, now=NOW) == []
    view = find_trunk(tenant.id)
    assert view is not None
    assert (view.needs_password, view.password_at, view.username) == (True, None, "acme+1")
    assert not save(tenant, changed(password=PASSWORD)).needs_password


def test_a_trunk_is_its_tenants_alone(tenant: TenantView, new_tenant: MakeTenant) -> None:
    other = new_tenant()
    save(other, REGISTERED)
    with tenant_scope(tenant.id):
        assert find_trunk(tenant.id) is None
        assert find_trunk(other.id) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "::1", "169.254.169.254", "0.0.0.0", "224.0.0.5", "fe80::1"]
)
def test_a_carrier_is_nowhere_on_this_machine(tenant: TenantView, host: str) -> None:
    assert refusal(tenant, host=host) == "bad-trunk-host"


def test_a_carrier_is_not_at_the_switchs_own_address(tenant: TenantView) -> None:
    here = CarrierPlaces(own=("192.0.2.7",), loopback=True)
    with tenant_scope(tenant.id):
        for host in ("192.0.2.8", "127.0.0.9"):
            new = changed(host=host, password=PASSWORD)
            save_trunk(tenant.id, new, ring=RING, actor="test", now=NOW, places=here)
        new = changed(host="192.0.2.7", password=PASSWORD)
        with pytest.raises(SetupError) as refused:
            save_trunk(tenant.id, new, ring=RING, actor="test", now=NOW, places=here)
    assert refused.value.code == "bad-trunk-host"


@pytest.mark.parametrize("network", ["127.0.0.0/16", "169.254.0.0/24", "2001:db8::/48", "::1"])
def test_calls_come_from_networks_of_carriers_alone(tenant: TenantView, network: str) -> None:
    assert refusal(tenant, addresses=(network,)) == "bad-trunk-address"
    with tenant_scope(tenant.id):
        save(tenant, changed(password=PASSWORD, addresses=("192.0.2.0/24", "2001:db8::1")))
