"""Calls through a carrier, both ways, with sipp as the carrier."""

import hashlib
import re
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollcall.calling.trunk_operations import NewTrunk
from rollcall.credentials.secret import Secret
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine
from tests.call.carrier.firms import (
    TrunkFirm,
    add_trunk_number,
    call_in,
    found_trunk_firm,
    remove_trunk,
    set_trunk,
    told_of,
    wait_until_told,
)
from tests.call.messages import Message, address, parameter
from tests.call.stage import Stage
from tests.call.wire import Dialog
from tests.databases import point_django

CALLED = "+4930555123"
PACKETS = 25
PASSWORD = "correct: horse, battery"


@pytest.fixture(scope="module")
def firm(running: Stage) -> Iterator[TrunkFirm]:
    """A tenant whose trunk is known by its address."""
    point_django(running.ground.conninfo)
    firm = found_trunk_firm("trunkfirm", number=49304000, address="127.17.1.1")
    wait_until_told(running, firm)
    yield firm
    remove_trunk(firm)


@pytest.fixture(scope="module")
def registered(
    running: Stage, environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TrunkFirm]:
    """A tenant whose trunk is registered at its carrier."""
    point_django(running.ground.conninfo)
    firm = found_trunk_firm("regfirm", number=49305000, address="127.17.1.2")
    machine = Machine(environment, running.ground.conninfo)
    trunk = NewTrunk(
        kind="registration",
        host=firm.address,
        port=firm.port,
        username="account7",
        password=Secret(PASSWORD.encode()),
        main_number=f"+{firm.number}",
    )
    with firm.sipp(tmp_path_factory.mktemp("carrier")).play("registers", code="200"):
        set_trunk(firm, trunk, machine.key_ring())
    yield firm
    remove_trunk(firm)


def records(stage: Stage, firm: TrunkFirm) -> list[dict[str, object]]:
    """Return a tenant's calls, the newest first."""
    return stage.ground.rows(
        "SELECT c.*, e.number AS of_caller, f.number AS of_callee FROM calling_call c"
        " LEFT JOIN telephony_extension e ON e.id = c.caller_id"
        " LEFT JOIN telephony_extension f ON f.id = c.callee_id"
        " WHERE c.tenant_id = %s ORDER BY c.id DESC",
        firm.firm.tenant_id,
    )


def newest(stage: Stage, firm: TrunkFirm, call_id: str) -> dict[str, object]:
    """Return the record of a call, when it is there."""
    told_of(lambda: call_id in [row["sip_call_id"] for row in records(stage, firm)], call_id)
    found = [row for row in records(stage, firm) if row["sip_call_id"] == call_id]
    assert len(found) == 1
    return found[0]


