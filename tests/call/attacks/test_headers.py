"""Headers that claim something, or that would lead a request or its answers astray."""

import pytest

from tests.call.changes import add, place, put
from tests.call.messages import Message, address, parameter
from tests.call.stage import Stage
from tests.call.wire import Change, Phone


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


CLAIM = "+493055501234"
CLAIMS = {
    "P-Asserted-Identity": '"The Chairwoman" <sip:{claim}@{south}>',
    "P-Preferred-Identity": '"The Chairwoman" <sip:{claim}@{south}>',
    "Remote-Party-ID": '"The Chairwoman" <sip:{claim}@{south}>;party=calling;screen=yes',
    "Diversion": "<sip:{claim}@{south}>;reason=unconditional",
    "History-Info": "<sip:{claim}@{south}>;index=1",
    "P-Charge-Info": "<sip:{claim}@{south}>",
    "P-Called-Party-ID": "<sip:{claim}@{south}>",
    "P-Served-User": "<sip:{claim}@{south}>",
    "P-Asserted-Service": "{claim}",
    "Referred-By": "<sip:{claim}@{south}>",
    "Identity": "{claim};info=<https://{south}/c.pem>",
    "X-Tenant": "{south} {claim}",
    "X-Original-From": "<sip:{claim}@{south}>",
    "p-asserted-identity": "<sip:{claim}@{south}>",
    "P-Asserted-Identity ": "<sip:{claim}@{south}>",
    "REMOTE-PARTY-ID": "<sip:{claim}@{south}>",
    "b": "<sip:{claim}@{south}>",
    "y": "{claim};info=<https://{south}/c.pem>",
    "n": "<https://{south}/{claim}.pem>",
    "Subject": "{claim}",
    "Organization": "{south} {claim}",
    "Call-Info": "<https://{south}/{claim}>;purpose=icon",
    "Alert-Info": "<https://{south}/{claim}.wav>",
}


@pytest.mark.parametrize("name", CLAIMS)
def test_what_a_phone_claims_about_itself_is_not_passed_on(
    stage: Stage, caller: Phone, colleague: Phone, name: str
) -> None:
    claim = CLAIMS[name].format(claim=CLAIM, south=stage.south.domain)
    seen = stage.talk(caller, colleague, change=add(name, claim))
    assert CLAIM not in seen.text
    assert "Chairwoman" not in seen.text
    assert address(seen["From"]) == caller.line.uri
    assert CLAIM not in stage.talk(caller, colleague).text


@pytest.mark.parametrize(
    "routes",
    [
        ("<sip:{victim};lr>",),
        ("<sip:{victim}>",),
        ("<sip:{switch};lr>", "<sip:{victim};lr>"),
        ("<sip:{switch};lr>", "<sip:{switch};lr>", "<sip:{victim};lr>"),
        ("<sip:{switch};lr>,<sip:{victim};lr>",),
        ("<sip:{switch};transport=tcp;lr>, <sip:x@{victim};lr;transport=udp>",),
        ("<sip:{north};lr>", "<sip:{victim};lr>"),
        ("<sip:{number}@{south};lr>",),
        ("<sip:{switch};lr;maddr={host}>",),
        ("<sip:{switch};lr;r2=on>", "<sip:{switch};lr;r2=on;vsf=AAAA>", "<sip:{victim};lr>"),
    ],
)
@pytest.mark.parametrize("proven", [True, False], ids=["with", "without"])
def test_a_route_of_the_phones_own_leads_to_nobody(
    stage: Stage, caller: Phone, colleague: Phone, routes: tuple[str, ...], *, proven: bool
) -> None:
    victim = stage.register(stage.south.hire(6000))
    named = [
        route.format(
            victim=place(victim),
            host=victim.wire.host,
            number=victim.line.number,
            switch=f"{stage.sip[0]}:{stage.sip[1]}",
            north=stage.north.domain,
            south=stage.south.domain,
        )
        for route in routes
    ]
    for uri in (victim.line.uri, f"sip:{victim.line.number}@{place(victim)}"):
        with stage.keeps_quiet(victim):
            message = caller.compose("INVITE", uri, body=caller.sdp)
            if proven:
                stage.refused(caller.ask_authorised(message, change=add("Route", *named)))
            else:
                add("Route", *named)(message)
                stage.refused(caller.ask(message))
    stage.talk(caller, colleague)


