"""Requests inside a call: a stranger knows Call-ID, tags and routes, and yet takes no part."""

from dataclasses import dataclass, replace

import pytest

from tests.call.changes import place, put
from tests.call.messages import Message, plain_sdp
from tests.call.stage import Stage
from tests.call.wire import Change, Dialog, Phone

STRANGER = (400, 401, 403, 404, 405, 407, 481)
INSIDE = (
    "BYE",
    "INVITE",
    "UPDATE",
    "INFO",
    "REFER",
    "MESSAGE",
    "NOTIFY",
    "OPTIONS",
    "PRACK",
    "FOO",
)


@dataclass
class Talk:
    """A call that goes on."""

    caller: Phone
    callee: Phone
    here: Dialog
    there: Dialog

    def ends_well(self) -> None:
        """Hang up: the call was untouched."""
        assert self.here.hang_up(self.there).status == 200


@pytest.fixture
def talk(stage: Stage) -> Talk:
    """A call inside the first tenant."""
    caller, callee = stage.pair()
    here, there = stage.connect(caller, callee)
    return Talk(caller, callee, here, there)


def stolen(dialog: Dialog, thief: Phone) -> Dialog:
    """Return a side of a call in the hands of somebody else."""
    return replace(dialog, phone=thief, cseq=dialog.cseq + 50)


def body_of(method: str, thief: Phone) -> bytes:
    """Return what a request carries."""
    return thief.sdp if method in {"INVITE", "UPDATE"} else b""


def refer_to(message: Message, uri: str) -> None:
    """Say whom to call instead, in a REFER."""
    if message.method == "REFER":
        message["Refer-To"] = f"<{uri}>"


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("method", INSIDE)
def test_a_stranger_without_credentials_says_nothing_in_a_call(
    stage: Stage, talk: Talk, method: str, side: str
) -> None:
    stranger = stage.phone(stage.south.hire())
    own = stolen(getattr(talk, side), stranger)
    message = own.compose(method, body=body_of(method, stranger))
    refer_to(message, talk.caller.line.uri)
    with stage.keeps_quiet(talk.caller, talk.callee):
        stage.refused(stranger.ask(message), *STRANGER)
    talk.ends_well()


@pytest.mark.parametrize("method", ["BYE", "INVITE", "REFER", "INFO"])
def test_another_tenants_phone_says_nothing_in_a_call(
    stage: Stage, talk: Talk, method: str
) -> None:
    stranger = stage.register(stage.south.hire())
    for side in (talk.here, talk.there):
        own = stolen(side, stranger)
        message = own.compose(method, body=body_of(method, stranger))
        refer_to(message, talk.caller.line.uri)
        with stage.keeps_quiet(talk.caller, talk.callee):
            stage.refused(stranger.ask_authorised(message), *STRANGER)
    talk.ends_well()


@pytest.mark.parametrize("method", ["BYE", "INVITE", "REFER", "INFO"])
def test_a_colleague_says_nothing_in_a_call_of_others(
    stage: Stage, talk: Talk, method: str
) -> None:
    colleague = stage.register(stage.north.hire())
    for side in (talk.here, talk.there):
        own = stolen(side, colleague)
        message = own.compose(method, body=body_of(method, colleague))
        refer_to(message, talk.caller.line.uri)
        with stage.keeps_quiet(talk.caller, talk.callee):
            stage.refused(colleague.ask_authorised(message), *STRANGER)
    talk.ends_well()


def test_an_acknowledgement_of_a_stranger_reaches_nobody(stage: Stage, talk: Talk) -> None:
    for thief in (stage.phone(stage.south.hire()), stage.register(stage.north.hire())):
        with stage.keeps_quiet(talk.caller, talk.callee):
            for side in (talk.here, talk.there):
                own = stolen(side, thief)
                own.acknowledge()
                thief.send(own.compose("ACK"))
    talk.ends_well()


def test_a_call_is_not_cancelled_by_a_stranger(stage: Stage) -> None:
    """CANCEL has no credentials of its own: it must come from where the INVITE came from."""
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    ringing = callee.expect("INVITE")
    callee.ring(ringing)
    stranger = stage.phone(stage.south.hire())
    with stage.keeps_quiet(callee):
        for sent in (call.request, ringing):
            message = Message.request(
                "CANCEL",
                sent.uri,
                [
                    (name, value if name != "CSeq" else value.replace("INVITE", "CANCEL"))
                    for name, value in sent.headers
                    if name in {"Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Route"}
                ],
            )
            stranger.send(message)
    assert call.cancel().status == 200
    assert callee.expect("CANCEL")["Call-ID"] == call.request["Call-ID"]
    callee.reply(ringing, 487)
    assert call.final().status == 487


def test_a_call_id_that_nobody_has_leads_nowhere(stage: Stage, talk: Talk) -> None:
    """The stock configurations relay such a request to wherever its Route says."""
    victim = stage.register(stage.south.hire())
    attacker = stage.register(stage.north.hire())
    made_up = stolen(talk.here, attacker)
    made_up.call_id = "made-up"
    made_up.target = f"sip:{victim.line.number}@{place(victim)}"
    for routes in ([], talk.here.routes, [f"<sip:{place(victim)};lr>"]):
        made_up.routes = [*routes]
        for method in ("BYE", "INVITE", "MESSAGE", "NOTIFY", "REFER"):
            with stage.keeps_quiet(victim):
                stage.refused(made_up.phone.ask(made_up.compose(method)), *STRANGER)
                stage.refused(made_up.phone.ask_authorised(made_up.compose(method)), *STRANGER)
    talk.ends_well()


