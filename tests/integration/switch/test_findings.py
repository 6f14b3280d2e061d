"""What doctor says of the switch and of trunks."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from rollcall.calling.models import Trunk, TrunkState
from rollcall.core.findings import Finding, Light
from rollcall.fleet.operations import beat
from rollcall.host import switch_programs
from rollcall.host.switch_findings import switch_findings, trunk_finding
from rollcall.service.presence import new_identity
from rollcall.tenants.queries import TenantView
from rollcall.wiring.machine import Machine
from tests.integration.switch.conftest import Running, new_tenant
from tests.pairs import new_pair


def found(machine: Machine, **values: object) -> list[Finding]:
    """Return what is found on a machine that is set so."""
    environment = msgspec.structs.replace(machine.environment, **{"switch": True, **values})
    return list(switch_findings(environment))


def test_a_switch_that_is_off_is_well(machine: Machine) -> None:
    (finding,) = found(machine, switch=False)

    assert finding.light is Light.GREEN
    assert "nobody can call" in finding.message


def test_programs_that_are_missing_are_named(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switch_programs, "MODULES", ())

    (finding,) = found(machine)

    assert finding.light is Light.AMBER
    assert "apt install kamailio" in finding.message


def test_a_switch_that_is_missing_where_a_service_runs_is_a_fault(machine: Machine) -> None:
    assert found(machine) == []
    beat(new_identity("web"))
    (finding,) = found(machine)

    assert finding.light is Light.RED
    assert "no switch runs: nobody can call" in finding.message


def test_a_switch_that_does_not_answer_is_a_fault(machine: Machine) -> None:
    beat(new_identity("switch"))
    finding, *_rest = found(machine)

    assert finding.light is Light.RED
    assert "Kamailio does not answer at" in finding.message


def test_a_switch_that_runs_says_where_and_for_which_domains_its_certificate_is_not(
    running: Running, tmp_path: Path
) -> None:
    certificate, key = new_pair().write(tmp_path)
    beat(new_identity("switch"))
    first, address, names = found(running.machine, tls_cert=certificate, tls_key=key)

    assert first.light is Light.GREEN
    assert "Only this machine gets there" in address.message
    assert "The certificate is not for contoso.example:" in names.message


@pytest.fixture
def tenant(machine: Machine) -> TenantView:
    """A tenant without a trunk."""
    return new_tenant("contoso")


def test_a_tenant_without_a_trunk_has_no_finding(tenant: TenantView) -> None:
    assert trunk_finding(tenant) is None


@pytest.mark.parametrize(
    ("state", "light"),
    [
        (None, Light.AMBER),
        ("unknown", Light.AMBER),
        ("registered", Light.GREEN),
        ("ready", Light.GREEN),
        ("refused", Light.RED),
        ("silent", Light.RED),
    ],
)
def test_a_trunk_is_as_the_switch_found_it(
    tenant: TenantView, state: str | None, light: Light
) -> None:
    Trunk.objects.of(tenant.id).create(tenant_id=tenant.id, kind="address", host="192.0.2.1")
    if state is not None:
        now = datetime.now(UTC)
        TrunkState.objects.of(tenant.id).create(
            tenant_id=tenant.id, state=state, detail="403", since=now, seen_at=now
        )

    finding = trunk_finding(tenant)

    assert finding is not None
    assert finding.light is light
    assert state is None or f"The trunk is {state} (403)." == finding.message


def test_a_trunk_that_is_not_in_use_has_no_finding(tenant: TenantView) -> None:
    Trunk.objects.of(tenant.id).create(
        tenant_id=tenant.id, kind="address", host="192.0.2.1", enabled=False
    )

    assert trunk_finding(tenant) is None
