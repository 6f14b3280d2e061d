"""The pickers in a real browser, by keys and by a finger: what is chosen is saved with the form."""

from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import House
from tests.browser.visits import DESK, PHONE, browser_page, serious_findings

TABS = "/t/contoso/integration"


def search(page: Page, subject: str, text: str) -> None:
    with page.expect_response(lambda answer: unquote_plus(answer.url).endswith(text)):
        page.locator(f"#{subject}-search").press_sequentially(text, delay=30)
    page.wait_for_function("!document.querySelector('.htmx-request')")
    page.wait_for_selector(f"#{subject}-found [role=option]")


def person(house: House) -> tuple[str, str]:
    """Return the name of somebody with an extension, and the principal name."""
    name = str(house.plant.value("SELECT min(display_name) FROM telephony_extension"))
    principal = house.plant.value(
        f"SELECT principal_name FROM telephony_extension WHERE display_name = '{name}'"
    )
    return name, str(principal)


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_somebody_is_chosen_by_keys_struck_out_by_a_finger_and_saved(
    house: House, browser: Browser, width: int
) -> None:
    name, principal = person(house)
    with browser_page(browser, house.address, house.token("administrator"), width=width) as visit:
        page = visit.page
        page.goto(f"{TABS}/sign-in")
        search(page, "admins", principal[:8])
        field = page.locator("#admins-search")
        expect(field).to_have_attribute("aria-expanded", "true")
        field.press("ArrowDown")
        marked = page.locator("#admins-found [aria-selected=true]")
        expect(field).to_have_attribute("aria-activedescendant", str(marked.get_attribute("id")))
        assert serious_findings(page) == []
        while principal not in marked.inner_text():
            field.press("ArrowDown")
        field.press("Enter")
        new = page.locator(".picked")
        expect(new).to_contain_text(name)
        expect(field).to_have_attribute("aria-expanded", "false")

        page.get_by_role("button", name="Save").click()
        expect(page.locator(".notice.success")).to_contain_text("1 person may sign in")
        listed = page.locator("#admins-chosen .chips li")
        expect(listed).to_contain_text(name)

        listed.locator(".take-out").click()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".notice.success")).to_contain_text("0 people may sign in")
        assert visit.said == []
        assert visit.elsewhere == []


def test_who_is_pointed_at_stays_so_while_more_letters_narrow_the_list(
    house: House, browser: Browser
) -> None:
    _, principal = person(house)
    with browser_page(browser, house.address, house.token("administrator"), width=DESK) as visit:
        page = visit.page
        page.goto(f"{TABS}/sign-in")
        search(page, "admins", principal[:4])
        field, marked = page.locator("#admins-search"), "#admins-found [aria-selected=true]"
        while principal not in (page.locator(marked).all_inner_texts() or [""])[0]:
            field.press("ArrowDown")
        with page.expect_response(lambda answer: unquote_plus(answer.url).endswith(principal[:8])):
            field.press_sequentially(principal[4:8])

        page.wait_for_function("!document.querySelector('.htmx-request')")
        expect(page.locator(marked)).to_contain_text(principal)
        expect(field).to_have_attribute(
            "aria-activedescendant", str(page.locator(marked).get_attribute("id"))
        )


def test_who_was_chosen_by_mistake_is_taken_out_before_anything_is_saved(
    house: House, browser: Browser
) -> None:
    _, principal = person(house)
    with browser_page(browser, house.address, house.token("administrator"), width=PHONE) as visit:
        page = visit.page
        page.goto(f"{TABS}/users")
        page.check("input[name=people-mode][value=except]")
        search(page, "people", principal[:8])
        page.locator("#people-found [role=option]").first.click()
        search(page, "people", principal[:8])
        page.locator("#people-found [role=option]").first.click()
        expect(page.locator(".picked")).to_have_count(1)  # the same once more is no other
        page.locator("[data-unpick]").click()
        expect(page.locator(".picked")).to_have_count(0)
        search(page, "people", principal[:8])
        page.keyboard.press("Escape")
        expect(page.locator("#people-found [role=option]")).to_have_count(0)
        page.locator("#people-search").fill("nobody is called so")
        expect(page.locator("#people-results")).to_contain_text("begins with")
        assert visit.said == []


def test_the_picture_follows_the_range_and_candidates_can_be_added(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("administrator"), width=DESK) as visit:
        page = visit.page
        page.goto(f"{TABS}/users")
        page.fill("#id_first_extension", "700000")
        page.fill("#id_last_extension", "")
        page.press("#id_last_extension", "Tab")
        expect(page.locator("#range")).to_contain_text("300000 free")

        page.goto(f"{TABS}/contacts")
        page.check("input[name=mailboxes-mode][value=only]")
        page.get_by_role("button", name="Show likely shared mailboxes").click()
        page.wait_for_selector("#candidates p")
        for button in page.locator("#candidates button").all()[:1]:
            button.click()
            expect(page.locator(".picked")).to_have_count(1)
        assert serious_findings(page) == []
        assert visit.said == []
