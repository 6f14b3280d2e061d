"""What a switch is told of trunks: keys and values, what changed, what it says of them."""

import pytest

from rollcall.credentials.secret import Secret
from rollcall.sip.carrier_dns import USUAL_PORTS, Hop
from rollcall.sip.trunks import (
    NOTHING,
    Command,
    SwitchMemory,
    TrunkFacts,
    TrunkReading,
    build_memory,
    memory_commands,
    read_trunk,
    told_memory,
)

CONTACT = "198.51.100.7:5060"
PLAIN = TrunkFacts(tenant_id=1, domain="north.example", country="DE")
REGISTERED = TrunkFacts(
    tenant_id=2,
    domain="south.example",
    country="DE",
    kind="registration",
    host="sip.carrier.example",
    username="southern",
    password=Secret(b"of the south"),
    number_format="national",
    main_number=4930100,
)
BY_ADDRESS = TrunkFacts(
    tenant_id=3,
    domain="west.example",
    country="GB",
    kind="address",
    host="192.0.2.9",
    port=5070,
    transport="tcp",
    addresses=("192.0.2.0/24", "203.0.113.7"),
)


def memory(*facts: TrunkFacts, **resolved: str) -> SwitchMemory:
    known = {
        fact.tenant_id: (Hop(resolved[name], fact.port or USUAL_PORTS[fact.transport]),)
        for fact in facts
        if (name := fact.host.replace(".", "_")) in resolved
    }
    return build_memory(facts, hops=known, contact=CONTACT)


def test_a_tenant_without_a_trunk_can_still_be_told_what_an_emergency_is() -> None:
    tables = memory(PLAIN).tables

    assert tables["trunk", "north.example::plan"] == "DE"
    assert tables["emergency", f"{tables['trunk', 'north.example::emergency']}::112"] == "1"
    assert tables["plan", "DE::code"] == "49"
    assert not [key for key in tables if key[0] == "carrier"]
    assert ("trunk", "north.example::target") not in tables


def test_emergency_numbers_of_its_own_count_instead_of_those_of_the_country() -> None:
    own = TrunkFacts(tenant_id=1, domain="north.example", country="DE", emergency=("115",))

    tables = memory(own, REGISTERED, sip_carrier_example="192.0.2.1").tables

    assert tables["trunk", "north.example::emergency"] == "north.example"
    assert tables["emergency", "north.example::115"] == "1"
    assert ("emergency", "north.example::112") not in tables
    assert tables["emergency", "DE::112"] == "1"


def test_a_registration_is_sent_to_an_address_and_keeps_its_password_in_memory() -> None:
    told = memory(REGISTERED, sip_carrier_example="192.0.2.1")

    assert told.tables["trunk", "south.example::target"] == "sip:192.0.2.1:5060;transport=udp"
    assert told.tables["trunk", "south.example::password"] == "of the south"
    assert told.tables["trunk", "trunk2::domain"] == "south.example"
    assert told.tables["carrier", "192.0.2.1"] == "DE"
    assert told.tables["carrier", "192.0.2.1::south.example"] == "1"
    assert told.registrations["trunk2"] == (
        *("trunk2", "trunk2", "south.example", "southern", "sip.carrier.example", "", "southern"),
        *("of the south", ".", "sip:192.0.2.1:5060;transport=udp", 600, 0, 0, "", CONTACT),
    )


def test_a_carrier_without_an_address_yet_is_neither_called_nor_heard() -> None:
    told = memory(REGISTERED)

    assert ("trunk", "south.example::target") not in told.tables
    assert not told.registrations
    assert not [key for key in told.tables if key[0] == "carrier"]


def test_a_network_is_told_by_the_first_parts_of_its_addresses() -> None:
    wide = TrunkFacts(
        tenant_id=3,
        domain="west.example",
        country="GB",
        kind="address",
        host="192.0.2.9",
        addresses=("192.0.2.0/24", "198.18.0.0/15", "203.0.113.128/31", "2001:db8::1", "nothing"),
    )

    keys = {key for table, key in memory(wide).tables if table == "carrier" and "::w" not in key}

    assert keys == {
        *("192.0.2", "198.18", "198.19", "203.0.113.128", "203.0.113.129", "2001:db8::1")
    }