def test_a_call_to_the_telephone_network_is_answered_and_recorded(
    stage: Stage, firm: TrunkFirm, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("answers") as carrier:
        anna = firm.phone(stage)
        call = anna.invite(CALLED).answered()
        carrier.awaits("ACK")
        assert call.ask("BYE").status == 200

    invite, ack, bye = carrier.heard("INVITE", "ACK", "BYE")
    assert "trunkfirm" not in invite["From"] + invite["To"] + bye["From"] + bye["To"]
    assert "2001" not in invite["From"] + invite["P-Asserted-Identity"] + bye["From"]
    assert address(bye["From"]) == address(invite["From"])
    assert [m["CSeq"].split()[0] for m in (invite, ack)] == [invite["CSeq"].split()[0]] * 2
    row = newest(stage, firm, invite["Call-ID"])
    assert row["direction"] == "outbound"
    assert (row["of_caller"], row["of_callee"]) == (2001, None)
    assert (row["caller_number"], row["callee_number"]) == ("+49304000", CALLED)
    assert (row["result"], row["sip_code"], row["emergency"]) == ("answered", 200, False)


def test_the_carrier_can_end_a_call(stage: Stage, firm: TrunkFirm, tmp_path: Path) -> None:
    with firm.sipp(tmp_path).play("hangs_up"):
        anna = firm.phone(stage)
        call = anna.invite(CALLED).answered()
        anna.reply(anna.expect("BYE"), 200)

    assert newest(stage, firm, call.call_id)["result"] == "answered"


@pytest.mark.parametrize("transport", ["tcp", "wss"])
def test_phones_of_every_kind_reach_the_carrier(
    stage: Stage, firm: TrunkFirm, tmp_path: Path, transport: str
) -> None:
    with firm.sipp(tmp_path).play("answers") as carrier:
        anna = stage.register(firm.person, transport)
        call = anna.invite(CALLED).answered()
        carrier.awaits("ACK")
        assert call.ask("BYE").status == 200

    invite, *_ = carrier.heard("INVITE", "ACK", "BYE")
    assert b"RTP/AVP" in invite.body
    assert b"fingerprint" not in invite.body


@pytest.mark.parametrize(
    ("code", "header", "qop"),
    [("407", "Proxy", ', qop="auth"'), ("401", "WWW", ""), ("407", "Proxy", "")],
)
def test_a_carrier_that_asks_who_it_is_gets_an_answer_and_the_call_goes_on(
    stage: Stage, registered: TrunkFirm, tmp_path: Path, code: str, header: str, qop: str
) -> None:
    with registered.sipp(tmp_path).play(
        "asks_who_it_is", code=code, header=header, qop=qop
    ) as carrier:
        anna = registered.phone(stage)
        call = anna.invite(CALLED).answered()
        carrier.awaits("ACK", times=2)
        assert call.ask("BYE").status == 200

    first, _, second, ack, bye = carrier.heard("INVITE", "ACK", "INVITE", "ACK", "BYE")
    number = int(first["CSeq"].split()[0])
    assert int(second["CSeq"].split()[0]) == number + 1
    assert int(ack["CSeq"].split()[0]) == number + 1
    assert int(bye["CSeq"].split()[0]) > number + 1
    answer = second["Proxy-Authorization" if code == "407" else "Authorization"]
    assert parameter(answer, "response") == digest(second, answer)
    assert PASSWORD not in second.text
    assert newest(stage, registered, first["Call-ID"])["result"] == "answered"


def digest(request: Message, answer: str) -> str:
    """Return the response that RFC 2617 wants."""

    def md5(*words: str) -> str:
        return hashlib.md5(":".join(words).encode()).hexdigest()

    ha1 = md5("account7", "the carrier", PASSWORD)
    ha2 = md5(request.method, parameter(answer, "uri"))
    nonce = parameter(answer, "nonce")
    if not parameter(answer, "qop"):
        return md5(ha1, nonce, ha2)
    count, own = parameter(answer, "nc"), parameter(answer, "cnonce")
    return md5(ha1, nonce, count, own, "auth", ha2)


@pytest.mark.parametrize(
    ("code", "seen", "result"),
    [
        (486, 486, "busy"),
        (404, 404, "unreachable"),
        (403, 403, "refused"),
        (603, 603, "declined"),
        (500, 500, "failed"),
        (302, 503, "failed"),
        (407, 503, "failed"),
    ],
)
def test_a_refusal_of_the_carrier_is_told_as_it_is(
    stage: Stage, firm: TrunkFirm, code: int, seen: int, result: str
) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite(CALLED)
    carrier.reply(carrier.expect("INVITE"), code)

    answer = call.final()
    assert answer.status == seen
    assert seen == code or not answer["Contact"]
    assert not answer["Proxy-Authenticate"]
    assert newest(stage, firm, call.request["Call-ID"])["result"] == result


def test_a_carrier_that_does_not_answer_is_told_as_that(stage: Stage, firm: TrunkFirm) -> None:
    anna = firm.phone(stage)
    firm.carrier(stage)

    answer = anna.invite(CALLED).final(9)

    assert answer.status == 503
    assert "carrier-silent" in answer["Warning"]


def test_a_caller_who_gives_up_is_not_rung_for_any_more(stage: Stage, firm: TrunkFirm) -> None:
    anna, carrier = firm.phone(stage), firm.carrier(stage)

    call = anna.invite(CALLED)
    invite = carrier.expect("INVITE")
    tag = carrier.ring(invite)
    assert call.next().status == 180
    assert call.cancel().status == 200
    carrier.reply(carrier.expect("CANCEL"), 200)
    carrier.reply(invite, 487, tag=tag)

    assert call.final().status == 487
    assert newest(stage, firm, call.request["Call-ID"])["result"] == "cancelled"


def test_somebody_without_a_number_to_show_is_told_so(stage: Stage, firm: TrunkFirm) -> None:
    stage.ground.tell(
        "UPDATE calling_trunk SET main_number = NULL WHERE tenant_id = %s", firm.firm.tenant_id
    )
    ben, carrier = stage.register(firm.firm.hire()), firm.carrier(stage)

    with stage.keeps_quiet(carrier):
        answer = stage.refused(ben.invite(CALLED), 403)

    assert "no-number-to-show" in answer["Warning"]
    assert newest(stage, firm, answer["Call-ID"])["result"] == "refused"


def test_everybody_shows_a_number_of_their_own(stage: Stage, firm: TrunkFirm) -> None:
    eve = firm.firm.hire()
    add_trunk_number(eve, 49304077)
    phone, carrier = stage.register(eve), firm.carrier(stage)

    call = phone.invite(CALLED)
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 486)
    call.final()

    assert address(invite["From"]) == f"sip:+49304077@{firm.host}"


