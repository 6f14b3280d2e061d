"""What goes wrong at a web phone, and how it says so; keys, and how it looks in a call."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from playwright.sync_api import Page, WebSocketRoute, expect, sync_playwright

from rollcall.accounts.models import Session
from tests.browser.visits import SCREENS, serious_findings
from tests.browser.web_phones import Board, WebPhone, hear_each_other, open_board
from tests.call.messages import Message, parameter

SIZES = {1440: 900, 390: 844, 360: 740}
REFUSES = """navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException("", window.refusal);
}"""

OPENS_LATE = """window.opened = [];
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((go) => setTimeout(go, 1500));
    const stream = await open(wanted);
    window.opened.push(...stream.getTracks());
    return stream;
}; 0"""


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    """The service with its switch."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        with open_board(playwright) as board:
            yield board
        connections.close_all()


@pytest.fixture(autouse=True)
def fresh_connections(board: Board) -> Iterator[None]:
    """Let a test find no connection of Django's to a service that has ended since."""
    connections.close_all()
    yield
    connections.close_all()


@contextmanager
def talking(board: Board) -> Iterator[tuple[WebPhone, WebPhone]]:
    """Have two people in a call."""
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        anna.awaits("talking")
        ben.awaits("talking")
        yield anna, ben


def status(page: Page) -> str:
    """Return what the corner says."""
    return page.locator("[data-line-words]").inner_text()


def test_a_call_outlives_a_change_of_networks(board: Board) -> None:
    with talking(board) as (anna, ben):
        anna.page.context.set_offline(offline=True)
        expect(anna.page.locator('body[data-line="offline"]')).to_have_count(1)
        assert "no network" in status(anna.page)
        expect(anna.page.locator("[data-line-since]")).to_contain_text("since")
        anna.page.wait_for_timeout(1500)
        anna.page.context.set_offline(offline=False)
        anna.registered()
        hear_each_other(anna, ben)
        anna.does("hold", "talking")
        anna.awaits("held")
        expect(ben.card("talking")).to_contain_text("put you on hold")
        anna.does("hold", "held")
        anna.awaits("talking")
        hear_each_other(anna, ben)
        ben.does("end", "talking")
        anna.has_none()


def test_a_call_outlives_the_switch(board: Board) -> None:
    with talking(board) as (anna, ben):
        place = board.entrance.plant.program.home / "switch" / "kamailio.pid"
        os.kill(int(place.read_text()), signal.SIGKILL)
        expect(anna.page.locator('body[data-line="registered"]')).to_have_count(0)
        for phone in (anna, ben):
            expect(phone.page.locator('body[data-line="registered"]')).to_have_count(
                1, timeout=30_000
            )
        hear_each_other(anna, ben)
        anna.does("hold", "talking")
        anna.awaits("held")
        expect(ben.card("talking")).to_contain_text("put you on hold", timeout=15_000)
        anna.does("end", "held")
        ben.has_none()


def test_a_connection_that_died_unseen_is_made_anew_after_a_sleep(board: Board) -> None:
    routes: list[WebSocketRoute] = []
    dead: list[WebSocketRoute] = []

    def pass_on(route: WebSocketRoute) -> None:
        routes.append(route)
        server = route.connect_to_server()
        route.on_message(lambda text: None if route in dead else server.send(text))
        server.on_message(lambda text: None if route in dead else route.send(text))

    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.page.route_web_socket("wss://**", pass_on)
        anna.page.reload()
        anna.registered()
        dead.append(routes[0])
        anna.page.evaluate("dispatchEvent(new Event('online'))")  # as after a sleep
        anna.page.wait_for_timeout(9000)
        anna.registered()
        assert len(routes) > 1
        ben.call(anna.number)
        anna.awaits("incoming")
        anna.does("decline", "incoming")
        ben.has_none()


