"""Calling somebody of another tenant, or in somebody else's name."""

import pytest

from tests.call.changes import place, put
from tests.call.messages import Message, address, new_tag
from tests.call.stage import Stage
from tests.call.wire import Line, Phone

ABROAD = 6000
"""Numbers from here on are nobody's in the north."""

DENIED = (400, 401, 403, 404, 407, 416, 480, 484)


@pytest.fixture
def victim(stage: Stage) -> Phone:
    """A phone of the other tenant."""
    return stage.register(stage.south.hire())


@pytest.fixture
def caller(stage: Stage) -> Phone:
    """The attacker's phone, registered where it belongs."""
    return stage.register(stage.north.hire())


@pytest.fixture
def colleague(stage: Stage) -> Phone:
    """A phone that the attacker may call."""
    return stage.register(stage.north.hire())


def test_another_tenants_extension_is_not_called_by_its_address(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    with stage.keeps_quiet(victim):
        stage.refused(caller.invite(victim.line.uri), 403, 404)
    stage.talk(caller, colleague)


def test_another_tenants_extension_is_not_called_by_to(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    with stage.keeps_quiet(victim):
        call = caller.invite(colleague.line.number, change=put(To=f"<{victim.line.uri}>"))
        stage.refused(call, 403)
    stage.talk(caller, colleague)


def test_another_tenants_extension_is_not_called_from_its_own_domain(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    sender = f"<sip:{caller.line.number}@{stage.south.domain}>;tag={new_tag()}"
    with stage.keeps_quiet(victim):
        stage.refused(caller.invite(victim.line.uri, change=put(From=sender)), *DENIED)
        other = Line(caller.line.number, stage.south.domain, caller.line.login)
        stage.refused(stage.phone(other).invite(victim.line.number), *DENIED)
    stage.talk(caller, colleague)


def test_from_and_request_of_two_domains_are_not_mixed(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    foreign = f"<sip:{victim.line.number}@{stage.south.domain}>;tag={new_tag()}"
    with stage.keeps_quiet(victim, colleague):
        stage.refused(caller.invite(colleague.line.number, change=put(From=foreign)), *DENIED)
    stage.talk(caller, colleague)


def test_a_colleagues_number_is_not_shown_for_ones_own(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    third = stage.register(stage.north.hire())
    spoofed = f"<{third.line.uri}>;tag={new_tag()}"
    with stage.keeps_quiet(colleague, third):
        stage.refused(caller.invite(colleague.line.number, change=put(From=spoofed)), 403)
    stage.talk(caller, colleague)


def test_the_name_that_is_shown_is_that_of_the_directory(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    boasting = f'"The Chairwoman" <{caller.line.uri}>;tag={new_tag()}'
    seen = stage.talk(caller, colleague, change=put(From=boasting))
    assert "Chairwoman" not in seen.text
    assert f"{stage.north.slug} {caller.line.number}" in seen["From"]
    assert address(seen["From"]) == caller.line.uri


def test_an_auth_user_name_is_not_shown_to_others(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    login = caller.line.login.username
    sender = f"<sip:{login}@{stage.north.domain}>;tag={new_tag()}"
    seen = stage.talk(caller, colleague, change=put(From=sender))
    assert address(seen["From"]) == caller.line.uri
    assert login not in seen.text


@pytest.mark.parametrize(
    "uri",
    [
        "sip:{number}@{place}",
        "sip:{number}@{place};transport=tcp",
        "sip:{number}@{switch}",
        "sip:{number}@{own};maddr={host}",
        "sip:{number}@{own}:{port}",
        "sip:{number}%40{south}@{own}",
        "sip:{number}@{south}@{own}",
        "sip:{number}@{own}@{south}",
        "sip:{number}@{SOUTH}",
        "sip:{number}@{south}.",
        "sip:{number}@[::ffff:{host}]:{port}",
        "sips:{number}@{south}",
        "sip:{number}@{south};user=phone",
        "sip:{south}",
        "sip:{place};lr",
        "sip:{number}@{own}?Route=%3Csip:{place};lr%3E",
        "sip:{number}@{own};alias={host}~{port}~1",
        "sip:{number}@{own};received=sip:{place}",
        "sip:{number}@{own};fs={place};tag=x;route=sip:{place}",
    ],
)
def test_an_address_in_disguise_reaches_nobody_abroad(
    stage: Stage, caller: Phone, colleague: Phone, uri: str
) -> None:
    victim = stage.register(stage.south.hire(ABROAD))
    disguised = uri.format(
        number=victim.line.number,
        place=place(victim),
        host=victim.wire.host,
        port=victim.wire.port,
        switch=f"{stage.sip[0]}:{stage.sip[1]}",
        own=stage.north.domain,
        south=stage.south.domain,
        SOUTH=stage.south.domain.upper(),
    )
    with stage.keeps_quiet(victim):
        stage.refused(caller.invite(disguised))
    stage.talk(caller, colleague)


def test_nobody_calls_without_credentials(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    with stage.keeps_quiet(colleague, victim):
        for callee in (colleague, victim):
            uri = callee.line.uri
            for sender in (caller.line.uri, uri, "sip:anonymous@anonymous.invalid"):
                message = caller.compose(
                    "INVITE", uri, sender=f"<{sender}>;tag={new_tag()}", body=caller.sdp
                )
                stage.refused(caller.ask(message), *DENIED)
    stage.talk(caller, colleague)


def test_being_registered_does_not_replace_credentials(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    """The address that a phone registered from is no proof: somebody else may sit there."""
    message = caller.compose("INVITE", colleague.line.uri, body=caller.sdp)
    with stage.keeps_quiet(colleague):
        stage.refused(caller.ask(message), 401, 407)
    stage.talk(caller, colleague)


def test_credentials_made_out_for_one_request_serve_no_other(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    third = stage.register(stage.north.hire())
    call = caller.invite(third.line.number)
    third.reply(third.expect("INVITE"), 486)
    call.final()
    stolen = call.request["Authorization"] or call.request["Proxy-Authorization"]
    name = "Authorization" if call.request["Authorization"] else "Proxy-Authorization"
    message = caller.compose("INVITE", colleague.line.uri, body=caller.sdp)
    message.add(name, stolen)
    with stage.keeps_quiet(colleague):
        stage.refused(caller.ask(message), 400, 401, 403, 407)
    stage.talk(caller, colleague)


def test_credentials_of_a_registration_do_not_make_a_call(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    seen: list[Message] = []
    caller.register(change=seen.append)
    message = caller.compose("INVITE", colleague.line.uri, body=caller.sdp)
    message.add("Authorization", seen[-1]["Authorization"])
    with stage.keeps_quiet(colleague):
        stage.refused(caller.ask(message), 400, 401, 403, 407)
    stage.talk(caller, colleague)


def test_a_number_that_nobody_has_is_told_to_those_who_signed_in(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    """Without credentials every number answers the same."""
    answers = [
        caller.ask(caller.compose("INVITE", f"sip:{number}@{stage.north.domain}", body=caller.sdp))
        for number in (colleague.line.number, "7999", "x", victim.line.number)
    ]
    assert {answer.status for answer in answers} <= {401, 407}
    stage.refused(caller.invite("7999"), 404)
    stage.refused(caller.invite(stage.north.hire().number), 480)
    stage.talk(caller, colleague)


def test_a_request_that_has_gone_far_enough_goes_no_further(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    with stage.keeps_quiet(colleague):
        stage.refused(caller.invite(colleague.line.number, change=put(Max_Forwards="0")), 483)
    stage.talk(caller, colleague)


def test_a_header_that_must_be_there_once_is_not_there_twice(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    twice = {
        "From": f"<{victim.line.uri}>;tag=a1",
        "To": f"<{victim.line.uri}>",
        "Call-ID": "another",
        "CSeq": "9999 INVITE",
    }
    with stage.keeps_quiet(victim):
        for name, value in twice.items():
            for first in (True, False):
                message = caller.compose("INVITE", colleague.line.uri, body=caller.sdp)
                message.add(name, value, first=first)
                caller.send(message)
        caller.heard(0.5)
        assert not colleague.heard(0.2)
    stage.talk(caller, colleague)
