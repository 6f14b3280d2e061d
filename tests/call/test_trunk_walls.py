"""What a carrier may not do, each with its twin that it may: nothing but call numbers of ours."""

from collections.abc import Iterator

import pytest

from tests.call.carrier.firms import (
    TrunkFirm,
    add_trunk_number,
    call_in,
    found_trunk_firm,
    is_told,
    remove_trunk,
    told_of,
    wait_until_told,
)
from tests.call.messages import Message, address
from tests.call.stage import Stage
from tests.call.wire import Dialog, Phone
from tests.databases import point_django

SHARED = "127.17.4.9"


@pytest.fixture(scope="module")
def here(running: Stage) -> Iterator[TrunkFirm]:
    """A tenant with a carrier of its own."""
    point_django(running.ground.conninfo)
    firm = found_trunk_firm("herefirm", number=49308000, address="127.17.4.1")
    wait_until_told(running, firm)
    yield firm
    remove_trunk(firm)


@pytest.fixture(scope="module")
def there(running: Stage, here: TrunkFirm) -> Iterator[TrunkFirm]:
    """Another tenant with another carrier."""
    firm = found_trunk_firm("therefirm", number=49308100, address="127.17.4.2")
    wait_until_told(running, firm)
    yield firm
    remove_trunk(firm)


@pytest.fixture(scope="module")
def sharing(running: Stage) -> Iterator[tuple[TrunkFirm, TrunkFirm]]:
    """Two tenants with the same carrier."""
    point_django(running.ground.conninfo)
    firms = (
        found_trunk_firm("leftfirm", number=49308200, address=SHARED),
        found_trunk_firm("rightfirm", number=49308300, address=SHARED),
    )
    wait_until_told(running, firms[1])
    yield firms
    for firm in firms:
        remove_trunk(firm)


def rings(stage: Stage, carrier: Phone, firm: TrunkFirm, phone: Phone | None = None) -> None:
    """Check that a carrier reaches the person of a firm: the valid twin."""
    phone = phone or firm.phone(stage)
    call = call_in(stage, carrier, f"+{firm.number}")
    phone.reply(phone.expect("INVITE"), 486)
    assert call.final().status == 486


def test_a_carrier_reaches_no_number_of_another_tenant(
    stage: Stage, here: TrunkFirm, there: TrunkFirm
) -> None:
    carrier, victim = here.carrier(stage), there.phone(stage)

    with stage.keeps_quiet(victim):
        stage.refused(call_in(stage, carrier, f"+{there.number}"), 404)

    rings(stage, carrier, here)
    rings(stage, there.carrier(stage), there, victim)


def test_a_stranger_reaches_no_number(stage: Stage, here: TrunkFirm) -> None:
    carrier, victim = here.carrier(stage), here.phone(stage)
    stranger = stage.phone(carrier.line, source="127.19.0.1")

    with stage.keeps_quiet(victim):
        stage.refused(call_in(stage, stranger, f"+{here.number}"), 403)

    rings(stage, carrier, here, victim)


@pytest.mark.parametrize("called", ["+4930555123", "112", "2001", "trunk", "", "+49308000x"])
def test_a_carrier_gets_nothing_but_numbers_that_are_somebodys(
    stage: Stage, here: TrunkFirm, there: TrunkFirm, called: str
) -> None:
    carrier, other = here.carrier(stage), there.carrier(stage)

    with stage.keeps_quiet(other, here.phone(stage)):
        stage.refused(call_in(stage, carrier, called or "0"), 404)


@pytest.mark.parametrize("called", ["2001@herefirm.example", "2001@therefirm.example"])
def test_a_carrier_calls_no_extension_by_its_number(
    stage: Stage, here: TrunkFirm, there: TrunkFirm, called: str
) -> None:
    carrier = here.carrier(stage)
    message = carrier.compose("INVITE", f"sip:{called}", body=carrier.sdp)

    with stage.keeps_quiet(here.phone(stage), there.phone(stage)):
        stage.refused(carrier.ask(message), 404)


def test_a_carrier_that_speaks_for_a_person_has_to_sign_in(stage: Stage, here: TrunkFirm) -> None:
    carrier = here.carrier(stage)
    message = carrier.compose(
        "INVITE",
        f"sip:+{here.number}@{here.domain}",
        sender=f"<sip:2001@{here.domain}>;tag=abc",
        body=carrier.sdp,
    )

    with stage.keeps_quiet(here.phone(stage)):
        stage.refused(carrier.ask(message), 401, 407)


def test_a_carrier_registers_nothing(stage: Stage, here: TrunkFirm) -> None:
    carrier = here.carrier(stage)

    assert carrier.register().status in {401, 403, 407}
    assert not stage.ground.rows("SELECT * FROM sip.location WHERE domain = 'carrier.example'")