def test_a_session_that_ended_leads_to_sign_in_and_cuts_no_call(board: Board) -> None:
    with talking(board) as (anna, ben):
        Session.objects.all_tenants().filter(
            account__extension_id=board.extension(anna.someone)[0]
        ).delete()
        board.awaits_gone(anna.number)
        anna.page.evaluate("dispatchEvent(new Event('online'))")
        expect(anna.page.locator('body[data-line="signed-out"]')).to_have_count(1, timeout=30_000)
        link = anna.page.get_by_role("link", name="Sign in again")
        assert "/phone/sign-in?next=%2Fphone%2F" in (link.get_attribute("href") or "")
        hear_each_other(anna, ben)
        anna.does("end", "talking")
        ben.has_none()
        anna.call(ben.number)
        expect(anna.awaits("grave")).to_contain_text("not registered")


def test_a_switch_that_does_not_answer_is_told_with_what_can_be_done(board: Board) -> None:
    with board.web_phone(0) as anna:
        anna.page.route_web_socket("wss://**", lambda route: route.close())
        anna.page.reload()
        expect(anna.page.locator('body[data-line="unreachable"]')).to_have_count(1, timeout=20_000)
        assert "the switch does not answer" in status(anna.page)
        link = anna.page.locator("[data-phone-notice] a")
        assert (link.get_attribute("href") or "").startswith("https://localhost:")
        anna.page.fill("#q", "a")
        expect(anna.page.locator("#found [data-row]").first).to_be_visible()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "may not use the microphone"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "in use by another program"),
    ],
)
def test_a_microphone_that_is_not_to_be_had_is_explained(
    board: Board, error: str, words: str
) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.page.evaluate(f"window.refusal = '{error}'; {REFUSES}; 0")
        anna.call(ben.number)
        expect(anna.awaits("grave")).to_contain_text(words)
        expect(ben.card()).to_have_count(0)
        ben.call(anna.number)
        anna.awaits("incoming")
        anna.does("answer", "incoming")
        expect(anna.page.locator("[data-phone-notice]")).to_contain_text(words)
        anna.does("decline", "incoming")
        ben.has_none()