def test_without_a_trunk_the_telephone_network_is_not_there(stage: Stage) -> None:
    anna, _ = stage.pair()

    answer = stage.refused(anna.invite(CALLED), 503)

    assert "no-trunk" in answer["Warning"]


def test_the_number_of_a_colleague_does_not_leave_the_house(stage: Stage, firm: TrunkFirm) -> None:
    eve = firm.firm.hire()
    add_trunk_number(eve, 49304055)
    phone, anna, carrier = stage.register(eve), firm.phone(stage), firm.carrier(stage)

    with stage.keeps_quiet(carrier):
        call = anna.invite("0304055")
        invite = phone.expect("INVITE")
        phone.reply(invite, 486)
        assert call.final().status == 486

    assert address(invite["From"]) == f"sip:2001@{firm.domain}"
    row = newest(stage, firm, call.request["Call-ID"])
    assert (row["direction"], row["of_callee"]) == ("internal", int(eve.number))


@pytest.mark.parametrize("challenged", [False, True])
def test_a_call_is_held_and_ended_with_numbers_in_order(
    stage: Stage, registered: TrunkFirm, *, challenged: bool
) -> None:
    anna, carrier = registered.phone(stage), registered.carrier(stage)
    call = anna.invite(CALLED)
    invite = carrier.expect("INVITE")
    if challenged:
        challenge = 'Digest realm="x", nonce="y", algorithm=MD5'
        carrier.reply(
            invite, 407, tag="no", change=lambda m: m.add("Proxy-Authenticate", challenge)
        )
        carrier.expect("ACK")
        invite = carrier.expect("INVITE")

    def own_way(message: Message) -> None:
        message.add("Record-Route", "<sip:inner.carrier.example;lr>", first=True)

    ok = carrier.reply(invite, 200, tag="there", body=carrier.sdp, change=own_way)
    dialog = call.answered()
    numbers = [int(carrier.expect("ACK")["CSeq"].split()[0])]

    hold = dialog.start("INVITE", body=anna.sdp.replace(b"sendrecv", b"sendonly"))
    again = carrier.expect("INVITE")
    numbers.append(int(again["CSeq"].split()[0]))
    assert b"sendonly" in again.body
    assert [address(route) for route in again.all("Route")] == ["sip:inner.carrier.example;lr"]
    assert address(again["From"]) == address(invite["From"])
    carrier.reply(again, 200, body=carrier.sdp)
    assert hold.final().status == 200
    hold.phone.send(ack_of(dialog, hold.request))
    numbers.append(int(carrier.expect("ACK")["CSeq"].split()[0]))
    over = dialog.start("BYE")
    bye = carrier.expect("BYE")
    numbers.append(int(bye["CSeq"].split()[0]))
    carrier.reply(bye, 200)

    assert over.final().status == 200
    first = int(invite["CSeq"].split()[0])
    assert numbers == [first, first + 1, first + 1, first + 2]
    assert parameter(ok["To"], "tag") == parameter(bye["To"], "tag")


def ack_of(dialog: Dialog, request: Message) -> Message:
    """Return the ACK of a request inside a call that was answered with 200."""
    return dialog.compose("ACK", cseq=int(request["CSeq"].split()[0]))


def test_a_call_from_the_telephone_network_rings_whom_the_number_is_of(
    stage: Stage, firm: TrunkFirm, tmp_path: Path
) -> None:
    anna = firm.phone(stage)
    with firm.sipp(tmp_path).play(
        "calls",
        to=stage.sip,
        called=f"+{firm.number}",
        caller="030777888",
    ):
        invite = anna.expect("INVITE")
        anna.pick_up(invite, tag=anna.ring(invite))
        anna.reply(anna.expect("BYE"), 200)

    assert address(invite["From"]) == f"sip:+4930777888@{firm.domain}"
    row = newest(stage, firm, invite["Call-ID"])
    assert row["direction"] == "inbound"
    assert (row["of_caller"], row["of_callee"]) == (None, 2001)
    assert (row["caller_number"], row["callee_number"]) == ("+4930777888", "+49304000")
    assert row["result"] == "answered"


