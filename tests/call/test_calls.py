"""Calls inside a tenant: how they are answered, or not, what is said in them, what is written."""

import re
import time

import pytest

from tests.call.changes import put
from tests.call.messages import Message, new_tag, parameter
from tests.call.stage import Stage
from tests.call.wire import Dialog

SOON = 4.0
RINGING_SECONDS = 30
REACTION_SECONDS = 0.1
"""Nobody answers faster: Kamailio misses a ringing that comes within the same millisecond."""


def record(stage: Stage, call_id: str) -> dict[str, object]:
    """Return the record of a call, as soon as it is there; there is never more than one."""
    until = time.monotonic() + SOON
    rows: list[dict[str, object]] = []
    while not rows and time.monotonic() < until:
        time.sleep(0.05)
        rows = stage.ground.rows(
            "SELECT c.*, a.number AS caller, b.number AS callee FROM calling_call c"
            " LEFT JOIN telephony_extension a ON a.id = c.caller_id"
            " LEFT JOIN telephony_extension b ON b.id = c.callee_id WHERE sip_call_id = %s",
            call_id,
        )
    assert len(rows) == 1, rows
    return rows[0]


def media(message: Message) -> tuple[str, int, str]:
    """Return the address, the port and the protocol that a body names for audio."""
    body = message.body.decode()
    line = re.search(r"^m=audio (\d+) (\S+)", body, re.MULTILINE)
    place = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    assert line is not None
    assert place is not None
    return place[1].strip(), int(line[1]), line[2]


@pytest.mark.parametrize("there", ["udp", "tcp", "tls", "wss"])
@pytest.mark.parametrize("here", ["udp", "wss"])
def test_two_people_talk_whatever_their_phones_are(stage: Stage, here: str, there: str) -> None:
    caller = stage.register(stage.north.hire(), here)
    callee = stage.register(stage.north.hire(), there)
    one, other = stage.connect(caller, callee)
    for seen, phone, opposite in (
        (other.invite, callee, caller),
        (one.response, caller, callee),
    ):
        address, port, protocol = media(seen)
        assert (address, port) != (opposite.wire.host, opposite.rtp_port)
        assert protocol == ("UDP/TLS/RTP/SAVPF" if phone.wire.transport == "WSS" else "RTP/AVP")
        assert ("a=ice-ufrag" in seen.body.decode()) == (phone.wire.transport == "WSS")
    assert one.hang_up(other).status == 200
    row = record(stage, one.call_id)
    assert row["result"] == "answered"
    assert row["direction"] == "internal"
    assert (row["caller"], row["callee"]) == (int(caller.line.number), int(callee.line.number))
    assert row["answered_at"] is not None
    assert row["sip_code"] == 200


def test_the_callee_may_hang_up_too(stage: Stage) -> None:
    here, there = stage.connect(*stage.pair())
    assert there.hang_up(here).status == 200
    assert record(stage, here.call_id)["result"] == "answered"


def test_how_long_people_talked_is_written(stage: Stage) -> None:
    here, there = stage.connect(*stage.pair())
    time.sleep(2.1)
    here.hang_up(there)
    row = record(stage, here.call_id)
    assert isinstance(row["seconds"], int)
    assert 1 <= row["seconds"] <= 4
    now = stage.ground.value("SELECT extract(epoch FROM now() - %s)", row["ended_at"])
    assert abs(float(now)) < 30


@pytest.mark.parametrize(
    ("status", "seen", "result"),
    [
        (486, 486, "busy"),
        (600, 600, "busy"),
        (603, 603, "declined"),
        (480, 480, "unreachable"),
        (403, 403, "refused"),
        (488, 488, "failed"),
        (302, 480, "failed"),
        (401, 480, "failed"),
    ],
)
def test_a_call_that_is_not_taken_is_written_with_what_became_of_it(
    stage: Stage, status: int, seen: int, result: str
) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    invite = callee.expect("INVITE")
    tag = callee.ring(invite)
    callee.reply(invite, status, tag=tag)
    assert call.final().status == seen
    row = record(stage, call.request["Call-ID"])
    assert row["result"] == result
    assert row["answered_at"] is None