def test_a_microphone_that_opens_after_the_call_ended_is_closed_again(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        ben.page.evaluate(OPENS_LATE)
        anna.call(ben.number)
        ben.awaits("incoming")
        ben.does("answer", "incoming")
        anna.does("end", "ringing")
        ben.has_none()
        ben.call(anna.number)
        ben.does("end", "preparing")
        ben.page.wait_for_timeout(2500)
        assert ben.page.evaluate("window.opened.map((track) => track.readyState)") == ["ended"] * 2
        anna.has_none()


def test_a_replacement_that_is_no_call_answers_no_other(board: Board) -> None:
    desk = board.desk_phone(board.entrance.people[2], source="127.18.9.3")
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        call = desk.invite(anna.number)
        anna.awaits("incoming")
        anna.does("answer", "incoming")
        here = call.answered()
        anna.awaits("talking")
        tags = f"to-tag={parameter(here.other, 'tag')};from-tag={parameter(here.own, 'tag')}"

        def bend(invite: Message) -> None:
            invite.add("Replaces", f"{here.call_id};{tags}")
            invite["Content-Type"] = "text/plain"

        assert desk.invite(anna.number, change=bend).final().status == 415
        ben.call(anna.number)
        anna.awaits("incoming")
        anna.page.wait_for_timeout(1500)
        anna.awaits("incoming")
        anna.does("decline", "incoming")
        anna.does("end", "talking")
        ben.has_none()
    desk.close()


def test_a_browser_without_calls_is_told_so(board: Board) -> None:
    with board.web_phone(0) as anna:
        anna.page.add_init_script("delete window.RTCPeerConnection")
        anna.page.reload()
        expect(anna.page.locator("[data-phone-notice]")).to_contain_text("too old")


def test_a_call_is_made_and_ended_with_keys_alone(board: Board) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        anna.page.keyboard.press("Alt+p")
        expect(anna.page.locator("#number")).to_be_focused()
        anna.page.keyboard.type(ben.number)
        anna.page.keyboard.press("Enter")
        ben.awaits("incoming")
        expect(ben.page.locator("#alarm")).to_contain_text(anna.someone.name)
        ben.page.fill("#q", "")
        ben.page.keyboard.type("a")  # typing answers nobody
        ben.awaits("incoming")
        ben.page.keyboard.press("Alt+a")
        anna.awaits("talking")
        ben.page.keyboard.press("Alt+m")
        expect(ben.card("talking").locator("[data-do=mute]")).to_have_attribute(
            "aria-pressed", "true"
        )
        ben.page.keyboard.press("Alt+k")
        ben.page.keyboard.press("5")
        expect(ben.page.locator("[data-typed]")).to_have_text("5")
        anna.page.keyboard.press("Alt+h")
        anna.awaits("held")
        anna.page.keyboard.press("Alt+h")
        anna.awaits("talking")
        anna.page.keyboard.press("Alt+x")
        ben.has_none()
        anna.page.evaluate("document.activeElement.blur()")
        anna.page.keyboard.press("?")
        expect(anna.page.locator("[data-dialog=help]")).to_be_visible()
        anna.page.keyboard.press("Escape")
        expect(anna.page.locator("[data-dialog=help]")).to_be_hidden()


def test_nobody_leaves_a_call_by_mistake(board: Board) -> None:
    with talking(board) as (anna, ben):
        asked: list[str] = []

        def stay(dialog: object) -> None:
            asked.append(dialog.type)  # type: ignore[attr-defined]
            dialog.dismiss()  # type: ignore[attr-defined]

        anna.page.on("dialog", stay)
        anna.page.evaluate("setTimeout(() => location.reload())")
        anna.page.wait_for_timeout(1000)
        assert asked == ["beforeunload"]
        anna.page.click("text=My contacts")
        anna.page.wait_for_selector("#group-own")
        anna.page.locator("#found [data-row]").first.click()
        anna.page.wait_for_selector("#detail[data-open]")
        anna.page.go_back()
        expect(anna.page.locator("#detail[data-open]")).to_have_count(0)
        anna.page.go_forward()
        expect(anna.page.locator("#detail[data-open]")).to_have_count(1)
        anna.awaits("talking")
        hear_each_other(anna, ben)
        with anna.page.context.expect_page() as opened:
            anna.page.click("a.to-portal")
        opened.value.close()
        anna.does("end", "talking")
        ben.has_none()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", SIZES)
def test_a_call_is_seen_and_used_by_all_at_any_width(
    board: Board, width: int, colours: str
) -> None:
    with board.web_phone(0) as anna, board.web_phone(1) as ben:
        ben.page.set_viewport_size({"width": width, "height": SIZES[width]})
        ben.page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        anna.call(ben.number)
        ben.awaits("incoming")
        assert looked_at(ben.page, width, f"phone-rings-{colours}") == []
        ben.does("answer", "incoming")
        ben.awaits("talking")
        assert looked_at(ben.page, width, f"phone-talks-{colours}") == []
        ben.does("transfer", "talking")
        assert looked_at(ben.page, width, f"phone-transfers-{colours}") == []
        ben.does("hold", "talking")
        ben.awaits("held")
        ben.call("112")
        ben.awaits("grave")
        assert looked_at(ben.page, width, f"phone-refused-{colours}") == []
        ben.page.click("[data-opens=sound]")
        ben.page.wait_for_selector("#microphone option >> nth=1", state="attached")
        assert looked_at(ben.page, width, f"phone-sound-{colours}") == []
        ben.page.keyboard.press("Escape")
        ben.does("end", "held")
        anna.has_none()


def looked_at(page: Page, width: int, name: str) -> list[str]:
    """Keep a picture of the page; return what is wrong with it."""
    page.wait_for_timeout(300)
    folder = SCREENS / str(width)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    wrong = [f"{beyond} px wider than the window"] if beyond > 0 else []
    return wrong + serious_findings(page)
