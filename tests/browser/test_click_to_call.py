"""A click on a number in the portal: it goes to the web phone that is open, or opens one."""

from playwright.sync_api import Browser, Page

from tests.browser.conftest import House
from tests.browser.visits import DESK, browser_page

LISTEN = """() => {
    window.heard = [];
    window.channel = new BroadcastChannel("rollcall-phone");
    window.channel.onmessage = ({ data }) => {
        window.heard.push(data);
        if (data.type === "hello" && window.answers) window.channel.postMessage({ type: "ready" });
    };
}"""
"""What a web phone does on the channel, in a page that is none."""


def colleague(page: Page) -> str:
    """Click on the number of the first colleague, and return it."""
    button = page.locator("button[data-call]").first
    button.click()
    return button.get_attribute("data-call") or ""


def calls(phone: Page) -> list[str]:
    """Return the numbers that a page was asked to call."""
    return [each["number"] for each in phone.evaluate("window.heard") if each["type"] == "call"]


def test_an_open_phone_gets_the_number_and_nothing_is_opened(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("user"), width=DESK) as visit:
        page, phone = visit.page, visit.page.context.new_page()
        phone.goto("/t/contoso/my-calls")
        phone.evaluate(LISTEN)
        phone.evaluate("window.answers = true")
        page.goto("/t/contoso/colleagues")

        number = colleague(page)

        page.wait_for_timeout(500)
        assert calls(phone) == [number]
        assert len(page.context.pages) == 2
        assert "calls" in page.locator("#live").inner_text()


def test_without_an_open_phone_one_is_opened_and_told_when_it_is_ready(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("user"), width=DESK) as visit:
        page, ear = visit.page, visit.page.context.new_page()
        ear.goto("/t/contoso/my-calls")
        ear.evaluate(LISTEN)
        page.goto("/t/contoso/colleagues")

        with page.expect_popup() as opened:
            number = colleague(page)

        assert opened.value.url.endswith("/phone/")
        assert opened.value.evaluate("window.name") == "rollcall-phone"
        assert calls(ear) == []
        ear.evaluate("window.channel.postMessage({ type: 'ready' })")
        ear.evaluate("window.channel.postMessage({ type: 'ready' })")
        page.wait_for_timeout(500)
        assert calls(ear) == [number]


def test_whoever_has_no_extension_has_nothing_to_click(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("administrator"), width=DESK) as visit:
        visit.page.goto("/t/contoso/extensions")
        assert visit.page.locator("[data-call]").count() == 0
