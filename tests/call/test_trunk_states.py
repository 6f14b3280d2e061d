"""Registrations at carriers: how they stand, and what is written down of them."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollcall.calling.trunk_operations import NewTrunk, remove_trunk
from rollcall.credentials.secret import Secret
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine
from tests.call.carrier.firms import (
    TrunkFirm,
    found_trunk_firm,
    is_told,
    set_trunk,
    told_of,
    wait_until_told,
)
from tests.call.messages import address
from tests.call.stage import Stage

PATIENCE = 45.0


@pytest.fixture(scope="module", autouse=True)
def brisk(running: Stage) -> Iterator[None]:
    """The switch of these tests looks at its trunks each second."""
    chores = {chore.name: chore for chore in running.switch._rounds._chores}
    patience = {"states": 1.0, "facts": 0.5}
    with pytest.MonkeyPatch.context() as patch:
        for name, seconds in patience.items():
            patch.setattr(chores[name], "every", seconds)
            patch.setattr(chores[name], "due_at", 0.0)
        yield


@pytest.fixture
def machine(stage: Stage, environment: Environment) -> Machine:
    """Where the passwords of trunks are sealed."""
    return Machine(environment, stage.ground.conninfo)


def set_registration(firm: TrunkFirm, machine: Machine, *, username: str = "account9") -> None:
    """Have the firm's trunk register."""
    trunk = NewTrunk(
        kind="registration",
        host=firm.address,
        port=firm.port,
        username=username,
        password=Secret(b"a password"),
    )
    set_trunk(firm, trunk, machine.key_ring())


def state(stage: Stage, firm: TrunkFirm) -> str:
    """Return what is written down of a trunk."""
    return str(
        stage.ground.value(
            "SELECT state FROM calling_trunkstate WHERE tenant_id = %s", firm.firm.tenant_id
        )
    )


@pytest.fixture
def firm(stage: Stage, request: pytest.FixtureRequest) -> Iterator[TrunkFirm]:
    """A tenant with a trunk by address, to begin with."""
    number = 49307000 + len(stage.ground.rows("SELECT id FROM tenants_tenant"))
    firm = found_trunk_firm(f"state{number}", number=number, address=f"127.17.3.{number % 200}")
    yield firm
    remove_trunk(firm.firm.tenant_id, actor="test")


def test_a_trunk_by_address_is_ready(stage: Stage, firm: TrunkFirm) -> None:
    told_of(lambda: state(stage, firm) == "ready", "ready", PATIENCE)


def test_a_trunk_registers_and_says_so(
    stage: Stage, firm: TrunkFirm, machine: Machine, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("registers", code="200") as carrier:
        set_registration(firm, machine)

    first, second = carrier.heard("REGISTER", "REGISTER")
    assert address(first["To"]) == f"sip:account9@{firm.host}"
    assert address(first["Contact"]).startswith(f"sip:trunk{firm.firm.tenant_id}@127.0.0.1:")
    assert "a password" not in second.text
    told_of(lambda: state(stage, firm) == "registered", "registered", PATIENCE)


def test_a_carrier_that_refuses_the_password_is_told(
    stage: Stage, firm: TrunkFirm, machine: Machine, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("registers", code="403"):
        set_registration(firm, machine)

    told_of(lambda: state(stage, firm) == "refused", "refused", PATIENCE)
    detail = stage.ground.value(
        "SELECT detail FROM calling_trunkstate WHERE tenant_id = %s", firm.firm.tenant_id
    )
    assert str(detail).startswith("403")


def test_a_trunk_that_is_removed_is_forgotten(
    stage: Stage, firm: TrunkFirm, machine: Machine
) -> None:
    set_registration(firm, machine)
    name = f"trunk{firm.firm.tenant_id}"
    told_of(lambda: is_told(stage, "trunk", f"{name}::domain"), "told")
    told_of(lambda: isinstance(stage.ask("uac.reg_info", "l_uuid", name), dict), "registering")

    stage.ground.tell(
        "UPDATE calling_trunk SET enabled = false WHERE tenant_id = %s", firm.firm.tenant_id
    )

    wait_until_told(stage, firm, target=False)
    told_of(lambda: not is_told(stage, "trunk", f"{firm.domain}::password"), "password")
    told_of(lambda: not isinstance(stage.ask("uac.reg_info", "l_uuid", name), dict), "gone")
    assert is_told(stage, "trunk", f"{firm.domain}::plan")


@pytest.mark.long
def test_another_account_registers_instead_of_the_one_before(
    stage: Stage, firm: TrunkFirm, machine: Machine, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("registers", code="200"):
        set_registration(firm, machine)
    with firm.sipp(tmp_path).play("registers", code="200") as carrier:
        set_registration(firm, machine, username="another")

    first, _ = carrier.heard("REGISTER", "REGISTER")
    assert address(first["To"]) == f"sip:another@{firm.host}"


@pytest.mark.long
def test_a_switch_that_was_killed_registers_again(
    stage: Stage, firm: TrunkFirm, machine: Machine, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("registers", code="200"):
        set_registration(firm, machine)

    with firm.sipp(tmp_path).play("registers", code="200") as carrier:
        os.kill(stage.switch.crew.pids()["kamailio"], signal.SIGKILL)

    carrier.heard("REGISTER", "REGISTER")
    wait_until_told(stage, firm)
