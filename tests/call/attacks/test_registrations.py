"""Registering as somebody else, somewhere else, or with an address that is somebody else's."""

from tests.call.changes import place, put, where
from tests.call.messages import Message, parameter
from tests.call.stage import Stage
from tests.call.wire import Line, Outgoing, Phone

DENIED = (400, 401, 403, 404)


def reaches(stage: Stage, callee: Phone) -> None:
    """Check that somebody is still found by a colleague."""
    firm = stage.north if callee.line.domain == stage.north.domain else stage.south
    stage.talk(stage.register(firm.hire()), callee)


def test_a_phone_does_not_register_into_another_domain(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.south.hire()
    attacker = stage.phone(Line(victim.line.number, stage.north.domain, own.line.login))
    with stage.keeps_quiet(victim):
        stage.refused(attacker.register(), *DENIED)
    assert len(where(stage, victim)) == 1
    assert stage.phone(own).register().status == 200
    reaches(stage, victim)


def test_credentials_of_another_realm_do_not_answer_a_challenge(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.south.hire()
    login = own.line.login
    attacker = stage.phone(Line(victim.line.number, stage.north.domain, login))
    other = type(login)(login.username, login.password, realm=stage.south.domain)
    stage.refused(attacker.register(login=other), *DENIED)
    assert len(where(stage, victim)) == 1
    assert stage.phone(own).register(login=other).status == 200


def test_a_phone_does_not_register_as_a_colleague(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.north.hire()
    attacker = stage.phone(own)
    stage.refused(attacker.register(change=put(To=f"<{victim.line.uri}>")), *DENIED)
    whole = Line(victim.line.number, victim.line.domain, own.line.login)
    stage.refused(stage.phone(whole).register(), *DENIED)
    assert len(where(stage, victim)) == 1
    assert attacker.register().status == 200
    reaches(stage, victim)


def test_a_phone_does_not_register_in_a_colleagues_name(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.north.hire()
    attacker = stage.phone(own)
    stage.refused(attacker.register(change=put(From=f"<{victim.line.uri}>;tag=a1")), *DENIED)
    assert attacker.register().status == 200


def test_a_user_name_of_somebody_else_needs_their_password(stage: Stage) -> None:
    victim, own = stage.north.hire(), stage.north.hire()
    login = own.line.login
    mixed = type(login)(victim.line.login.username, login.password)
    stage.refused(stage.phone(victim).register(login=mixed), 401)
    assert where(stage, stage.phone(victim)) == []
    assert stage.phone(victim).register().status == 200


def test_another_tenants_user_name_in_the_own_domain_is_nobodys(stage: Stage) -> None:
    victim, own = stage.north.hire(), stage.south.hire()
    attacker = stage.phone(Line(own.number, stage.south.domain, victim.line.login))
    stage.refused(attacker.register(), 401, 403)
    assert stage.phone(own).register().status == 200


def test_all_registrations_of_somebody_else_are_not_taken_away(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.north.hire()
    away = put(Contact="*", Expires="0", To=f"<{victim.line.uri}>")
    attacker = stage.register(own)
    stage.refused(attacker.register(change=away), *DENIED)
    across = stage.register(stage.south.hire())
    stage.refused(across.register(change=away), *DENIED)
    assert len(where(stage, victim)) == 1
    assert attacker.register(change=put(Contact="*", Expires="0")).status == 200
    assert where(stage, attacker) == []
    reaches(stage, victim)


def test_the_same_number_of_another_tenant_is_another_person(stage: Stage) -> None:
    """Both tenants begin with the same number, and each hears only its own."""
    theirs = stage.register(stage.north.hire())
    ours = stage.south.hire(int(theirs.line.number))
    colleague = stage.register(stage.south.hire())
    with stage.keeps_quiet(theirs):
        stage.refused(colleague.invite(ours.number), 480)
    there = stage.register(ours)
    with stage.keeps_quiet(theirs):
        stage.talk(colleague, there)


def test_a_contact_at_another_tenants_phone_leads_nobody_there(stage: Stage) -> None:
    victim = stage.register(stage.north.hire())
    attacker, colleague = stage.phone(stage.south.hire()), stage.register(stage.south.hire())
    foreign = [
        f"<sip:{victim.line.number}@{place(victim)}>",
        f"<sip:{attacker.line.number}@{place(victim)};transport=udp>",
        f"<sip:x@{attacker.wire.host}:{attacker.wire.port};maddr={victim.wire.host}>",
        f"<sip:x@{attacker.wire.host};alias={victim.wire.host}~{victim.wire.port}~1>",
        f'<sip:x@{attacker.wire.host}>;received="sip:{place(victim)}"',
        f"<sip:x@{stage.sip[0]}:{stage.sip[1]}>",
        f"<{victim.line.uri}>",
        f"<sip:{place(victim)};transport=tcp>",
    ]
    for contact in foreign:
        with stage.keeps_quiet(victim):
            attacker.register(change=put(Contact=contact))
            call = colleague.invite(attacker.line.number)
            refused_or_own(stage, attacker, call)
        attacker.register(change=put(Contact="*", Expires="0"))
    assert attacker.register().status == 200
    stage.talk(colleague, attacker)


def refused_or_own(stage: Stage, attacker: Phone, call: Outgoing) -> None:
    """Whatever was registered: the call comes to whoever registered it, or to nobody."""
    for invite in attacker.heard(0.3):
        attacker.reply(invite, 486)
    stage.refused(call)


def test_a_path_in_a_registration_leads_nobody_there(stage: Stage) -> None:
    victim = stage.register(stage.north.hire())
    attacker, colleague = stage.phone(stage.south.hire()), stage.register(stage.south.hire())
    path = f"<sip:{place(victim)};lr>"

    def change(message: Message) -> None:
        message.add("Path", path)
        message.add("Supported", "path, outbound")

    with stage.keeps_quiet(victim):
        attacker.register(change=change)
        refused_or_own(stage, attacker, colleague.invite(attacker.line.number))
    attacker.register(change=put(Contact="*", Expires="0"))
    assert attacker.register().status == 200
    stage.talk(colleague, attacker)


def test_a_registration_is_not_sent_on_along_a_route(stage: Stage) -> None:
    victim, attacker = stage.register(stage.north.hire()), stage.phone(stage.south.hire())
    route = f"<sip:{place(victim)};lr>"
    with stage.keeps_quiet(victim):
        stage.refused(attacker.register(change=lambda m: m.add("Route", route)))
    assert attacker.register().status == 200


def test_a_registrar_of_another_place_is_not_ours(stage: Stage) -> None:
    attacker = stage.phone(stage.south.hire())
    stage.refused(attacker.register(domain="nowhere.example"), 401, 403, 404)
    stage.refused(attacker.register(domain=f"{stage.sip[0]}:{stage.sip[1]}"), 400, 401, 403, 404)
    assert attacker.register().status == 200


def test_one_extension_has_few_phones_at_a_time(stage: Stage) -> None:
    person, colleague = stage.north.hire(), stage.register(stage.north.hire())
    answers = [stage.phone(person).register().status for _ in range(12)]
    assert answers[:4] == [200] * 4
    assert {*answers[4:]} <= {200, 403, 503}
    assert answers[-1] != 200
    here = stage.phone(person)
    assert len(where(stage, here)) == answers.count(200)
    stage.refused(colleague.invite("9998"), 404)


def test_nobody_stays_registered_for_ever(stage: Stage) -> None:
    phone = stage.phone(stage.north.hire())
    answer = phone.register(expires=99_999_999)
    assert answer.status == 200
    assert 0 < int(parameter(answer["Contact"], "expires") or answer["Expires"]) <= 3600


def test_an_escaped_number_is_no_other_number(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.north.hire()
    escaped = "".join(f"%{ord(digit):02x}" for digit in victim.line.number)
    attacker = stage.phone(own)
    for user in (escaped, f"{victim.line.number}%40{stage.north.domain}", "%00", "2001;x=1"):
        to = f"<sip:{user}@{stage.north.domain}>"
        stage.refused(attacker.register(change=put(To=to)), *DENIED)
    assert len(where(stage, victim)) == 1
    assert attacker.register().status == 200


def test_the_case_of_a_domain_makes_no_other_tenant(stage: Stage) -> None:
    victim, own = stage.register(stage.north.hire()), stage.south.hire()
    shouted = Line(victim.line.number, stage.north.domain.upper(), own.line.login)
    stage.refused(stage.phone(shouted).register(), *DENIED)
    assert len(where(stage, victim)) == 1
    reaches(stage, victim)