def test_what_a_carrier_says_of_identities_reaches_no_phone(stage: Stage, here: TrunkFirm) -> None:
    phone, carrier = here.phone(stage), here.carrier(stage)

    def boast(message: Message) -> None:
        message.add("P-Asserted-Identity", "<sip:2002@herefirm.example>")
        message.add("Remote-Party-ID", "<sip:2002@herefirm.example>")
        message.add("Alert-Info", "<http://elsewhere.example/ring.wav>")

    call = call_in(stage, carrier, f"+{here.number}", change=boast)
    invite = phone.expect("INVITE")
    phone.reply(invite, 486)
    call.final()

    assert "2002" not in invite.text
    assert "elsewhere" not in invite.text


def test_a_tenant_that_names_the_whole_world_as_its_carrier_takes_nobodys_calls(
    stage: Stage, here: TrunkFirm, there: TrunkFirm
) -> None:
    stage.ground.tell(
        "UPDATE calling_trunk SET addresses = '{127.0.0.0/8}' WHERE tenant_id = %s",
        here.firm.tenant_id,
    )
    told_of(lambda: is_told(stage, "carrier", f"127::{here.domain}"), "the whole world")
    anna, ben = stage.pair()

    stage.talk(anna, ben)
    rings(stage, there.carrier(stage), there)

    stage.ground.tell(
        "UPDATE calling_trunk SET addresses = '{}' WHERE tenant_id = %s", here.firm.tenant_id
    )
    told_of(lambda: not is_told(stage, "carrier", f"127::{here.domain}"), "its own carrier")


def test_tenants_with_the_same_carrier_are_told_by_the_number(
    stage: Stage, sharing: tuple[TrunkFirm, TrunkFirm]
) -> None:
    left, right = sharing
    carrier = left.carrier(stage)

    rings(stage, carrier, left)
    rings(stage, carrier, right)


def test_a_number_that_two_tenants_claim_is_of_whoever_claimed_it_first(
    stage: Stage, sharing: tuple[TrunkFirm, TrunkFirm]
) -> None:
    left, right = sharing
    for firm in (right, left):
        add_trunk_number(firm.person, 49308299, shown=False)
    carrier, victim, thief = left.carrier(stage), right.phone(stage), left.phone(stage)

    with stage.keeps_quiet(thief):
        call = call_in(stage, carrier, "+49308299")
        victim.reply(victim.expect("INVITE"), 486)
        assert call.final().status == 486


def test_a_number_that_rings_nobody_is_not_taken_by_another_tenant(
    stage: Stage, sharing: tuple[TrunkFirm, TrunkFirm]
) -> None:
    left, right = sharing
    add_trunk_number(right.person, 49308298, shown=False)
    add_trunk_number(left.person, 49308298, shown=False)
    stage.ground.tell(
        "UPDATE calling_trunknumber SET extension_id = NULL WHERE tenant_id = %s AND number = %s",
        right.firm.tenant_id,
        49308298,
    )
    carrier, thief = left.carrier(stage), left.phone(stage)

    with stage.keeps_quiet(thief, right.phone(stage)):
        stage.refused(call_in(stage, carrier, "+49308298"), 404)

    rings(stage, carrier, left, thief)


@pytest.mark.parametrize("caller", ["2002", "2001", "2.002", "+2002", "20-02", "sales2002"])
def test_nobody_outside_is_shown_with_the_number_of_a_colleague(
    stage: Stage, here: TrunkFirm, caller: str
) -> None:
    phone, carrier = here.phone(stage), here.carrier(stage, as_number=caller)

    call = call_in(stage, carrier, f"+{here.number}")
    invite = phone.expect("INVITE")
    phone.reply(invite, 486)
    call.final()

    assert address(invite["From"]) == f"sip:~{caller}@{here.domain}"
    assert not invite["P-Asserted-Identity"]
    (record,) = told_rows(
        stage,
        "SELECT caller_id, caller_number FROM calling_call WHERE sip_call_id = %s",
        call.request["Call-ID"],
    )
    assert (record["caller_id"], record["caller_number"]) == (None, f"~{caller}")


@pytest.mark.parametrize("caller", ["sales", "unknown.caller", "20%3002", "a(b)2"])
def test_what_is_no_number_of_the_telephone_network_is_anonymous(
    stage: Stage, here: TrunkFirm, caller: str
) -> None:
    phone, carrier = here.phone(stage), here.carrier(stage, as_number=caller)

    call = call_in(stage, carrier, f"+{here.number}")
    invite = phone.expect("INVITE")
    phone.reply(invite, 486)
    call.final()

    assert address(invite["From"]) == f"sip:anonymous@{here.domain}"


