"""A system administrator's round: add a tenant, suspend it, delete it; look at the server."""

from playwright.sync_api import Browser, Dialog, Page

from tests.browser.conftest import House
from tests.browser.visits import DESK, browser_page


def test_a_tenant_is_added_suspended_and_deleted_in_the_browser(
    house: House, browser: Browser
) -> None:
    with browser_page(browser, house.address, house.token("system"), width=DESK) as visit:
        page = visit.page
        asked: list[str] = []

        def agree(dialog: Dialog) -> None:
            asked.append(dialog.message)
            dialog.accept()

        page.on("dialog", agree)
        _add(page)

        page.get_by_role("button", name="Suspend").click()
        page.get_by_role("button", name="Resume").wait_for()
        assert [sentence.partition("?")[0] for sentence in asked] == ["Suspend Fabrikam"]

        page.get_by_role("link", name="Delete…").click()
        page.get_by_label("Short name of the tenant").fill("fabrikam")
        page.get_by_role("button", name="Delete tenant").click()
        page.wait_for_url("**/system/tenants")
        assert "Fabrikam is deleted." in page.inner_text("main")
        assert visit.said == []


def _add(page: Page) -> None:
    page.goto("/system/tenants")
    page.get_by_role("link", name="Add tenant").click()
    page.get_by_label("Short name").fill("fabrikam")
    page.get_by_label("Name", exact=True).fill("Fabrikam")
    page.get_by_label("SIP domain").fill("fabrikam.example")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Add tenant").click()
    page.wait_for_url("**/system/tenants/fabrikam")


def test_a_provider_switches_from_the_table_into_a_tenant(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("system"), width=DESK) as visit:
        page = visit.page
        page.goto("/system/tenants?q=contoso")
        page.get_by_role("button", name="Switch to tenant").click()
        page.wait_for_url("**/integration/")
        assert "You are in the scope of" in page.inner_text("body")


def test_the_servers_findings_are_made_anew_in_place(house: House, browser: Browser) -> None:
    with browser_page(browser, house.address, house.token("system"), width=DESK) as visit:
        page = visit.page
        page.goto("/system/server")
        checked_at = page.get_by_text("Checked at").inner_text()
        page.wait_for_timeout(1100)
        page.get_by_role("link", name="Check again").click()
        page.wait_for_function(
            "before => !document.querySelector('#findings').innerText.includes(before)",
            arg=checked_at,
        )
        assert page.locator("#findings").count() == 1
        assert visit.said == []