def test_a_preloaded_route_to_the_switch_itself_is_nothing_bad(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    """Some phones send everything by their outbound proxy: the twin of the attempts above."""
    own = f"<sip:{stage.sip[0]}:{stage.sip[1]};lr>"
    seen = stage.talk(caller, colleague, change=lambda m: _unless_inside(m, own))
    assert not seen["Route"]


def _unless_inside(message: Message, route: str) -> None:
    if message.method == "INVITE":
        add("Route", route)(message)


def test_a_recorded_route_of_the_phones_own_leads_to_nobody(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    """The callee answers along the recorded routes: none may be one that the caller made up."""
    planted = add("Record-Route", f"<sip:{place(victim)};lr>")
    with stage.keeps_quiet(victim):
        here, there = stage.connect(caller, colleague, change=planted)
        assert there.hang_up(here).status == 200
    stage.talk(caller, colleague)


@pytest.mark.parametrize(
    "contact",
    [
        "<sip:{number}@{victim}>",
        "<sip:{number}@{victim};transport=udp>",
        "<sip:x@{own};maddr={host}>",
        "<sip:x@{own};alias={host}~{port}~1>",
        "<sip:x@{own}?Route=%3Csip:{victim};lr%3E>",
        "<sip:{number}@{south}>",
    ],
)
def test_a_contact_of_somebody_else_draws_nothing_there(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone, contact: str
) -> None:
    """What the other side sends inside the call goes to where the caller really is."""
    named = contact.format(
        number=victim.line.number,
        victim=place(victim),
        host=victim.wire.host,
        port=victim.wire.port,
        own=place(caller),
        south=stage.south.domain,
    )
    with stage.keeps_quiet(victim):
        _, there = stage.connect(caller, colleague, change=_invite_with(named))
        bye = there.start("BYE")
        if "?" in named:
            stage.refused(bye, 400)  # a phone that names itself like that cannot be asked
        else:
            caller.reply(caller.expect("BYE"), 200)
            assert bye.final().status == 200
    stage.talk(caller, colleague)


def _invite_with(contact: str) -> Change:
    def change(message: Message) -> None:
        if message.method == "INVITE":
            message["Contact"] = contact

    return change


def test_a_callees_contact_of_somebody_else_draws_nothing_there(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    with stage.keeps_quiet(victim):
        call = caller.invite(colleague.line.number)
        ringing = colleague.expect("INVITE")
        planted = put(Contact=f"<sip:{victim.line.number}@{place(victim)}>")
        ok = colleague.reply(ringing, 200, body=colleague.sdp, change=planted)
        here = call.answered()
        colleague.expect("ACK")
        bye = here.start("BYE")
        colleague.reply(colleague.expect("BYE"), 200)
        assert bye.final().status == 200
        assert ok.status == 200
    stage.talk(caller, colleague)


def test_answers_go_back_to_where_the_request_came_from(
    stage: Stage, caller: Phone, colleague: Phone, victim: Phone
) -> None:
    """Via is the sender's word: with rport or without, the answer is not sent to others."""
    seen = f"received={victim.wire.host};rport={victim.wire.port}"
    for via in (
        f"SIP/2.0/UDP {place(victim)};branch=z9hG4bKv1;rport",
        f"SIP/2.0/UDP {place(caller)};branch=z9hG4bKv2;{seen}",
        f"SIP/2.0/UDP {place(caller)};branch=z9hG4bKv3;rport;maddr={victim.wire.host}",
        f"SIP/2.0/UDP {victim.wire.host}:{victim.wire.port};branch=z9hG4bKv4",
        f"SIP/2.0/TCP {place(victim)};branch=z9hG4bKv5;rport;alias",
    ):
        with stage.keeps_quiet(victim):
            message = caller.compose("OPTIONS", f"sip:{stage.north.domain}")
            message["Via"] = via
            caller.send(message)
            invite = caller.compose("INVITE", colleague.line.uri, body=caller.sdp)
            invite["Via"] = via.replace("z9hG4bKv", "z9hG4bKw")
            caller.send(invite)
    caller.heard(0.2)
    stage.talk(caller, colleague)


def test_a_replaced_call_is_one_of_the_own_tenant(
    stage: Stage, caller: Phone, colleague: Phone
) -> None:
    """Replaces ends a call: with identifiers of another tenant's call it ends nothing."""
    abroad = stage.register(stage.south.hire()), stage.register(stage.south.hire())
    here, there = stage.connect(*abroad)
    tags = f";to-tag={parameter(there.own, 'tag')};from-tag={parameter(here.own, 'tag')}"
    with stage.keeps_quiet(*abroad):
        call = caller.invite(colleague.line.number, change=put(Replaces=here.call_id + tags))
        for invite in colleague.heard(0.4):
            colleague.reply(invite, 486)
        stage.refused(call)
    assert here.hang_up(there).status == 200
    stage.talk(caller, colleague)
