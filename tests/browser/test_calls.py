"""People who signed in with Microsoft call each other, and the world, in their browsers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from playwright.sync_api import expect, sync_playwright

from tests.browser.web_phones import (
    FIRST_NUMBER,
    WATCH,
    Board,
    WebPhone,
    hear_each_other,
    open_board,
)
from tests.call.baresip import baresip
from tests.call.messages import address
from tests.call.speech import speaking
from tests.simulator.control import op


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    """The service with its switch."""
    with (
        pytest.MonkeyPatch.context() as patch,
        sync_playwright() as playwright,
    ):
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with open_board(playwright) as board:
            yield board
        connections.close_all()


@pytest.fixture(autouse=True)
def fresh_connections(board: Board) -> Iterator[None]:
    """Let a test find no connection of Django's to a service that has ended since."""
    connections.close_all()
    board.forget()
    yield
    connections.close_all()


def test_two_people_hear_each_other_hold_and_hang_up(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ringing = ben.awaits("incoming")
        expect(ringing).to_contain_text(anna.someone.name)
        expect(anna.awaits("ringing")).to_contain_text(ben.someone.name)
        ben.does("answer", "incoming")
        anna.awaits("talking")
        ben.awaits("talking")
        hear_each_other(anna, ben)

        anna.does("hold", "talking")
        anna.awaits("held")
        ben.page.wait_for_timeout(1000)
        before = ben.sound()
        ben.page.wait_for_timeout(1500)
        assert ben.sound().energy - before.energy < 0.001
        anna.does("hold", "held")
        anna.awaits("talking")
        hear_each_other(anna, ben)

        ben.does("end", "talking")
        anna.has_none()
        ben.has_none()
        record = board.newest()
        assert (record["direction"], record["result"]) == ("internal", "answered")
        assert (record["caller_number"], record["callee_number"]) == (anna.number, ben.number)
        assert record["seconds"] >= 2


def test_a_call_is_declined(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.does("decline", "incoming")
        expect(anna.awaits("over")).to_contain_text("decline", ignore_case=True)
        ben.has_none()
        assert board.newest()["result"] == "declined"


def test_a_caller_who_thinks_better_of_it_stops_the_ringing(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ben.awaits("incoming")
        anna.awaits("ringing")
        anna.does("end", "ringing")
        ben.has_none()
        anna.has_none()
        assert board.newest()["result"] == "cancelled"


def test_a_call_that_nobody_answers_ends_with_words(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ben.awaits("incoming")
        expect(anna.awaits("over", within=45_000)).to_contain_text("answer", ignore_case=True)
        ben.has_none()
        assert board.newest()["result"] == "no-answer"


def test_somebody_who_is_busy_is_said_to_be(board: Board) -> None:
    desk = board.desk_phone(board.entrance.people[2], source="127.18.9.1")
    with board.web_phone(0) as anna:
        anna.call(desk.line.number)
        desk.reply(desk.expect("INVITE"), 486)
        expect(anna.awaits("over")).to_contain_text("busy", ignore_case=True)
        assert board.newest()["result"] == "busy"
    desk.close()


def test_a_number_that_nobody_has_is_said_to_be_none(board: Board) -> None:
    with board.web_phone(0) as anna:
        anna.call("7999")
        anna.awaits("grave")
        anna.has_none()


def test_somebody_who_is_not_at_a_phone_is_said_to_be_away(board: Board) -> None:
    with board.web_phone(0) as anna:
        anna.call(board.extension(board.entrance.people[5])[1])
        anna.awaits("over")
        anna.has_none()
        assert board.newest()["result"] == "unreachable"


def test_a_call_is_handed_over_without_asking(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben, board.web_phone(2) as clara:
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        anna.awaits("talking")
        ben.awaits("talking")
        ben.does("transfer", "talking")
        ben.page.fill(".call [name=to]", clara.number)
        ben.does("hand-over", "talking")
        expect(clara.awaits("incoming")).to_contain_text(anna.someone.name)
        clara.does("answer", "incoming")
        clara.awaits("talking")
        hear_each_other(anna, clara)
        ben.has_none()
        clara.does("end", "talking")
        anna.has_none()


def test_a_call_is_handed_over_after_asking(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben, board.web_phone(2) as clara:
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        anna.awaits("talking")
        ben.awaits("talking")
        ben.does("transfer", "talking")
        ben.page.fill(".call [name=to]", clara.number)
        ben.does("consult", "talking")
        ben.awaits("held")
        clara.awaits("incoming")
        clara.does("answer", "incoming")
        ben.awaits("talking")
        hear_each_other(ben, clara)
        ben.does("connect", "talking")
        ben.has_none()
        anna.awaits("talking")
        clara.awaits("talking")
        hear_each_other(anna, clara)
        clara.does("end", "talking")
        anna.has_none()


def test_a_web_phone_and_a_desk_phone_hear_each_other(board: Board) -> None:
    source = "127.18.9.2"
    desk = board.desk_phone(board.entrance.people[3], source=source)
    with board.web_phone(0) as anna, speaking(source, desk.rtp_port) as speech:
        anna.call(desk.line.number)
        ringing = desk.expect("INVITE")
        assert b"RTP/AVP" in ringing.body
        tag = desk.ring(ringing)
        anna.awaits("ringing")
        speech.say_to(ringing)
        there = desk.pick_up(ringing, tag=tag)
        anna.awaits("talking")
        hear_each_other(anna)
        loud = speech.loud
        anna.page.wait_for_timeout(2500)
        assert speech.loud > loud
        anna.does("end", "talking")
        desk.reply(desk.expect("BYE"), 200)
        anna.has_none()

        call = desk.invite(anna.number)
        anna.awaits("incoming")
        anna.does("answer", "incoming")
        here = call.answered()
        speech.say_to(here.response)
        hear_each_other(anna)
        bye = here.start("BYE")
        assert bye.final().status == 200
        anna.has_none()
        assert there.call_id != here.call_id
    desk.close()


def test_a_web_phone_and_baresip_hear_each_other(board: Board, tmp_path: Path) -> None:
    line = board.desk_line(board.entrance.people[3])
    with baresip(line, board.sip, tmp_path) as desk, board.web_phone(0) as anna:
        anna.call(line.number)
        anna.awaits("talking")
        hear_each_other(anna)
        assert desk.heard
        anna.does("end", "talking")
        anna.has_none()


@pytest.mark.parametrize("written", ["+{digits}", "{digits}", "0{national}", "00{digits}"])
def test_a_caller_of_the_telephone_network_is_shown_by_the_own_contacts_name(
    board: Board, tmp_path: Path, written: str
) -> None:
    who = board.entrance.people[0]
    name, number = board.contact_of(who)
    caller = written.format(digits=number[1:], national=number[3:])
    with board.carrier(tmp_path, who) as carrier, board.web_phone(0) as anna:
        called = f"+{FIRST_NUMBER}" if written[0] == "+" else str(FIRST_NUMBER)
        with carrier.play("calls", to=board.sip, called=called, caller=caller):
            ringing = anna.awaits("incoming")
            expect(ringing.locator("[data-name]")).to_have_text(name)
            anna.does("answer", "incoming")
            anna.has_none()
        record = board.newest()
        assert (record["direction"], record["result"]) == ("inbound", "answered")
        assert record["caller_number"] == number


def test_a_click_on_a_contact_reaches_the_carrier_with_the_right_number(
    board: Board, tmp_path: Path
) -> None:
    who = board.entrance.people[0]
    name, number = board.contact_of(who)
    with board.carrier(tmp_path, who) as carrier, board.web_phone(0) as anna:
        with carrier.play("answers", echo=True) as playing:
            anna.page.fill("#q", number[3:])
            anna.page.locator("#found [data-row]", has_text=name).first.click()
            anna.page.locator(f'#detail [data-call="{number}"]').first.click()
            anna.awaits("talking")
            expect(anna.card("talking").locator("[data-name]")).to_have_text(name)
            hear_each_other(anna)
            anna.does("end", "talking")
        invite, *_ = playing.heard("INVITE", "ACK", "BYE")
        assert address(invite.uri).startswith(f"sip:{number}@")
        assert address(invite["From"]).startswith(f"sip:+{FIRST_NUMBER}@")
        assert address(invite["P-Asserted-Identity"]).startswith(f"sip:+{FIRST_NUMBER}@")


def test_without_a_carrier_an_emergency_call_is_refused_aloud(board: Board) -> None:
    with board.web_phone(0) as anna:
        anna.call("112")
        expect(anna.awaits("grave")).to_contain_text("mobile", ignore_case=True)
        expect(anna.page.locator("#alarm")).not_to_be_empty()
        assert board.newest()["emergency"]


def test_a_phone_that_is_loaded_anew_while_it_rings_rings_again(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.page.reload()
        ben.registered()
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        anna.awaits("talking")
        hear_each_other(anna, ben)
        anna.does("end", "talking")
        ben.has_none()


def test_one_tab_is_the_phone_and_another_takes_over_when_asked(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        second = anna.page.context.new_page()
        second.add_init_script(WATCH)
        second.goto("/phone/")
        expect(second.locator("[data-elsewhere]")).to_be_visible()
        anna.registered()
        second.click("[data-take]")
        other = WebPhone(second, anna.someone, anna.number)
        other.registered()
        expect(anna.page.locator("[data-elsewhere]")).to_be_visible()
        ben.call(anna.number)
        other.awaits("incoming")
        expect(anna.card()).to_have_count(0)
        other.does("answer", "incoming")
        ben.awaits("talking")
        hear_each_other(other, ben)
        other.does("end", "talking")
        ben.has_none()


def test_somebody_whom_a_run_blocks_ends_the_call_and_makes_no_other(board: Board) -> None:
    with board.web_phone(6) as leaver, board.web_phone(1) as ben:
        leaver.call(ben.number)
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        leaver.awaits("talking")
        board.entrance.directory.change(op("disable", user=leaver.someone.object_id))
        board.entrance.sync()
        board.awaits_gone(leaver.number)
        leaver.awaits("talking")
        hear_each_other(leaver, ben)
        leaver.does("end", "talking")
        ben.has_none()
        ben.call(leaver.number)
        ben.awaits("grave")
        leaver.call(ben.number)
        leaver.awaits("grave")
        expect(ben.card("incoming")).to_have_count(0)