def test_a_port_of_its_own_stands_in_the_addresses_and_the_usual_one_does_not() -> None:
    tables = memory(BY_ADDRESS, **{"192_0_2_9": "192.0.2.9"}).tables

    assert tables["trunk", "west.example::host"] == "192.0.2.9:5070"
    assert tables["trunk", "west.example::target"] == "sip:192.0.2.9:5070;transport=tcp"


def test_a_shared_carrier_speaks_the_plan_of_the_first_tenant() -> None:
    other = TrunkFacts(
        tenant_id=9, domain="east.example", country="FR", kind="address", addresses=("192.0.2.1",)
    )

    tables = memory(other, REGISTERED, sip_carrier_example="192.0.2.1").tables

    assert tables["carrier", "192.0.2.1"] == "DE"
    assert tables["carrier", "192.0.2.1::east.example"] == "1"
    assert tables["carrier", "192.0.2.1::south.example"] == "1"


def test_what_did_not_change_is_not_told_again() -> None:
    told = memory(REGISTERED, BY_ADDRESS, sip_carrier_example="192.0.2.1")

    assert memory_commands(told, told) == []
    assert len(memory_commands(NOTHING, told)) == len(told.tables) + 1


def test_what_is_gone_is_taken_from_the_memory() -> None:
    before = memory(REGISTERED, sip_carrier_example="192.0.2.1")
    after = memory(PLAIN)

    commands = memory_commands(before, after)

    assert Command("uac.reg_remove", ("trunk2",)) in commands
    assert Command("htable.delete", ("trunk", "south.example::password")) in commands
    assert Command("htable.delete", ("carrier", "192.0.2.1::south.example")) in commands


def test_another_address_of_the_carrier_registers_anew() -> None:
    before = memory(REGISTERED, sip_carrier_example="192.0.2.1")
    after = memory(REGISTERED, sip_carrier_example="192.0.2.2")

    methods = [command.method for command in memory_commands(before, after)]

    assert methods.index("uac.reg_remove") < methods.index("uac.reg_add")


def test_a_password_never_shows() -> None:
    told = memory(REGISTERED, sip_carrier_example="192.0.2.1")

    assert "of the south" not in repr((REGISTERED, told, memory_commands(NOTHING, told)))


@pytest.mark.parametrize(
    ("flags", "answer", "state"),
    [
        (20, "", "registered"),
        (16, "403 Forbidden", "refused"),
        (18, "403 Forbidden", "refused"),
        (16, "", "silent"),
    ],
)
def test_a_registration_is_told_by_its_flags_and_by_what_the_carrier_said(
    flags: int, answer: str, state: str
) -> None:
    reading = read_trunk(
        REGISTERED, known=(Hop("192.0.2.1", 5060),), registration={"flags": flags}, answer=answer
    )

    assert reading == TrunkReading(2, state, reading.detail if reading else "")


def test_while_the_carrier_is_asked_there_is_no_news() -> None:
    known = (Hop("192.0.2.1", 5060),)

    assert read_trunk(REGISTERED, known=known, registration={"flags": 18}, answer="") is None
    assert read_trunk(REGISTERED, known=known, registration={"flags": 0}, answer="") is None


def test_a_trunk_without_an_address_is_silent_and_one_by_address_is_ready() -> None:
    nowhere = read_trunk(REGISTERED, known=(), registration=None, answer="")
    ready = read_trunk(BY_ADDRESS, known=(Hop("192.0.2.9", 5070),), registration=None, answer="")

    assert nowhere is not None
    assert nowhere.state == "silent"
    assert ready == TrunkReading(3, "ready")


def test_what_was_refused_is_among_the_next_commands_and_nothing_else_is() -> None:
    before = SwitchMemory({("trunk", "a"): "1"}, {})
    after = SwitchMemory(
        {("trunk", "a"): "2", ("trunk", "b"): "1", ("trunk", "c"): "1"}, {"trunk2": ("trunk2", 60)}
    )
    taken = Command("htable.sets", ("trunk", "c", "1"))
    refused = [each for each in memory_commands(before, after) if each != taken]

    told = told_memory(before, after, refused)

    assert told.tables["trunk", "a"] == "1"  # still there, and to be taken away when nobody has it
    again = memory_commands(told, after)
    assert Command("uac.reg_remove", ("trunk2",)) in again  # perhaps the name was taken
    assert [each for each in again if each.method != "uac.reg_remove"] == refused
    assert memory_commands(told_memory(before, after, []), after) == []