def test_a_caller_may_think_better_of_it(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    invite = callee.expect("INVITE")
    tag = callee.ring(invite)
    assert call.next().status == 180
    assert call.cancel().status == 200
    callee.reply(callee.expect("CANCEL"), 200)
    callee.reply(invite, 487, tag=tag)
    assert call.final().status == 487
    assert record(stage, call.request["Call-ID"])["result"] == "cancelled"


@pytest.mark.long
def test_a_call_that_nobody_takes_ends_after_half_a_minute(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    invite = callee.expect("INVITE")
    tag = callee.ring(invite)
    began = time.monotonic()
    cancel = callee.expect("CANCEL", RINGING_SECONDS + 5)
    assert abs(time.monotonic() - began - RINGING_SECONDS) < 3
    callee.reply(cancel, 200)
    callee.reply(invite, 487, tag=tag)
    assert call.final(10).status == 480
    assert record(stage, call.request["Call-ID"])["result"] == "no-answer"


def test_a_phone_that_does_not_answer_at_all_is_not_waited_for(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    callee.expect("INVITE")
    assert call.final(10).status == 480
    assert record(stage, call.request["Call-ID"])["result"] == "unreachable"


def test_who_is_not_signed_in_cannot_be_called(stage: Stage) -> None:
    caller, callee = stage.register(stage.north.hire()), stage.north.hire()
    call = caller.invite(callee.number)
    assert call.final().status == 480
    row = record(stage, call.request["Call-ID"])
    assert row["result"] == "unreachable"
    assert row["callee"] == int(callee.number)


def test_a_number_that_nobody_has_is_said_to_be_none(stage: Stage) -> None:
    caller = stage.register(stage.north.hire())
    call = caller.invite("9999")
    assert call.final().status in {404, 503}


def test_all_phones_of_an_extension_ring_and_one_answer_ends_it(stage: Stage) -> None:
    caller, person = stage.register(stage.north.hire()), stage.north.hire()
    desk = stage.register(person)
    web = stage.register(person.add_web_line()[0], "wss")
    call = caller.invite(person.number)
    rings = [phone.expect("INVITE") for phone in (desk, web)]
    tags = [phone.ring(invite) for phone, invite in zip((desk, web), rings, strict=True)]
    assert media(rings[0])[2] == "RTP/AVP"
    assert media(rings[1])[2] == "UDP/TLS/RTP/SAVPF"
    time.sleep(REACTION_SECONDS)
    desk.reply(rings[0], 200, tag=tags[0], body=desk.sdp)
    here = call.answered()
    desk.expect("ACK")
    cancel = web.expect("CANCEL")
    assert "Call completed elsewhere" in cancel["Reason"]
    web.reply(cancel, 200)
    web.reply(rings[1], 487, tag=tags[1])
    bye = here.start("BYE")
    desk.reply(desk.expect("BYE"), 200)
    assert bye.final().status == 200
    assert record(stage, here.call_id)["result"] == "answered"


@pytest.mark.parametrize("transport", ["udp", "wss"])
def test_a_phone_that_rings_late_is_told_that_somebody_answered(
    stage: Stage, transport: str
) -> None:
    caller, person = stage.register(stage.north.hire()), stage.north.hire()
    desk, late = stage.register(person), stage.register(person.add_device(), transport)
    call = caller.invite(person.number)
    invite = desk.expect("INVITE")
    ok = desk.reply(invite, 200, body=desk.sdp)
    here, there = call.answered(), Dialog.of_callee(desk, invite, ok)
    desk.expect("ACK")
    waiting = late.expect("INVITE")
    tag = late.ring(waiting)
    late.reply(late.expect("CANCEL"), 200)
    late.reply(waiting, 487, tag=tag)
    here.hang_up(there)


def test_who_declines_declines_for_all_their_phones(stage: Stage) -> None:
    caller, person = stage.register(stage.north.hire()), stage.north.hire()
    desk, other = stage.register(person), stage.register(person.add_device())
    call = caller.invite(person.number)
    rings = [phone.expect("INVITE") for phone in (desk, other)]
    tags = [phone.ring(invite) for phone, invite in zip((desk, other), rings, strict=True)]
    desk.reply(rings[0], 603, tag=tags[0])
    other.reply(other.expect("CANCEL"), 200)
    other.reply(rings[1], 487, tag=tags[1])
    assert call.final().status == 603
    assert record(stage, call.request["Call-ID"])["result"] == "declined"


@pytest.mark.parametrize("transports", [("udp", "udp"), ("wss", "udp"), ("wss", "wss")])
def test_a_call_is_held_and_taken_up_again_by_either_side(
    stage: Stage, transports: tuple[str, str]
) -> None:
    caller = stage.register(stage.north.hire(), transports[0])
    callee = stage.register(stage.north.hire(), transports[1])
    here, there = stage.connect(caller, callee)
    for asking, asked in ((here, there), (there, here), (here, there)):
        for direction, answer in (("sendonly", "recvonly"), ("sendrecv", "sendrecv")):
            body = asking.phone.sdp.replace(b"a=sendrecv", f"a={direction}".encode())
            again = asking.start("INVITE", body=body)
            seen = asked.phone.expect("INVITE")
            assert media(seen)[1] != asking.phone.rtp_port
            back = asked.phone.sdp.replace(b"a=sendrecv", f"a={answer}".encode())
            asked.phone.reply(seen, 200, body=back)
            response = again.final()
            assert response.status == 200
            assert media(response)[1] != asked.phone.rtp_port
            ack = asking.compose("ACK", cseq=asking.cseq)
            asking.phone.send(ack)
            asked.phone.expect("ACK")
    here.hang_up(there)


def test_keys_pressed_in_a_call_reach_the_other_side(stage: Stage) -> None:
    here, there = stage.connect(*stage.pair())
    body = b"Signal=5\r\nDuration=160\r\n"
    info = here.start("INFO", body=body, change=put(Content_Type="application/dtmf-relay"))
    seen = there.phone.expect("INFO")
    there.phone.reply(seen, 200)
    assert info.final().status == 200
    assert seen.body == body
    here.hang_up(there)


def test_a_call_is_passed_on_to_a_colleague(stage: Stage) -> None:
    caller, callee = stage.pair()
    third = stage.register(stage.north.hire())
    here, there = stage.connect(caller, callee)
    refer = there.start("REFER", change=put(Refer_To=f"<{third.line.uri}>"))
    seen = caller.expect("REFER")
    caller.reply(seen, 202)
    assert refer.final().status == 202
    assert callee.line.number in seen["Referred-By"]
    progress = here.start("NOTIFY", change=put(Event="refer", Subscription_State="active"))
    callee.reply(callee.expect("NOTIFY"), 200)
    assert progress.final().status == 200
    new, last = stage.connect(caller, third)
    there.hang_up(here)
    new.hang_up(last)


def test_a_call_is_passed_on_after_a_word_with_the_colleague(stage: Stage) -> None:
    caller, callee = stage.pair()
    third = stage.register(stage.north.hire())
    here, there = stage.connect(caller, callee)
    asking, asked = stage.connect(callee, third)
    replaces = (
        f"{asking.call_id};to-tag={parameter(asking.other, 'tag')}"
        f";from-tag={parameter(asking.own, 'tag')}"
    )
    quoted = replaces.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
    refer = there.start("REFER", change=put(Refer_To=f"<{third.line.uri}?Replaces={quoted}>"))
    caller.reply(caller.expect("REFER"), 202)
    assert refer.final().status == 202
    call = caller.invite(third.line.number, change=put(Replaces=replaces))
    invite = third.expect("INVITE")
    assert invite["Replaces"] == replaces
    third.reply(invite, 200, body=third.sdp)
    call.answered()
    asked.hang_up(asking)
    there.hang_up(here)


@pytest.mark.parametrize("target", ["sip:2001@south.example", "sip:2001@198.51.100.7", "tel:+4930"])
def test_a_call_is_not_passed_on_to_somewhere_else(stage: Stage, target: str) -> None:
    caller, callee = stage.pair()
    here, there = stage.connect(caller, callee)
    with stage.keeps_quiet(caller):
        assert there.ask("REFER", change=put(Refer_To=f"<{target}>")).status == 403
    here.hang_up(there)


def test_a_call_without_an_offer_is_made_all_the_same(stage: Stage) -> None:
    caller = stage.register(stage.north.hire())
    callee = stage.register(stage.north.hire(), "wss")

    def without_body(message: Message) -> None:
        message.drop("Content-Type")
        message.body = b""

    call = caller.invite(callee.line.number, change=without_body)
    invite = callee.expect("INVITE")
    ok = callee.reply(invite, 200, body=callee.sdp)
    response = call.final()
    assert media(response)[2] == "RTP/AVP"
    here = Dialog.of_caller(caller, call.request, response)
    ack = here.compose("ACK", body=caller.sdp, cseq=int(here.invite["CSeq"].split()[0]))
    caller.send(ack)
    assert media(callee.expect("ACK"))[2] == "UDP/TLS/RTP/SAVPF"
    there = Dialog.of_callee(callee, invite, ok)
    here.hang_up(there)


def test_a_phone_that_changed_networks_goes_on_with_its_call(stage: Stage) -> None:
    person = stage.north.hire()
    caller, callee = stage.register(person, "wss"), stage.register(stage.north.hire())
    here, there = stage.connect(caller, callee)
    caller.close()
    here.phone = moved = stage.phone(person, "wss")
    moved.challenge = caller.challenge
    again = here.compose("INVITE", body=moved.sdp)
    moved.send(again)
    challenge = moved.wait_for(lambda m: m.is_response and m.status == 407, SOON, "no challenge")
    moved.acknowledge(again, challenge)
    moved.authorise_after(again, challenge)
    here.cseq = int(again["CSeq"].split()[0])
    moved.send(again)
    seen = callee.expect("INVITE")
    callee.reply(seen, 200, body=callee.sdp)
    moved.wait_for(lambda m: m.is_response and m.status == 200, SOON, "no answer")
    moved.send(here.compose("ACK", cseq=here.cseq))
    callee.expect("ACK")
    assert there.hang_up(here).status == 200


def test_a_phone_that_signs_in_while_it_rings_rings_too(stage: Stage) -> None:
    caller, person = stage.register(stage.north.hire(), "wss"), stage.north.hire()
    line, _session = person.add_web_line()
    page = stage.register(line, "wss")
    call = caller.invite(person.number)
    page.ring(page.expect("INVITE"))
    page.close()
    again = stage.register(line, "wss")
    invite = again.expect("INVITE")
    assert media(invite)[2] == "UDP/TLS/RTP/SAVPF"
    assert f"north {caller.line.number}" in invite["From"]
    assert invite["P-Asserted-Identity"]
    assert invite["Record-Route"]
    again.reply(invite, 200, body=again.sdp)
    here = call.answered()
    again.expect("ACK")
    bye = here.start("BYE")
    again.reply(again.expect("BYE"), 200)
    assert bye.final().status == 200
    assert record(stage, here.call_id)["result"] == "answered"


def test_a_message_that_is_repeated_is_not_done_twice(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    invite = callee.expect("INVITE")
    caller.send(call.request)
    caller.send(call.request)
    assert callee.heard(0.3) == []
    callee.reply(invite, 486)
    assert call.final().status == 486
    record(stage, call.request["Call-ID"])


@pytest.mark.parametrize("call_id", ["c\udcff1", "c" * 129, "c" * 300])
def test_a_call_that_could_not_be_written_down_is_not_made(stage: Stage, call_id: str) -> None:
    caller, callee = stage.pair()
    message = caller.compose("INVITE", callee.line.uri, body=caller.sdp)
    message["Call-ID"] = call_id
    with stage.keeps_quiet(callee):
        caller.send(message)
        caller.wait_for(lambda m: m.status == 400, SOON, "it was not refused")
    longest = new_tag().ljust(128, "c")
    here, there = stage.connect(caller, callee, change=put(Call_ID=longest))
    here.hang_up(there)
    assert record(stage, here.call_id)["result"] == "answered"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/mixed;boundary=x", "application/sdpx"])
def test_media_in_a_wrapping_goes_nowhere(stage: Stage, kind: str) -> None:
    caller, callee = stage.pair()
    with stage.keeps_quiet(callee):
        stage.refused(caller.invite(callee.line.number, change=put(Content_Type=kind)), 415)
    here, there = stage.connect(caller, callee)
    again = here.start("INVITE", body=caller.sdp, change=put(Content_Type=kind))
    assert again.final().status == 415
    assert [each.line for each in callee.heard() if each.method == "INVITE"] == []
    here.hang_up(there)


def test_no_media_of_a_call_goes_past_us(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    invite = callee.expect("INVITE")
    callee.reply(invite, 183, tag="early", body=callee.sdp)
    early = call.next()
    assert early.status == 183
    assert media(early)[1] != callee.rtp_port
    callee.reply(invite, 486, tag="early")
    assert call.final().status == 486
