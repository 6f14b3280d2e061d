"""Phones sign in: over each transport, with both kinds of credentials, and for how long."""

import time
from datetime import timedelta

import pytest

from tests.call.changes import put
from tests.call.messages import Login, Message, parameter
from tests.call.stage import Stage
from tests.call.wire import Phone

TRANSPORTS = ("udp", "tcp", "tls", "wss")
SOON = 12.0


def kept(stage: Stage, number: str) -> list[dict[str, object]]:
    """Return what the database knows of an extension's registrations."""
    return stage.ground.rows(
        "SELECT l.contact, l.received, l.expires, a.avalue AS username FROM sip.location l"
        " LEFT JOIN sip.location_attrs a ON a.ruid = l.ruid AND a.aname = 'username'"
        " WHERE l.username = %s AND l.domain = %s ORDER BY l.id",
        number,
        stage.north.domain,
    )


def granted(answer: Message) -> int:
    """Return for how long a registration was accepted."""
    return int(parameter(answer["Contact"], "expires") or "-1")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_desk_phone_registers_over_each_transport(stage: Stage, transport: str) -> None:
    person = stage.north.hire()
    phone = stage.phone(person, transport)
    answer = phone.register(expires=600)
    assert answer.status == 200
    assert granted(answer) == 600
    assert [row["username"] for row in kept(stage, person.number)] == [person.line.login.username]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_web_phone_registers_for_two_minutes_at_most(stage: Stage, transport: str) -> None:
    person = stage.north.hire()
    line, _session = person.add_web_line()
    phone = stage.phone(line, transport)
    answer = phone.register(expires=3600)
    assert answer.status == 200
    assert 0 < granted(answer) <= 120
    assert [row["username"] for row in kept(stage, person.number)] == [line.login.username]


def test_a_desk_phone_registers_for_an_hour_at_most_and_a_minute_at_least(stage: Stage) -> None:
    phone = stage.phone(stage.north.hire())
    assert granted(phone.register(expires=86400)) == 3600
    assert granted(phone.register(expires=1)) == 60


def test_a_phone_may_write_the_name_that_it_signs_in_with(stage: Stage) -> None:
    person = stage.north.hire()
    own = f"<sip:{person.line.login.username}@{stage.north.domain}>"
    phone = stage.phone(person)
    assert phone.register(change=put(From=f"{own};tag=abc", To=own)).status == 200
    assert len(kept(stage, person.number)) == 1
    stage.talk(stage.register(stage.north.hire()), phone)


def test_a_phone_signs_out(stage: Stage) -> None:
    person = stage.north.hire()
    phone = stage.register(person)
    assert phone.register(expires=0).status == 200
    assert kept(stage, person.number) == []
    stage.refused(stage.register(stage.north.hire()).invite(person.number), 480)


def test_a_phone_whose_connection_ends_is_signed_out(stage: Stage) -> None:
    person = stage.north.hire()
    phone = stage.register(person, "wss")
    phone.close()
    until = time.monotonic() + SOON
    while kept(stage, person.number) and time.monotonic() < until:
        time.sleep(0.1)
    assert kept(stage, person.number) == []


def test_an_extension_has_eight_phones_and_no_more(stage: Stage) -> None:
    person = stage.north.hire()
    phones = [stage.phone(person.add_device()) for _ in range(8)]
    assert {phone.register().status for phone in phones} == {200}
    assert stage.phone(person).register().status == 503
    assert phones[0].register(expires=0).status == 200
    assert stage.phone(person).register().status == 200


def test_a_blocked_extension_is_signed_out_and_neither_registers_nor_calls(stage: Stage) -> None:
    person, other = stage.north.hire(), stage.register(stage.north.hire())
    phone = stage.register(person)
    stage.talk(phone, other)
    stage.ground.tell(
        "UPDATE telephony_extension SET state = 'blocked', blocked_at = now() WHERE id = %s",
        person.extension_id,
    )
    stage.refused(phone.invite(other.line.number), 407)
    assert stage.phone(person).register().status == 401
    until = time.monotonic() + SOON
    while kept(stage, person.number) and time.monotonic() < until:
        time.sleep(0.2)
    assert kept(stage, person.number) == []
    stage.refused(other.invite(person.number), 404)


def test_credentials_that_expired_are_refused(stage: Stage) -> None:
    person = stage.north.hire()
    expired, _session = person.add_web_line(lives=timedelta(seconds=-1))
    valid, _session = person.add_web_line()
    assert stage.phone(expired, "wss").register().status == 401
    assert stage.phone(valid, "wss").register().status == 200


@pytest.mark.parametrize("domain", ["north.example", "south.example", "nobody.example", ""])
@pytest.mark.parametrize("password", ["own", ""])
def test_a_name_with_a_domain_is_nobodys(stage: Stage, domain: str, password: str) -> None:
    person, other = stage.north.hire(), stage.south.hire()
    names = [each.line.login.username for each in (person, other)]
    for name in names:
        login = Login(f"{name}@{domain}", password and person.line.login.password)
        phone = stage.phone(person)
        assert phone.register(login=login).status == 403
        stage.refused(phone.invite(person.number, login=login), 403)
    assert stage.phone(person).register().status == 200


@pytest.mark.parametrize("first", [True, False])
def test_credentials_are_given_once(stage: Stage, *, first: bool) -> None:
    person = stage.north.hire()
    phone = stage.phone(person)
    message = phone.compose("REGISTER", f"sip:{stage.north.domain}")
    message["To"] = f"<{person.uri}>"
    phone.authorise_after(message, phone.ask(message))
    decoy = 'Digest username="x", realm="y", nonce="z", uri="sip:y", response="0", nc=1'
    message.add("Authorization", decoy, first=first)
    assert phone.ask(message).status == 400
    assert phone.register().status == 200


def test_a_question_whether_we_live_is_answered(stage: Stage) -> None:
    phone: Phone = stage.phone(stage.north.hire())
    answer = phone.ask(phone.compose("OPTIONS", f"sip:{stage.north.domain}"))
    assert answer.status == 200
    assert "kamailio" not in answer.text.lower()