@pytest.mark.parametrize(
    ("line", "to"),
    [("trunk", "+49305000"), ("trunk", "account7"), ("number", "somebody")],
)
def test_a_carrier_calls_the_name_that_registered_or_the_number(
    stage: Stage, registered: TrunkFirm, line: str, to: str
) -> None:
    anna, carrier = registered.phone(stage), registered.carrier(stage)
    name = f"trunk{registered.firm.tenant_id}" if line == "trunk" else f"+{registered.number}"

    def address_to(message: Message) -> None:
        message["To"] = f"<sip:{to}@carrier.example>"

    call = call_in(stage, carrier, name, change=address_to)
    anna.reply(anna.expect("INVITE"), 486)

    assert call.final().status == 486


def test_nobody_is_there_when_the_phone_is_not(stage: Stage, firm: TrunkFirm) -> None:
    eve = firm.firm.hire()
    add_trunk_number(eve, 49304088)

    assert call_in(stage, firm.carrier(stage), "+49304088").final().status == 480


def test_sound_goes_both_ways_through_the_switch(
    stage: Stage, firm: TrunkFirm, tmp_path: Path
) -> None:
    with firm.sipp(tmp_path).play("answers", echo=True) as carrier:
        anna = firm.phone(stage)
        call = anna.invite(CALLED).answered()
        echoes = sound(anna.wire.host, anna.rtp_port, call.response.body.decode())
        carrier.awaits("ACK")
        assert call.ask("BYE").status == 200

    invite, *_ = carrier.heard("INVITE", "ACK", "BYE")
    assert anna.wire.host.encode() not in invite.body
    assert firm.address.encode() not in call.response.body
    assert echoes > PACKETS / 2


def sound(host: str, port: int, sdp: str) -> int:
    """Send sound from a phone's place to where an SDP says; return how much comes back."""
    place = re.search(r"c=IN IP4 (\S+)", sdp), re.search(r"m=audio (\d+)", sdp)
    assert place[0] is not None
    assert place[1] is not None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((host, port))
        wire.settimeout(0.5)
        for number in range(PACKETS):
            head = struct.pack("!BBHII", 0x80, 8, number, number * 160, 0x5EED)
            wire.sendto(head + b"\xd5" * 160, (place[0][1], int(place[1][1])))
            time.sleep(0.02)
        heard = 0
        while True:
            try:
                wire.recv(2048)
            except TimeoutError:
                return heard
            heard += 1


def test_without_a_database_a_carrier_is_told_to_try_again(stage: Stage, firm: TrunkFirm) -> None:
    stage.ground.tell("ALTER VIEW sip.claims RENAME TO claims_away")
    try:
        answer = call_in(stage, firm.carrier(stage), f"+{firm.number}").final()
    finally:
        stage.ground.tell("ALTER VIEW sip.claims_away RENAME TO claims")

    assert answer.status == 503
    assert answer["Retry-After"]


def test_a_carrier_is_reached_by_tcp(stage: Stage, tmp_path: Path) -> None:
    firm = found_trunk_firm("tcpfirm", number=49304500, address="127.17.1.7", transport="tcp")
    wait_until_told(stage, firm)
    with firm.sipp(tmp_path).play("answers", transport="t1") as carrier:
        anna = firm.phone(stage)
        call = anna.invite(CALLED).answered()
        carrier.awaits("ACK")
        assert call.ask("BYE").status == 200

    invite, *_ = carrier.heard("INVITE", "ACK", "BYE")
    assert invite["Via"].startswith("SIP/2.0/TCP")
    remove_trunk(firm)


def test_a_carrier_speaks_from_another_of_its_addresses_within_a_call(
    stage: Stage, firm: TrunkFirm
) -> None:
    stage.ground.tell(
        "UPDATE calling_trunk SET addresses = '{127.17.1.0/24}' WHERE tenant_id = %s",
        firm.firm.tenant_id,
    )
    told_of(lambda: isinstance(stage.ask("htable.get", "carrier", "127.17.1"), dict), "network")
    anna, carrier = firm.phone(stage), firm.carrier(stage)
    call = anna.invite(CALLED)
    invite = carrier.expect("INVITE")
    ok = carrier.reply(invite, 200, tag="there", body=carrier.sdp)
    call.answered()
    carrier.expect("ACK")

    bye = carrier.compose(
        "BYE", address(invite["Contact"]), sender=ok["To"], to=ok["From"], call_id=ok["Call-ID"]
    )
    for route in invite.all("Record-Route"):
        bye.add("Route", route)
    elsewhere = stage.phone(carrier.line, source="127.17.1.99")
    bye["Via"] = elsewhere.via()
    elsewhere.send(bye)
    anna.reply(anna.expect("BYE"), 200)

    assert elsewhere.wait_for(lambda m: m.is_response, 4, "no answer").status == 200
