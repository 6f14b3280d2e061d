"""What comes from a carrier, or says that it does, and what phones would make of a trunk."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connections

from tests.call.carrier.firms import (
    TrunkFirm,
    call_in,
    found_trunk_firm,
    remove_trunk,
    wait_until_told,
)
from tests.call.changes import add, place, put, to
from tests.call.messages import Login, address, new_tag
from tests.call.stage import Stage
from tests.call.wire import Line, Phone
from tests.databases import point_django

STRANGER = (400, 401, 403, 404, 407, 481)


@pytest.fixture(scope="module")
def both(running: Stage) -> Iterator[tuple[TrunkFirm, TrunkFirm]]:
    """Two tenants, each with a carrier of its own."""
    point_django(running.ground.conninfo)
    east = found_trunk_firm("eastfirm", number=49306000, address="127.17.6.1")
    west = found_trunk_firm("westfirm", number=49307000, address="127.17.7.1")
    wait_until_told(running, east)
    wait_until_told(running, west)
    yield east, west
    for firm in (east, west):
        remove_trunk(firm)
    connections.close_all()


@pytest.fixture
def east(both: tuple[TrunkFirm, TrunkFirm]) -> TrunkFirm:
    """The attacked tenant."""
    return both[0]


@pytest.fixture
def west(both: tuple[TrunkFirm, TrunkFirm]) -> TrunkFirm:
    """The other one."""
    return both[1]


def rings(carrier: Phone, phone: Phone, firm: TrunkFirm, stage: Stage) -> None:
    """Check that the real carrier gets through: the twin of all of these."""
    call = call_in(stage, carrier, f"+{firm.number}")
    phone.reply(phone.expect("INVITE"), 486)
    assert call.final().status == 486


def test_nobody_passes_for_the_carrier_from_another_address(stage: Stage, east: TrunkFirm) -> None:
    phone, carrier = east.phone(stage), east.carrier(stage)
    stranger = stage.phone(carrier.line)
    with stage.keeps_quiet(phone):
        stage.refused(call_in(stage, stranger, f"+{east.number}"), *STRANGER)
        claims = add("P-Asserted-Identity", f"<sip:+4930999@{east.host}>")
        stage.refused(call_in(stage, stranger, f"+{east.number}", change=claims), *STRANGER)
        via = put(Via=f"SIP/2.0/UDP {east.host};branch=z9hG4bK{new_tag()};rport")
        stage.refused(call_in(stage, stranger, f"+{east.number}", change=via), *STRANGER)
    rings(carrier, phone, east, stage)


def test_a_carrier_calls_numbers_of_its_own_tenant_alone(
    stage: Stage, east: TrunkFirm, west: TrunkFirm
) -> None:
    phone, other = east.phone(stage), west.carrier(stage)
    with stage.keeps_quiet(phone):
        for number in (f"+{east.number}", str(east.number), east.person.number):
            stage.refused(call_in(stage, other, number), 404)
        own = f"sip:{east.person.number}@{east.domain}"
        stage.refused(call_in(stage, other, "x", change=to(own)), *STRANGER)
    rings(east.carrier(stage), phone, east, stage)


def test_a_carrier_calls_no_extension_that_has_no_number(stage: Stage, east: TrunkFirm) -> None:
    phone, carrier = east.phone(stage), east.carrier(stage)
    inside = stage.register(east.firm.hire())
    with stage.keeps_quiet(inside):
        for uri in (
            f"sip:{inside.line.number}@{east.domain}",
            f"sip:{inside.line.number}@{stage.sip[0]}",
            f"sip:{inside.line.number}@{place(inside)}",
        ):
            stage.refused(call_in(stage, carrier, "x", change=to(uri)), *STRANGER)
    rings(carrier, phone, east, stage)


def test_a_call_that_came_in_does_not_go_out_again(
    stage: Stage, east: TrunkFirm, west: TrunkFirm
) -> None:
    """Toll fraud: from the telephone network, through a tenant, into the telephone network."""
    phone, carrier, other = east.phone(stage), east.carrier(stage), west.carrier(stage)
    with stage.keeps_quiet(other, phone):
        for number in ("+4930555123", "004930555123", "112", "030555123"):
            stage.refused(call_in(stage, carrier, number), 404)
    assert not [m for m in carrier.heard(0.2) if m.method == "INVITE"]
    rings(carrier, phone, east, stage)


def test_a_carrier_is_no_phone(stage: Stage, east: TrunkFirm) -> None:
    phone, carrier = east.phone(stage), east.carrier(stage)
    posing = stage.phone(
        Line(east.person.number, east.domain, Login("nobody", "nothing")), source=east.address
    )
    stage.refused(posing.register(), 401, 403)
    sender = put(From=f"<{east.person.uri}>;tag={new_tag()}")
    with stage.keeps_quiet(phone):
        stage.refused(call_in(stage, carrier, f"+{east.number}", change=sender), *STRANGER)
    rings(carrier, phone, east, stage)


def test_a_carrier_says_nothing_in_another_tenants_calls(
    stage: Stage, east: TrunkFirm, west: TrunkFirm
) -> None:
    phone, carrier, other = east.phone(stage), east.carrier(stage), west.carrier(stage)
    call = call_in(stage, carrier, f"+{east.number}")
    ringing = phone.expect("INVITE")
    ok = phone.reply(ringing, 200, body=phone.sdp)
    here = call.answered()
    phone.expect("ACK")
    stranger = replace(here, phone=other)
    with stage.keeps_quiet(phone, carrier):
        for method in ("BYE", "INVITE", "INFO"):
            stage.refused(other.ask(stranger.compose(method)), *STRANGER)
    assert ok.status == 200
    bye = here.start("BYE")
    phone.reply(phone.expect("BYE"), 200)
    assert bye.final().status == 200


@pytest.mark.parametrize(
    "name",
    ["' OR '1'='1", "x'; DROP TABLE sip.location; --", "<script>", '"', "a@b", "+49' --", "\\"],
)
def test_a_callers_name_is_not_read_as_anything_else(
    stage: Stage, east: TrunkFirm, name: str
) -> None:
    phone, carrier = east.phone(stage), east.carrier(stage)
    bent = put(From=f"<sip:{name}@carrier.example>;tag={new_tag()}")
    call = call_in(stage, carrier, f"+{east.number}", change=bent)
    heard = [m for m in phone.heard(0.4) if m.method == "INVITE"]
    for invite in heard:
        assert name not in invite["From"] or name.isalnum()
        assert address(invite["From"]).endswith(f"@{east.domain}")
        phone.reply(invite, 486)
    stage.refused_or_dropped(call)
    stage.refused_or_dropped(call_in(stage, carrier, name.replace(" ", "%20")))
    rings(carrier, phone, east, stage)


def test_a_phone_shows_the_carrier_no_number_of_its_own_choice(
    stage: Stage, east: TrunkFirm
) -> None:
    phone, carrier = east.phone(stage), east.carrier(stage)
    wanted = "+4930110110"
    for change in (
        add("P-Asserted-Identity", f"<sip:{wanted}@{east.host}>"),
        add("P-Preferred-Identity", f"<sip:{wanted}@{east.host}>"),
        add("Remote-Party-ID", f"<sip:{wanted}@{east.host}>;screen=yes"),
        add("Diversion", f"<sip:{wanted}@{east.host}>"),
        put(From=f'"{wanted}" <{east.person.uri}>;tag={new_tag()}'),
        put(Contact=f"<sip:{wanted}@{place(phone)}>"),
        None,
    ):
        call = phone.invite("+4930555123", change=change)
        invite = carrier.expect("INVITE")
        carrier.reply(invite, 486)
        assert call.final().status == 486
        assert address(invite["From"]).startswith(f"sip:+{east.number}@")
        shown = [*invite.all("P-Asserted-Identity"), *invite.all("From")]
        assert all(wanted not in each for each in shown)
        assert not invite["Diversion"]
        assert not invite["Remote-Party-ID"]
        assert not invite["P-Preferred-Identity"]
    other = f"<sip:{wanted}@{east.domain}>;tag={new_tag()}"
    with stage.keeps_quiet(carrier):
        stage.refused(phone.invite("+4930555123", change=put(From=other)), 403)


def test_another_tenants_trunk_is_not_used(stage: Stage, east: TrunkFirm, west: TrunkFirm) -> None:
    carrier, caller = east.carrier(stage), stage.register(stage.north.hire())
    own, other = west.phone(stage), west.carrier(stage)
    with stage.keeps_quiet(carrier, other):
        stage.refused(caller.invite("+4930555123"), 403, 404, 503)
        for uri in (
            f"sip:+4930555123@{east.host}",
            f"sip:+4930555123@{east.domain}",
            f"sip:+4930555123@{stage.north.domain};maddr={east.address}",
        ):
            stage.refused(caller.invite(uri))
            stage.refused(own.invite(uri))
        route = add("Route", f"<sip:{east.host};lr>")
        stage.refused(own.invite("+4930555123", change=route))
    call = own.invite("+4930555123")
    other.reply(other.expect("INVITE"), 486)
    assert call.final().status == 486


@pytest.mark.parametrize(
    "dialled",
    [
        "+4930555123%0d%0aX-Evil:%201",
        "+4930555123@{host}",
        "+4930555123;phone-context=x",
        "+49'%20OR%201=1%20--",
        "+" + "9" * 40,
        "00",
        "*21*+4930555123%23",
        "+4930555123%3bmaddr={host}",
        "tel:+4930555123",
    ],
)
def test_what_is_no_number_does_not_reach_the_carrier(
    stage: Stage, east: TrunkFirm, west: TrunkFirm, dialled: str
) -> None:
    phone, carrier, other = east.phone(stage), east.carrier(stage), west.carrier(stage)
    user = dialled.format(host=west.host)
    with stage.keeps_quiet(other):
        call = phone.invite(f"sip:{user}@{east.domain}")
        for invite in carrier.heard(0.3):
            carrier.reply(invite, 486)
            assert address(invite.uri).startswith("sip:+4930555123@")
            assert "Evil" not in invite.text
        stage.refused_or_dropped(call)
    call = phone.invite("+4930555123")
    carrier.reply(carrier.expect("INVITE"), 486)
    assert call.final().status == 486