def test_until_all_is_told_nothing_is_refused_for_good(stage: Stage, here: TrunkFirm) -> None:
    anna, carrier = here.phone(stage), here.carrier(stage)
    ben = stage.register(here.firm.hire())
    stage.ask("htable.delete", "told", "facts")
    try:
        answers = [
            stage.refused(anna.invite("112"), 503),
            stage.refused(anna.invite("+4930555123"), 503),
            stage.refused(call_in(stage, carrier, f"+{here.number}"), 503),
        ]
        stage.talk(anna, ben)
    finally:
        stage.ask("htable.sets", "told", "facts", "1")

    assert all(int(answer["Retry-After"]) > 0 for answer in answers)
    assert all("switch-starting" in answer["Warning"] for answer in answers[:2])
    rings(stage, carrier, here, anna)


def test_of_a_tenant_that_was_not_told_yet_nothing_is_refused_for_good(
    stage: Stage, here: TrunkFirm
) -> None:
    anna, ben = here.phone(stage), stage.register(here.firm.hire())
    plan = stage.ask("htable.get", "trunk", f"{here.domain}::plan")
    assert isinstance(plan, dict)
    stage.ask("htable.delete", "trunk", f"{here.domain}::plan")
    try:
        answers = [stage.refused(anna.invite(number), 503) for number in ("112", "4999")]
        stage.talk(anna, ben)
    finally:
        stage.ask("htable.sets", "trunk", f"{here.domain}::plan", plan["item"]["value"])

    assert all("switch-starting" in answer["Warning"] for answer in answers)
    stage.refused(anna.invite("4999"), 404)


def told_rows(stage: Stage, question: str, value: str) -> list[dict[str, object]]:
    """Return the rows of a record, when they are there."""
    told_of(lambda: bool(stage.ground.rows(question, value)), "record")
    return stage.ground.rows(question, value)


def outside(stage: Stage, phone: Phone, carrier: Phone) -> tuple[Dialog, Message]:
    """Have somebody talk with somebody outside; return the call, and what the carrier saw of it."""
    call = phone.invite("+4930555123")
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 200, tag=f"there{invite['Call-ID'][:8]}", body=carrier.sdp)
    dialog = call.answered()
    carrier.expect("ACK")
    return dialog, invite


def test_calls_outside_are_bounded_and_calls_for_help_are_not(
    stage: Stage, here: TrunkFirm
) -> None:
    eve = here.firm.hire()
    add_trunk_number(eve, 49308066)
    phone, carrier = stage.register(eve), here.carrier(stage)
    most = stage.switch.plan.limits.paid_per_extension
    dialogs = [outside(stage, phone, carrier)[0] for _ in range(most)]

    with stage.keeps_quiet(carrier):
        answer = stage.refused(phone.invite("+4930555124"), 503)
    assert "too-many-calls" in answer["Warning"]

    others = here.phone(stage).invite("+4930555125")
    carrier.reply(carrier.expect("INVITE"), 486)
    assert others.final().status == 486
    help_call = phone.invite("112")
    carrier.reply(carrier.expect("INVITE"), 486)
    assert help_call.final().status == 486

    for dialog in dialogs:
        over = dialog.start("BYE")
        carrier.reply(carrier.expect("BYE"), 200)
        assert over.final().status == 200
    again = phone.invite("+4930555126")
    carrier.reply(carrier.expect("INVITE"), 486)
    assert again.final().status == 486


def test_a_call_that_failed_is_not_counted(stage: Stage, here: TrunkFirm) -> None:
    phone, carrier = here.phone(stage), here.carrier(stage)

    for number in range(stage.switch.plan.limits.paid_per_extension + 2):
        call = phone.invite(f"+493055513{number}")
        carrier.reply(carrier.expect("INVITE"), 486)
        assert call.final().status == 486


def test_a_number_of_somebody_who_is_blocked_is_nobodys(stage: Stage, here: TrunkFirm) -> None:
    eve = here.firm.hire()
    add_trunk_number(eve, 49308077)
    phone, carrier = stage.register(eve), here.carrier(stage)
    call = call_in(stage, carrier, "+49308077")
    phone.reply(phone.expect("INVITE"), 486)
    assert call.final().status == 486

    stage.ground.tell(
        "UPDATE telephony_extension SET state = 'blocked' WHERE id = %s", eve.extension_id
    )

    with stage.keeps_quiet(phone):
        stage.refused(call_in(stage, carrier, "+49308077"), 404)


def test_within_a_call_nobody_speaks_for_the_carrier(stage: Stage, here: TrunkFirm) -> None:
    anna, carrier = here.phone(stage), here.carrier(stage)
    call = anna.invite("+4930555123")
    invite = carrier.expect("INVITE")
    ok = carrier.reply(invite, 200, tag="there", body=carrier.sdp)
    dialog = call.answered()
    carrier.expect("ACK")
    stranger = stage.phone(carrier.line, source="127.19.0.2")
    bye = stranger.compose(
        "BYE", address(invite["Contact"]), sender=ok["To"], to=ok["From"], call_id=ok["Call-ID"]
    )

    with stage.keeps_quiet(anna, carrier):
        stage.refused(stranger.ask(bye), 481)

    over = dialog.start("BYE")
    carrier.reply(carrier.expect("BYE"), 200)
    assert over.final().status == 200
