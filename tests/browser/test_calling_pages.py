"""What is done on the pages of phones and of the trunk, with a browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import House
from tests.browser.visits import DESK, PHONE, browser_page, inspect


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_a_phone_is_added_shown_once_renamed_and_removed(
    house: House, browser: Browser, width: int
) -> None:
    with browser_page(browser, house.address, house.token("user"), width=width) as visit:
        page = visit.page
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/t/contoso/my-phones")
        page.get_by_role("link", name="Add a phone").click()
        page.get_by_label("Name").fill("Kitchen")
        page.get_by_role("button", name="Add the phone").click()

        assert inspect(visit, "phone-password") == []
        page.get_by_role("button", name="Copy password").click()
        password = page.evaluate("navigator.clipboard.readText()")
        assert len(password) == 20
        page.get_by_role("link", name="The phone has it").click()
        assert password not in page.content()

        page.get_by_role("link", name="Rename Kitchen").click()
        page.get_by_label("Name").fill("Hall")
        page.get_by_role("button", name="Save the name").click()
        expect(page.get_by_text("The phone is called “Hall” now.")).to_be_visible()

        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Remove Hall").click()
        expect(page.get_by_role("button", name="Remove Hall")).to_be_visible()
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Remove Hall").click()
        expect(page.get_by_text("“Hall” is removed.")).to_be_visible()


def test_a_number_is_given_to_somebody_who_is_found_by_name(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("administrator"), width=DESK) as visit:
        page = visit.page
        page.goto("/t/contoso/trunk/numbers/49305550009")
        page.get_by_label("Rings extension").press_sequentially("ahm", delay=20)
        choice = page.locator("#extension-choices option").first
        expect(choice).to_have_text("Ahmet Demir")
        number = choice.get_attribute("value") or ""
        page.get_by_label("Rings extension").fill(number)
        page.get_by_role("button", name="Save").click()

        expect(page.get_by_text(f"+49305550009 rings extension {number} now.")).to_be_visible()


def test_what_only_a_registration_needs_is_not_asked_of_an_address(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("administrator"), width=PHONE) as visit:
        page = visit.page
        page.goto("/t/contoso/trunk")
        expect(page.get_by_label("User name")).to_be_visible()
        page.get_by_label("How the carrier knows you").select_option("address")
        expect(page.get_by_label("User name")).to_be_hidden()
        page.goto("/t/contoso/trunk/emergency")
        expect(page.get_by_label("Emergency numbers")).to_be_hidden()
        page.get_by_label("Other numbers").check()
        expect(page.get_by_label("Emergency numbers")).to_be_visible()
