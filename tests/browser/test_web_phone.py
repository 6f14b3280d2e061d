"""The web phone in a browser: found while typing, opened with keys, read by all, kept nowhere."""

import json

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import LONG_NAME, House
from tests.browser.visits import DESK, PHONE, browser_page, inspect

ROWS = "#found [data-row]"


def focused(page: Page) -> str:
    """Return the id of what has the focus, or the address that it leads to."""
    found = page.evaluate(
        "document.activeElement.id || document.activeElement.getAttribute('href')"
    )
    return str(found)


def last_name(page: Page) -> str:
    """Return the last word of the name that the page says is one's own."""
    return page.inner_text(".own-name").split()[-1]


def test_somebody_is_found_opened_and_left_with_keys_alone(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("user"), width=DESK) as visit:
        page = visit.page
        page.goto("/phone/")
        assert focused(page) == "q"
        own = page.inner_text(".own-number code")
        page.keyboard.type(own, delay=20)
        expect(page.locator("#live")).to_have_text("1 was found.")
        expect(page.locator(ROWS)).to_have_count(1)

        page.keyboard.press("ArrowDown")
        row = focused(page)
        assert row.startswith("/phone/colleagues/")
        page.keyboard.press("ArrowDown")
        assert focused(page) == row
        page.keyboard.press("Enter")
        expect(page.locator("#chosen")).to_have_text(page.inner_text(".own-name"))
        expect(page.locator(f"{ROWS}[aria-current]")).to_have_count(1)
        assert page.url.endswith(row)
        assert inspect(visit, "phone-chosen") == []

        page.keyboard.press("ArrowUp")
        assert focused(page) == "q"
        page.keyboard.press("Escape")
        expect(page.locator("#q")).to_have_value("")
        expect(page.locator(f"{ROWS} >> nth=5")).to_be_visible()
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        assert focused(page) == "q"
        expect(page.locator("#q")).to_have_value("")


def test_going_back_shows_what_was_found_and_nothing_is_kept(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("user"), width=DESK) as visit:
        page = visit.page
        page.goto("/phone/?in=own")
        names = page.locator(".row-name").all_inner_texts()
        assert names
        page.click(ROWS)
        expect(page.locator("#chosen")).to_have_text(names[0])
        page.go_back()
        expect(page.locator("#detail[data-open]")).to_have_count(0)

        assert page.locator(".row-name").all_inner_texts() == names
        kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert not [name for name in names if name in json.dumps(kept, ensure_ascii=False)]
        assert visit.said == []


def test_on_a_phone_one_thing_is_seen_at_a_time(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("user"), width=PHONE) as visit:
        page = visit.page
        page.goto("/phone/?q=donaudampf")
        page.evaluate("scrollTo(0, 300)")
        page.tap(ROWS)
        expect(page.locator("#chosen")).to_have_text(LONG_NAME)
        expect(page.locator("#chosen")).to_be_focused()
        assert page.evaluate("scrollY") == 0
        assert not page.locator("#q").is_visible()
        assert inspect(visit, "phone-chosen") == []

        page.click("[data-back]")
        expect(page.locator("#q")).to_have_value("donaudampf")
        expect(page.locator("#detail[data-open]")).to_have_count(0)
        assert inspect(visit, "phone-found") == []


def test_trouble_with_the_server_is_said_and_goes_by(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("user"), width=DESK) as visit:
        page = visit.page
        page.goto("/phone/")
        page.route("**/phone/?q=*", lambda route: route.abort())
        page.fill("#q", "x")
        expect(page.locator("[data-trouble]")).to_be_visible()
        page.unroute("**/phone/?q=*")
        page.fill("#q", "xyzzy")
        expect(page.locator("[data-trouble]")).to_be_hidden()
        expect(page.locator("#found")).to_contain_text("Nobody matches “xyzzy”.")
        expect(page.locator("#live")).to_have_text("Nothing was found.")


def test_without_scripts_it_is_a_form_and_links(house: House, browser: Browser) -> None:
    context = browser.new_context(
        java_script_enabled=False, base_url=house.address, ignore_https_errors=True
    )
    try:
        context.add_cookies(
            [
                {
                    "name": "__Host-session",
                    "value": house.token("user"),
                    "url": house.address,
                    "secure": True,
                }
            ]
        )
        page = context.new_page()
        page.goto("/phone/")
        page.fill("#q", last_name(page))
        page.click(".seek-form button")
        assert "/phone/?q=" in page.url
        name = page.inner_text(".row-name >> nth=0 >> bdi")
        page.click(ROWS)
        assert page.inner_text("#chosen") == name
    finally:
        context.close()
