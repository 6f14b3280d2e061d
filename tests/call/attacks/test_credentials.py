"""Credentials that were good once: replayed, expired, renewed, of a session that has ended."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.call.changes import put
from tests.call.ground import ha1
from tests.call.messages import Login, Message, challenge_of
from tests.call.stage import Stage
from tests.call.wire import Line, Phone
from tests.call.wires import Wire


def registration(phone: Phone) -> Message:
    """Register with nothing wrong; return the message that was taken."""
    seen: list[Message] = []
    assert phone.register(change=seen.append).status == 200
    return seen[0]


def sent_again(wire: Wire, line: Line, message: Message) -> Message:
    """Send a copy of a message by another way, as somebody who listened can; return the answer."""
    thief = Phone(wire, line)
    copy = Message(message.line, [*message.headers], message.body)
    number, method = copy["CSeq"].split()
    copy["CSeq"] = f"{int(number) + 1} {method}"
    copy["Via"] = thief.via()
    return thief.ask(copy)


def test_a_registration_that_was_overheard_is_not_used_again(stage: Stage) -> None:
    person = stage.north.hire()
    taken = registration(stage.phone(person))
    taken["Contact"] = "<sip:thief@192.0.2.1>"
    stage.refused(sent_again(stage.wire(), person.line, taken), 401)
    assert stage.phone(person).register().status == 200


def test_a_call_that_was_overheard_is_not_made_again(stage: Stage) -> None:
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    callee.reply(callee.expect("INVITE"), 486)
    call.final()
    copy = Message(call.request.line, [*call.request.headers], call.request.body)
    copy["Call-ID"] = "played-again"
    with stage.keeps_quiet(callee):
        stage.refused(sent_again(stage.wire(), caller.line, copy), 401, 407)
    stage.talk(caller, callee)


def test_the_count_of_a_nonce_does_not_go_back(stage: Stage) -> None:
    """One challenge may serve several requests, each with a higher count, and none twice."""
    phone = stage.phone(stage.north.hire())
    assert phone.register().status == 200
    answers: dict[int, list[int]] = {}
    for count in (2, 2, 1, 9, 3):
        message = phone.compose("REGISTER", f"sip:{phone.line.domain}")
        message["To"] = f"<{phone.line.uri}>"
        answer = phone.line.login.answer(phone.challenge, "REGISTER", message.uri, nc=count)
        message.add("Authorization", answer)
        answers.setdefault(count, []).append(phone.ask(message).status)
    assert answers[2] == [200, 401]
    assert answers[1] == [401]
    assert answers[3] == [401]
    assert answers[9] == [200]


def test_an_old_nonce_is_asked_for_anew(stage: Stage) -> None:
    """A nonce that somebody made up, or of another day, answers nothing."""
    phone = stage.phone(stage.north.hire())
    message = phone.compose("REGISTER", f"sip:{phone.line.domain}")
    message["To"] = f"<{phone.line.uri}>"
    real = challenge_of(phone.ask(message))
    nonce = real.split('nonce="')[1].split('"')[0]
    for bent in (
        "a" * len(nonce),
        nonce[::-1],
        "A" + nonce[1:],
        nonce[:-1] + ("x" if nonce[-1] != "x" else "y"),
        "",
        "5f3c2a10" * 4,
    ):
        message["Via"] = phone.via()
        phone.challenge = real.replace(nonce, bent)
        phone.authorise(message)
        stage.refused(phone.ask(message), 400, 401, 503)
    assert phone.register().status == 200


def test_a_challenge_of_one_place_is_answered_from_no_other_method(stage: Stage) -> None:
    caller, callee = stage.pair()
    message = caller.compose("INVITE", callee.line.uri, body=caller.sdp)
    answer = caller.line.login.answer(caller.challenge, "REGISTER", message.uri, nc=7)
    message.add("Authorization", answer)
    with stage.keeps_quiet(callee):
        stage.refused(caller.ask(message), 401, 407)
    stage.talk(caller, callee)


def test_digests_without_protection_are_not_taken(stage: Stage) -> None:
    """An answer without qop has no count, so it could be replayed."""
    phone = stage.phone(stage.north.hire())
    message = phone.compose("REGISTER", f"sip:{phone.line.domain}")
    message["To"] = f"<{phone.line.uri}>"
    challenge = challenge_of(phone.ask(message))
    assert 'qop="auth"' in challenge.replace("qop=auth", 'qop="auth"')
    phone.challenge = ",".join(p for p in challenge.split(",") if "qop" not in p)
    message["Via"] = phone.via()
    phone.authorise(message)
    stage.refused(phone.ask(message), 400, 401)
    assert phone.register().status == 200


def test_an_expired_line_is_dead(stage: Stage) -> None:
    person = stage.north.hire()
    short, _ = person.add_web_line(lives=timedelta(seconds=1))
    long, _ = person.add_web_line()
    time.sleep(1.1)
    stage.refused(stage.phone(short, "wss").register(), 401)
    callee = stage.register(stage.north.hire())
    with stage.keeps_quiet(callee):
        stage.refused(stage.phone(short, "wss").invite(callee.line.number), 401, 407)
    stage.register(long, "wss")


def test_a_line_ends_with_its_session(stage: Stage) -> None:
    person, callee = stage.north.hire(), stage.register(stage.north.hire())
    ended, session = person.add_web_line()
    other, _ = person.add_web_line()
    phone = stage.register(ended, "wss")
    stage.ground.tell("DELETE FROM accounts_session WHERE public_id = %s", session)
    stage.refused(phone.register(), 401)
    with stage.keeps_quiet(callee):
        stage.refused(phone.invite(callee.line.number), 401, 407)
    stage.register(other, "wss")


def test_a_renewed_password_ends_the_old_one(stage: Stage) -> None:
    person, callee = stage.north.hire(), stage.register(stage.north.hire())
    phone = stage.register(person)
    new = Login(person.line.login.username, "another password")
    stage.ground.tell(
        "UPDATE calling_device SET ha1 = %s WHERE id = %s",
        ha1(new, person.line.domain),
        person.device_id,
    )
    stage.refused(phone.register(), 401)
    with stage.keeps_quiet(callee):
        stage.refused(phone.invite(callee.line.number), 401, 407)
    stage.talk(stage.register(replace(person.line, login=new)), callee)


def test_a_removed_phone_is_nobodys(stage: Stage) -> None:
    person, callee = stage.north.hire(), stage.register(stage.north.hire())
    other = person.add_device()
    phone = stage.register(person)
    stage.ground.tell("DELETE FROM calling_device WHERE id = %s", person.device_id)
    stage.refused(phone.register(), 401)
    with stage.keeps_quiet(callee):
        stage.refused(phone.invite(callee.line.number), 401, 407)
    stage.talk(stage.register(other), callee)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE telephony_extension SET state = 'blocked', blocked_at = now() WHERE id = %s",
        "UPDATE telephony_extension SET state = 'released', blocked_at = now() WHERE id = %s",
        "UPDATE telephony_extension SET deleted_at = now() WHERE id = %s",
    ],
)
def test_somebody_who_left_signs_in_no_more_and_is_called_no_more(
    stage: Stage, change: str
) -> None:
    person, colleague = stage.north.hire(), stage.register(stage.north.hire())
    web, _ = person.add_web_line()
    phone, page = stage.register(person), stage.register(web, "wss")
    stage.ground.tell(change, person.extension_id)
    for own in (phone, page):
        stage.refused(own.register(), 401, 403)
        with stage.keeps_quiet(colleague):
            stage.refused(own.invite(colleague.line.number), 401, 403, 407)
    with stage.keeps_quiet(phone, page):
        stage.refused(colleague.invite(person.number), 404, 480)
    stage.talk(colleague, stage.register(stage.north.hire()))
    if "released" in change:
        return  # what a person who was released had is gone for good
    stage.ground.tell(
        "UPDATE telephony_extension SET state = 'active', blocked_at = NULL, deleted_at = NULL "
        "WHERE id = %s",
        person.extension_id,
    )
    assert phone.register().status == 200
    assert page.register(change=put(Expires="0")).status == 200
    stage.talk(colleague, phone)


def test_a_suspended_tenant_has_no_phones(stage: Stage) -> None:
    caller, callee = stage.pair(stage.south)
    stage.ground.tell("UPDATE tenants_tenant SET state = 'suspended' WHERE slug = 'south'")
    try:
        stage.refused(caller.register(), 401, 403, 404)
        with stage.keeps_quiet(callee):
            stage.refused(caller.invite(callee.line.number), 401, 403, 404, 407)
    finally:
        stage.ground.tell("UPDATE tenants_tenant SET state = 'active' WHERE slug = 'south'")
    # The switch may have signed both out meanwhile.
    assert caller.register().status == 200
    assert callee.register().status == 200
    stage.talk(caller, callee)


def test_the_line_of_somebody_else_shows_only_their_number(stage: Stage) -> None:
    """Whoever has another's credentials is that other one, and never both."""
    person, victim = stage.north.hire(), stage.register(stage.north.hire())
    web, _ = person.add_web_line()
    posing = Line(victim.line.number, web.domain, web.login)
    stage.refused(stage.phone(posing, "wss").register(), 403)
    with stage.keeps_quiet(victim):
        stage.refused(stage.phone(posing, "wss").invite(stage.north.hire().number), 403)
    stage.register(web, "wss")


def test_a_digest_kept_in_the_database_is_no_password(stage: Stage) -> None:
    person = stage.north.hire()
    kept = ha1(person.line.login, person.line.domain)
    for password in (kept, "", person.line.login.username):
        login = Login(person.line.login.username, password)
        stage.refused(stage.phone(person).register(login=login), 401)
    assert stage.phone(person).register().status == 200


def test_transactions_of_two_phones_are_not_mixed_up_by_their_branches(stage: Stage) -> None:
    """A branch that somebody else uses makes no answer theirs."""
    caller, callee = stage.pair()
    call = caller.invite(callee.line.number)
    ringing = callee.expect("INVITE")
    branch = call.request["Via"].split("branch=")[1].split(";")[0]
    stranger = stage.phone(stage.south.hire())
    message = stranger.compose("INVITE", callee.line.uri, body=stranger.sdp)
    for name in ("Call-ID", "CSeq", "From"):
        message[name] = call.request[name]
    message["Via"] = stranger.via().split(";branch=")[0] + f";branch={branch};rport"
    stranger.send(message)
    assert not [m for m in stranger.heard(0.3) if m.status in {180, 200}]
    callee.reply(ringing, 486)
    assert call.final().status == 486
