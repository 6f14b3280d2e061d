"""The sign-in test and the reset of an integration, as an administrator does them in a browser."""

from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session
from rollcall.web.identity import COOKIE
from rollcall.wiring.machine import utc_now
from tests.browser.entrance import Entrance, identify, look, open_entrance, person
from tests.browser.visits import DESK, PHONE

GUIDE = "/t/contoso/integration/"


@pytest.fixture(scope="module")
def entrance() -> Iterator[Entrance]:
    """The service, for all tests here."""
    with open_entrance() as entrance:
        yield entrance
        connections.close_all()


def come_in(page: Page, entrance: Entrance, name: str) -> None:
    """Have the session of an administrator who came in without Microsoft."""
    account = NewAccount(
        email=f"{name}@contoso.example", role="administrator", tenant_id=entrance.firm.tenant_id
    )
    token = begin_session(add_account(account, actor="test"), now=utc_now())
    page.context.add_cookies(
        [{"name": COOKIE, "value": token, "url": entrance.web, "secure": True, "httpOnly": True}]
    )


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_the_test_opens_a_window_and_shows_each_check(
    entrance: Entrance, browser: Browser, width: int
) -> None:
    ada = entrance.people[0]
    before = entrance.successes()
    with person(browser, entrance.web, width=width) as visit:
        page = visit.page
        come_in(page, entrance, f"tester{width}")
        page.goto(GUIDE)
        button = page.get_by_role("button", name="Test in a new window")
        button.focus()
        with page.context.expect_page() as opened:
            page.keyboard.press("Enter")
        window = opened.value
        expect(window.get_by_text("Simulated Microsoft")).to_be_visible()
        identify(window, ada)
        expect(window.get_by_role("heading", level=1)).to_contain_text("Sign-in test")
        expect(window.locator("body")).to_contain_text("yes, as user")
        expect(window.locator("body")).to_contain_text(ada.object_id)
        assert window.get_by_text("passed", exact=True).count() == 16
        assert entrance.successes() == before
        page.reload()
        expect(page.get_by_role("heading", name="Sign-in test")).to_be_visible()


def test_a_reset_is_chosen_typed_and_told(entrance: Entrance, browser: Browser) -> None:
    with person(browser, entrance.web) as visit:
        page = visit.page
        come_in(page, entrance, "leaver")
        page.goto(GUIDE)
        page.get_by_role("link", name="Reset this integration").click()
        look(visit, "reset")
        page.get_by_label("Block them until the same directory is connected again").check()
        page.get_by_label("Short name of the tenant").fill("contoso")
        page.get_by_role("button", name="Reset this integration").click()
        expect(page.get_by_role("status").first).to_contain_text("The integration is reset.")
        expect(page.locator("body")).to_contain_text("Not connected")
        page.goto("/t/contoso/integration/sign-in")
        expect(page.locator("body")).to_contain_text("is not shown")
        look(visit, "tab-after-reset")
