"""Everything that is neither a call nor a registration: there is nothing to be had with it."""

import pytest

from tests.call.changes import place
from tests.call.messages import new_tag
from tests.call.stage import Stage

OTHERS = ("MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "INFO", "UPDATE", "REFER", "PRACK", "FOO")
REFUSED = (400, 401, 403, 404, 405, 407, 481, 501)


@pytest.mark.parametrize("method", OTHERS)
def test_what_is_no_call_reaches_nobody(stage: Stage, method: str) -> None:
    attacker = stage.register(stage.north.hire())
    colleague, victim = stage.register(stage.north.hire()), stage.register(stage.south.hire(6000))
    for target in (colleague, victim):
        for uri in (target.line.uri, f"sip:{target.line.number}@{place(target)}"):
            message = attacker.compose(method, uri)
            message.add("Event", "presence")
            message.add("Refer-To", f"<{victim.line.uri}>")
            with stage.keeps_quiet(colleague, victim):
                stage.refused(attacker.ask(message), *REFUSED)
                message["Via"] = attacker.via()
                stage.refused(attacker.ask_authorised(message), *REFUSED)
    stage.talk(attacker, colleague)


def test_nobody_is_watched_by_another_tenant_or_at_all(stage: Stage) -> None:
    """Who is at the phone is told by the portal, to colleagues; not by SIP."""
    attacker, victim = stage.register(stage.north.hire()), stage.register(stage.south.hire(6000))
    for event in ("presence", "dialog", "reg", "message-summary", "refer"):
        message = attacker.compose("SUBSCRIBE", victim.line.uri)
        message.add("Event", event)
        message.add("Expires", "600")
        with stage.keeps_quiet(victim):
            answer = stage.refused(attacker.ask_authorised(message), *REFUSED)
        assert victim.line.number not in answer.text.replace(victim.line.uri, "")
    assert not attacker.heard(0.2)
    stage.talk(*stage.pair())


def test_options_are_answered_by_the_switch_and_tell_nothing(stage: Stage) -> None:
    stranger = stage.phone(stage.south.hire())
    victim = stage.register(stage.south.hire(6000))
    missing = f"sip:7999@{stage.south.domain}"
    with stage.keeps_quiet(victim):
        there, nobody = (
            stranger.ask(stranger.compose("OPTIONS", uri)) for uri in (victim.line.uri, missing)
        )
    assert there.status == nobody.status
    for header in ("Server", "User-Agent"):
        assert "kamailio" not in there[header].lower()
    assert not there["Warning"]
    alive = stranger.ask(stranger.compose("OPTIONS", f"sip:{stage.sip[0]}:{stage.sip[1]}"))
    assert alive.status == 200


def test_a_response_that_nobody_asked_for_reaches_nobody(stage: Stage) -> None:
    victim, attacker = stage.register(stage.south.hire(6000)), stage.phone(stage.north.hire())
    for status in (180, 200, 302, 401, 486, 603):
        message = attacker.compose("INVITE", victim.line.uri)
        message.line = f"SIP/2.0 {status} Whatever"
        message["Via"] = f"SIP/2.0/UDP {stage.sip[0]}:{stage.sip[1]};branch=z9hG4bKnone"
        message.add("Via", f"SIP/2.0/UDP {place(victim)};branch=z9hG4bK{new_tag()}")
        with stage.keeps_quiet(victim):
            attacker.send(message)
            message["Via"] = f"SIP/2.0/UDP {place(victim)};branch=z9hG4bK{new_tag()}"
            attacker.send(message)
    stage.talk(*stage.pair())


def test_a_redirection_by_a_phone_leads_to_nobody_abroad(stage: Stage) -> None:
    """A callee may decline, but not send the caller's call to another tenant."""
    caller, callee = stage.pair()
    victim = stage.register(stage.south.hire(6000))
    with stage.keeps_quiet(victim):
        call = caller.invite(callee.line.number)
        invite = callee.expect("INVITE")
        moved = f"<sip:{victim.line.number}@{place(victim)}>"
        callee.reply(invite, 302, change=lambda m: m.__setitem__("Contact", moved))
        answer = stage.refused(call)
    assert place(victim) not in answer.text
    stage.talk(caller, callee)
