"""Calls for help: they go out whoever calls, or are refused aloud."""

from collections.abc import Iterator

import pytest

from tests.call.carrier.firms import (
    TrunkFirm,
    found_trunk_firm,
    is_told,
    remove_trunk,
    told_of,
    wait_until_told,
)
from tests.call.messages import Message, address
from tests.call.stage import Stage
from tests.databases import point_django


@pytest.fixture(scope="module")
def firm(running: Stage) -> Iterator[TrunkFirm]:
    """A German tenant with a trunk, and one person with a number."""
    point_django(running.ground.conninfo)
    firm = found_trunk_firm("helpfirm", number=49306000, address="127.17.2.1")
    wait_until_told(running, firm)
    yield firm
    remove_trunk(firm)


def record(stage: Stage, tenant_id: int, call_id: str) -> dict[str, object]:
    """Return the record of a call, when it is there."""

    def rows() -> list[dict[str, object]]:
        return stage.ground.rows(
            "SELECT * FROM calling_call WHERE tenant_id = %s AND sip_call_id = %s",
            tenant_id,
            call_id,
        )

    told_of(lambda: bool(rows()), "record")
    return rows()[0]


@pytest.mark.parametrize(("dialled", "sent"), [("112", "112"), ("110", "110"), ("+112", "112")])
def test_an_emergency_call_goes_out_as_it_is_dialled(
    stage: Stage, firm: TrunkFirm, dialled: str, sent: str
) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite(dialled)
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 486)

    assert call.final().status == 486
    assert address(invite.uri) == f"sip:{sent}@{firm.host}"
    assert address(invite["From"]) == f"sip:+49306000@{firm.host}"
    row = record(stage, firm.firm.tenant_id, call.request["Call-ID"])
    assert (row["emergency"], row["direction"], row["callee_number"]) == (True, "outbound", sent)


def test_nobody_needs_a_number_to_call_for_help(stage: Stage, firm: TrunkFirm) -> None:
    stage.ground.tell(
        "UPDATE calling_trunk SET main_number = NULL WHERE tenant_id = %s", firm.firm.tenant_id
    )
    told_of(lambda: not is_told(stage, "trunk", f"{firm.domain}::main"), "no main number")
    ben, carrier = stage.register(firm.firm.hire()), firm.carrier(stage)

    call = ben.invite("112")
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 486)
    call.final()

    assert address(invite["From"]) == f"sip:+49306000@{firm.host}"


def test_without_any_number_the_call_goes_out_all_the_same(stage: Stage) -> None:
    firm = found_trunk_firm("nonumbers", number=49306500, address="127.17.2.2", main_number=None)
    stage.ground.tell("DELETE FROM calling_trunknumber WHERE tenant_id = %s", firm.firm.tenant_id)
    wait_until_told(stage, firm)
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite("112")
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 486)
    call.final()

    assert address(invite["From"]) == f"sip:anonymous@{firm.host}"


def refused_aloud(answer: Message) -> None:
    """Check that a phone can say loudly what happened."""
    assert answer.status == 503
    assert "emergency-not-possible" in answer["Warning"]


def test_a_tenant_without_a_trunk_is_told_aloud(stage: Stage) -> None:
    anna, _ = stage.pair()

    answer = anna.invite("112").final()

    refused_aloud(answer)
    assert record(stage, stage.north.tenant_id, answer["Call-ID"])["emergency"] is True


@pytest.mark.parametrize("code", [403, 404, 500, 503])
def test_a_carrier_that_refuses_a_call_for_help_is_told_aloud(
    stage: Stage, firm: TrunkFirm, code: int
) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite("112")
    carrier.reply(carrier.expect("INVITE"), code)

    refused_aloud(call.final())


def test_a_carrier_that_is_not_there_is_told_aloud(stage: Stage, firm: TrunkFirm) -> None:
    anna = firm.phone(stage)
    firm.carrier(stage)

    refused_aloud(anna.invite("112").final(9))


def test_a_tenant_says_which_numbers_call_for_help(stage: Stage, firm: TrunkFirm) -> None:
    stage.ground.tell(
        "INSERT INTO calling_callsettings (tenant_id, emergency_numbers) VALUES (%s, '{115}')",
        firm.firm.tenant_id,
    )
    told_of(lambda: is_told(stage, "emergency", f"{firm.domain}::115"), "own numbers")
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite("115")
    carrier.reply(carrier.expect("INVITE"), 486)

    assert call.final().status == 486
    assert record(stage, firm.firm.tenant_id, call.request["Call-ID"])["emergency"] is True


def test_an_extension_with_such_a_number_is_an_extension(stage: Stage) -> None:
    anna, ben = stage.pair()

    assert stage.talk(anna, ben).method == "INVITE"
