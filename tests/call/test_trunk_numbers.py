"""How numbers are read and written between people and their carriers, as seen on the wire."""

from collections.abc import Iterator

import pytest

from tests.call.carrier.firms import Firms, TrunkFirm, call_in, found_firms
from tests.call.messages import Message, address
from tests.call.stage import Stage


@pytest.fixture(scope="module")
def firms(running: Stage) -> Iterator[Firms]:
    """Tenants with trunks by address: each carrier writes numbers in its own way."""
    with found_firms(running) as found:
        yield found


def dialled(stage: Stage, firm: TrunkFirm, number: str) -> Message:
    """Return the INVITE that a carrier gets when somebody dials a number; it is busy."""
    anna = firm.phone(stage)
    carrier = firm.carrier(stage)
    call = anna.invite(number)
    invite = carrier.expect("INVITE")
    carrier.reply(invite, 486)
    assert call.final().status == 486
    return invite


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("+4930555123", "+4930555123"),
        ("030555123", "+4930555123"),
        ("004930555123", "+4930555123"),
        ("0041445556677", "+41445556677"),
        ("+41445556677", "+41445556677"),
        ("116117", "116117"),
    ],
)
def test_what_people_dial_reaches_the_carrier_with_a_plus(
    stage: Stage, firms: Firms, number: str, sent: str
) -> None:
    invite = dialled(stage, firms.plus, number)

    assert address(invite.uri).startswith(f"sip:{sent}@")
    assert address(invite["To"]).startswith(f"sip:{sent}@")
    assert address(invite["From"]) == f"sip:+49301000@{firms.plus.host}"
    assert address(invite["P-Asserted-Identity"]) == f"sip:+49301000@{firms.plus.host}"


@pytest.mark.parametrize(
    ("number", "sent"), [("030555123", "4930555123"), ("0041445556677", "41445556677")]
)
def test_a_carrier_of_digits_gets_digits(
    stage: Stage, firms: Firms, number: str, sent: str
) -> None:
    invite = dialled(stage, firms.digits, number)

    assert address(invite.uri).startswith(f"sip:{sent}@")
    assert address(invite["From"]).startswith("sip:49302000@")


@pytest.mark.parametrize(
    ("number", "sent"), [("+4930555123", "030555123"), ("+41445556677", "0041445556677")]
)
def test_a_national_carrier_gets_prefixes(
    stage: Stage, firms: Firms, number: str, sent: str
) -> None:
    invite = dialled(stage, firms.national, number)

    assert address(invite.uri).startswith(f"sip:{sent}@")
    assert address(invite["From"]).startswith("sip:0303000@")


@pytest.mark.parametrize(
    ("number", "sent"),
    [
        ("2125551234", "+12125551234"),
        ("12125551234", "+12125551234"),
        ("0114930555123", "+4930555123"),
    ],
)
def test_a_country_without_a_prefix_to_dial_is_read_in_its_own_way(
    stage: Stage, firms: Firms, number: str, sent: str
) -> None:
    assert address(dialled(stage, firms.american, number).uri).startswith(f"sip:{sent}@")


@pytest.mark.parametrize("number", ["20", "2999", "5551", "0", "abc", "+0", "*21*1#"])
def test_what_is_no_number_reaches_no_carrier(stage: Stage, firms: Firms, number: str) -> None:
    anna = firms.plus.phone(stage)
    carrier = firms.plus.carrier(stage)

    with stage.keeps_quiet(carrier):
        answer = stage.refused(anna.invite(number), 404)

    assert "no-such-number" in answer["Warning"]


@pytest.mark.parametrize("called", ["+49301000", "49301000", "0049301000", "0301000", "301000"])
def test_a_called_number_is_found_however_the_carrier_writes_it(
    stage: Stage, firms: Firms, called: str
) -> None:
    anna = firms.plus.phone(stage)
    carrier = firms.plus.carrier(stage)

    call = call_in(stage, carrier, called)

    anna.reply(anna.expect("INVITE"), 486)
    assert call.final().status == 486


@pytest.mark.parametrize(
    ("kind", "caller", "shown"),
    [
        ("plus", "+4930777", "+4930777"),
        ("plus", "0049307771", "+49307771"),
        ("plus", "0307771", "+49307771"),
        ("plus", "49307771234", "+49307771234"),
        ("plus", "anonymous", "anonymous"),
        ("plus", "unknown.caller", "anonymous"),
        ("plus", "2002", "~2002"),
        ("digits", "41445556677", "+41445556677"),
        ("national", "307771234", "+49307771234"),
        ("national", "0041445556677", "+41445556677"),
    ],
)
def test_a_caller_is_shown_in_the_form_of_the_whole_world(
    stage: Stage, firms: Firms, kind: str, caller: str, shown: str
) -> None:
    firm: TrunkFirm = getattr(firms, kind)
    anna = firm.phone(stage)
    carrier = firm.carrier(stage, as_number=caller)

    call = call_in(stage, carrier, f"+{firm.number}")

    invite = anna.expect("INVITE")
    anna.reply(invite, 486)
    assert call.final().status == 486
    assert address(invite["From"]) == f"sip:{shown}@{firm.domain}"
    assert "carrier" not in invite["From"]


def test_a_caller_who_hides_is_not_shown(stage: Stage, firms: Firms) -> None:
    anna = firms.plus.phone(stage)
    carrier = firms.plus.carrier(stage, as_number="+4930777")

    def hide(message: Message) -> None:
        message.add("Privacy", "id")
        message.add("P-Asserted-Identity", "<sip:+4930777@carrier.example>")

    call = call_in(stage, carrier, f"+{firms.plus.number}", change=hide)

    invite = anna.expect("INVITE")
    anna.reply(invite, 486)
    call.final()
    assert "30777" not in invite["From"] + invite["P-Asserted-Identity"]