def test_tags_are_compared_and_not_only_the_call_id(stage: Stage, talk: Talk) -> None:
    for own, other in (
        (talk.here.own.replace("tag=", "tag=x"), talk.here.other),
        (talk.here.own, talk.here.other.replace("tag=", "tag=x")),
    ):
        bent = replace(talk.here, own=own, other=other)
        with stage.keeps_quiet(talk.callee):
            stage.refused(talk.caller.ask_authorised(bent.compose("BYE")), *STRANGER)
    talk.ends_well()


def test_a_side_of_a_call_is_asked_for_nothing_by_a_target_of_its_own(
    stage: Stage, talk: Talk
) -> None:
    """A real participant cannot steer a request inside the call to somebody else."""
    victim = stage.register(stage.south.hire())
    uri = f"sip:{victim.line.number}@{place(victim)}"
    victims_route = f"<sip:{place(victim)};lr>"
    changes: tuple[Change, ...] = (
        lambda m: m.retarget(uri),
        lambda m: m.add("Route", victims_route),
        lambda m: m.add("Route", victims_route, first=True),
        put(Contact=f"<{uri}>"),
        lambda m: m.retarget(f"{talk.here.target};maddr={victim.wire.host}"),
        lambda m: m.retarget(f"{talk.here.target};alias={victim.wire.host}~{victim.wire.port}~1"),
    )
    for change in changes:
        with stage.keeps_quiet(victim):
            talk.caller.send(_changed(talk.here.compose("INFO"), change))
            for info in talk.callee.heard(0.3):
                talk.callee.reply(info, 200)
    talk.caller.heard(0.2)
    talk.ends_well()


def _changed(message: Message, change: Change) -> Message:
    change(message)
    return message


def test_a_renewed_offer_does_not_move_a_call_to_another_address(stage: Stage, talk: Talk) -> None:
    """A re-INVITE names a contact: what the other side sends goes to where this side really is."""
    victim = stage.register(stage.south.hire())
    planted = put(Contact=f"<sip:{victim.line.number}@{place(victim)}>")
    with stage.keeps_quiet(victim):
        offer = talk.here.start("INVITE", body=talk.caller.sdp, change=planted)
        invite = talk.callee.expect("INVITE")
        ok = talk.callee.reply(invite, 200, body=talk.callee.sdp)
        assert offer.final().status == 200
        talk.caller.send(talk.here.compose("ACK", cseq=talk.here.cseq))
        talk.callee.expect("ACK")
        bye = talk.there.start("BYE")
        talk.caller.reply(talk.caller.expect("BYE"), 200)
        assert bye.final().status == 200
        assert ok.status == 200


def test_a_phone_that_moved_goes_on_with_its_call(stage: Stage, talk: Talk) -> None:
    """The twin of all strangers: the same person at another address, with their credentials."""
    moved = stage.phone(talk.caller.line)
    own = stolen(talk.here, moved)
    offer = own.compose("INVITE", body=moved.sdp)
    first = moved.ask(offer)
    assert first.status in {401, 407}
    moved.authorise_after(offer, first)
    moved.send(offer)
    invite = talk.callee.expect("INVITE")
    talk.callee.reply(invite, 200, body=talk.callee.sdp)
    answer = moved.wait_for(lambda m: m.status == 200, 4.0, "no answer after the move")
    own.cseq = int(answer["CSeq"].split()[0])
    moved.send(own.compose("ACK", cseq=own.cseq))
    talk.callee.expect("ACK")
    with stage.keeps_quiet(talk.caller):
        bye = talk.there.start("BYE")
        moved.reply(moved.expect("BYE"), 200)
        assert bye.final().status == 200


@pytest.mark.parametrize("how", ["address", "place", "replaces"])
def test_a_transfer_leads_to_nobody_abroad(stage: Stage, talk: Talk, how: str) -> None:
    victim = stage.register(stage.south.hire(6000))
    uri = {
        "address": victim.line.uri,
        "place": f"sip:{victim.line.number}@{place(victim)}",
        "replaces": f"{victim.line.uri}?Replaces=abc%3Bto-tag%3D1%3Bfrom-tag%3D2",
    }[how]
    with stage.keeps_quiet(victim):
        message = talk.here.compose("REFER")
        refer_to(message, uri)
        stage.refused(talk.caller.ask_authorised(message), 400, 403, 404, 603)
        assert not [m for m in talk.callee.heard(0.2) if m.method == "REFER"]
    third = stage.register(stage.north.hire())
    with_leave = talk.here.start("REFER", change=put(Refer_To=f"<{third.line.uri}>"))
    refer = talk.callee.expect("REFER")
    talk.callee.reply(refer, 202)
    assert with_leave.final().status == 202
    talk.ends_well()


def test_the_speech_of_a_call_is_not_sent_to_a_stranger(stage: Stage, talk: Talk) -> None:
    """A stranger's offer inside the call never reaches the media relay."""
    stranger = stage.phone(stage.south.hire())
    own = stolen(talk.here, stranger)
    offer = own.compose("INVITE", body=plain_sdp(stranger.wire.host, 45000))
    with stage.keeps_quiet(talk.caller, talk.callee):
        stage.refused(stranger.ask(offer), *STRANGER)
    talk.ends_well()
