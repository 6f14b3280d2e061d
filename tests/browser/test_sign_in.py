"""Signing in with Microsoft as people do: the simulator's page, two addresses of ours, a browser.

Each test has a browser of its own. They share one service, in which nobody's session stays.
"""

import re
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from rollcall.integrations.operations import NewList
from tests.browser.entrance import (
    BUTTON,
    LOCAL,
    PASSWORD,
    SEEN_AFTER,
    Entrance,
    Someone,
    add_guest,
    add_person,
    identify,
    look,
    open_entrance,
    person,
    press_button,
    sign_in,
)
from tests.browser.visits import DESK, PHONE, browser_page

WIDTHS = pytest.mark.parametrize("width", [DESK, PHONE])


@pytest.fixture(scope="module")
def built() -> Iterator[Entrance]:
    """The service, for all tests here."""
    with open_entrance() as entrance:
        yield entrance
        connections.close_all()


@pytest.fixture
def entrance(built: Entrance) -> Iterator[Entrance]:
    """The same, as it was at the beginning when the test is over."""
    yield built
    built.set(
        sign_in=True,
        enforce_sign_in=False,
        lists={"sign-in": NewList("all", ()), "admins": NewList("only", ())},
    )
    built.plant.simulator.set(code_lifetime=600)


def heading(page: Page) -> str:
    """Return the first heading."""
    return page.get_by_role("heading", level=1).inner_text()


def expect_signed_in(page: Page, who: Someone) -> None:
    """Demand that the page knows who came."""
    expect(page).not_to_have_url(re.compile("sign-in|callback|login|authorize"))
    expect(page.locator("body")).to_contain_text(who.name)


@WIDTHS
def test_a_person_comes_in_by_the_tenants_address_and_a_second_time(
    entrance: Entrance, browser: Browser, width: int
) -> None:
    ada = entrance.people[0]
    with person(browser, entrance.web, width=width) as visit:
        page = visit.page
        page.goto("/t/contoso/")
        look(visit, "1-card")
        press_button(page)
        expect(page.get_by_label("Account")).to_be_visible()
        identify(page, ada)
        expect_signed_in(page, ada)
        look(visit, "2-in")
        page.goto("/account/")
        expect(page.get_by_text("Microsoft").first).to_be_visible()
        look(visit, "3-account")
        page.context.clear_cookies(name="__Host-session")
        before = entrance.successes()
        sign_in(page, "/t/contoso/", ada)
        expect_signed_in(page, ada)
        assert entrance.successes() == before + 1
        held = "SELECT count(*) FROM accounts_account WHERE NOT local AND name = %(name)s"
        assert entrance.plant.value(held, name=ada.name) == 1


@pytest.mark.parametrize("path", ["/t/contoso/", "/phone/"])
@pytest.mark.parametrize("domain", ["web", "sbc"])
def test_both_addresses_work_by_both_domains(
    entrance: Entrance, browser: Browser, domain: str, path: str
) -> None:
    ada = entrance.people[0]
    origin = entrance.web if domain == "web" else entrance.sbc
    with person(browser, origin) as visit:
        page = visit.page
        page.goto(path)
        if page.get_by_label("Mail address").count() and path == "/phone/":
            page.get_by_label("Mail address").first.fill(ada.principal_name)
            page.get_by_role("button", name="Continue").click()
        press_button(page)
        identify(page, ada)
        expect_signed_in(page, ada)
        assert page.url.startswith(origin)
        if path == "/phone/":
            assert page.url == f"{origin}/phone/"
        look(visit, f"4-{domain}-{path.strip('/').replace('/', '-')}")


@WIDTHS
def test_the_web_phone_shows_who_one_is_and_finds_colleagues(
    entrance: Entrance, browser: Browser, width: int
) -> None:
    ada, colleague = entrance.people[0], entrance.people[1]
    with person(browser, entrance.web, width=width) as visit:
        page = visit.page
        page.goto("/phone/")
        look(visit, "5-phone-card")
        page.get_by_label("Mail address").first.fill(ada.principal_name)
        page.get_by_role("button", name="Continue").click()
        look(visit, "6-phone-company-found")
        press_button(page)
        identify(page, ada)
        expect_signed_in(page, ada)
        other = next(each for each in entrance.people[2:] if each.name[0] != colleague.name[0])
        expect(page.get_by_text(other.name).first).to_be_visible()
        page.get_by_role("searchbox").fill(colleague.name.split()[0])
        expect(page.get_by_text(other.name)).to_have_count(0)
        expect(page.get_by_text(colleague.name).first).to_be_visible()
        look(visit, "7-phone")


def test_the_mail_address_finds_the_company_by_keyboard_alone(
    entrance: Entrance, browser: Browser
) -> None:
    ada = entrance.people[0]
    with person(browser, entrance.web) as visit:
        page = visit.page
        page.goto("/sign-in")
        look(visit, "8-address-first")
        page.keyboard.type(ada.principal_name.upper())
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=BUTTON)).to_be_focused()
        look(visit, "9-company-found")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Account")).to_have_value(
            re.compile(ada.principal_name, re.IGNORECASE)
        )
        identify(page, ada)
        expect_signed_in(page, ada)


def test_whoever_is_not_selected_is_told_whom_to_ask(entrance: Entrance, browser: Browser) -> None:
    ada, bert = entrance.people[0], entrance.people[1]
    entrance.set(
        lists={"sign-in": NewList("only", ("ada",), bound={"ada": ada.object_id})},
    )
    with person(browser, entrance.web) as visit:
        sign_in(visit.page, "/t/contoso/", bert)
        expect(visit.page.get_by_text("administrator").first).to_be_visible()
        assert entrance.refusals()[0] == "not-selected"
        visit.said.clear()  # the browser says that this page answered 403
        look(visit, "10-not-selected")
    with person(browser, entrance.web) as visit:
        sign_in(visit.page, "/t/contoso/", ada)
        expect_signed_in(visit.page, ada)


def test_whoever_is_not_synchronised_is_told_whom_to_ask(
    entrance: Entrance, browser: Browser
) -> None:
    name = f"Nora {'Newcomer-' * 8}Lastly"
    nora = add_person(entrance, name, "nora@contoso.example")
    with person(browser, entrance.web, width=PHONE) as visit:
        sign_in(visit.page, "/t/contoso/", nora)
        expect(visit.page.get_by_text("administrator").first).to_be_visible()
        assert entrance.refusals()[0] == "not-synchronised"
        visit.said.clear()  # the browser says that this page answered 403
        look(visit, "11-not-synchronised")
        visit.page.get_by_role("button", name="Use another account").click()
        expect(visit.page.get_by_role("button", name="Use another account")).to_be_visible()
        identify(visit.page, entrance.people[3])
        expect_signed_in(visit.page, entrance.people[3])
        entrance.sync()
        visit.page.context.clear_cookies(name="__Host-session")
        sign_in(visit.page, "/t/contoso/", nora)
        expect_signed_in(visit.page, nora)


def test_the_next_run_lets_in_who_was_not_synchronised(
    entrance: Entrance, browser: Browser
) -> None:
    otto = add_person(entrance, "Otto Latecomer", "otto@contoso.example")
    with person(browser, entrance.web) as visit:
        sign_in(visit.page, "/t/contoso/", otto)
        expect(visit.page.get_by_text("administrator").first).to_be_visible()
        entrance.sync()
        visit.page.get_by_role("button", name="Try again").click()
        expect(visit.page.get_by_text("Simulated Microsoft")).to_be_visible()
        identify(visit.page, otto)
        expect_signed_in(visit.page, otto)


def test_a_guest_is_refused(entrance: Entrance, browser: Browser) -> None:
    guest = add_guest(entrance)
    entrance.sync()
    with person(browser, entrance.web) as visit:
        sign_in(visit.page, "/t/contoso/", guest)
        expect(visit.page.get_by_text("administrator").first).to_be_visible()
        assert entrance.refusals()[0] == "guest"
        visit.said.clear()  # the browser says that this page answered 403
        look(visit, "12-guest")


def test_a_blocked_person_is_out_and_does_not_come_in_again(
    entrance: Entrance, browser: Browser
) -> None:
    leaver = entrance.people[-1]
    with person(browser, entrance.web) as visit:
        page = visit.page
        sign_in(page, "/t/contoso/", leaver)
        expect_signed_in(page, leaver)
        page.goto("/t/contoso/colleagues")
        entrance.set(lists={"people": NewList("except", ("x",), bound={"x": leaver.object_id})})
        entrance.sync()
        page.goto("/t/contoso/colleagues")
        expect(page).to_have_url(re.compile("/sign-in"), timeout=SEEN_AFTER)
        sign_in(page, "/t/contoso/", leaver)
        expect(page.get_by_text("administrator").first).to_be_visible()
        assert entrance.refusals()[0] in {"blocked", "not-synchronised"}
        visit.said.clear()  # the browser says that this page answered 403
        look(visit, "13-blocked")
    entrance.set(lists={"people": NewList("all", ())})
    entrance.sync()


def test_enforced_sign_in_leaves_the_break_glass_administrator_a_way_in(
    entrance: Entrance, browser: Browser
) -> None:
    entrance.set(enforce_sign_in=True)
    with person(browser, entrance.web) as visit:
        page = visit.page
        page.goto("/t/contoso/sign-in")
        look(visit, "14-enforced")
        password = page.get_by_label("Password")
        if not password.is_visible():
            page.get_by_text("password").first.click()
        page.get_by_label("Mail address").last.fill(LOCAL)
        password.fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Set up a second factor")
    with person(browser, entrance.web) as visit:
        sign_in(visit.page, "/t/contoso/", entrance.people[0])
        expect_signed_in(visit.page, entrance.people[0])


def test_an_administrator_of_the_list_comes_in_as_one(entrance: Entrance, browser: Browser) -> None:
    chief = entrance.people[2]
    listed = NewList("only", ("chief",), bound={"chief": chief.object_id})
    entrance.set(sign_in=False, lists={"admins": listed})
    with person(browser, entrance.web) as visit:
        page = visit.page
        sign_in(page, "/t/contoso/", chief)
        page.goto("/t/contoso/integration/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Microsoft 365 Integration")
        entrance.set(lists={"admins": NewList("only", ())}, sign_in=True)
        page.goto("/t/contoso/integration/")
        expect(page.get_by_role("heading", level=1)).not_to_contain_text(
            "Microsoft 365 Integration"
        )


def test_signing_out_ends_ours_and_microsofts_only_when_asked(
    entrance: Entrance, browser: Browser
) -> None:
    ada = entrance.people[0]
    with person(browser, entrance.web) as visit:
        page = visit.page
        sign_in(page, "/t/contoso/", ada)
        expect_signed_in(page, ada)
        page.goto("/sign-out")
        look(visit, "15-sign-out")
        page.get_by_role("button", name="Sign out here", exact=True).click()
        page.goto("/account/")
        expect(page).to_have_url(re.compile("/sign-in"))
        page.goto("/t/contoso/")
        press_button(page)
        assert "Pick an account" in heading(page), "Microsoft was not told"
        identify(page, ada)
        expect_signed_in(page, ada)
        page.goto("/sign-out")
        page.get_by_role("button", name="Sign out here and of Microsoft").click()
        choice = page.get_by_role("button", name=ada.principal_name)
        signed_out = page.get_by_role("heading", name=re.compile("signed out", re.IGNORECASE))
        expect(choice.or_(signed_out).first).to_be_visible()
        if choice.count():
            choice.click()
        page.wait_for_url(f"{entrance.web}/**")
        expect(page.get_by_role("heading", level=1)).to_contain_text("signed out")
        look(visit, "16-signed-out")
        page.goto("/t/contoso/")
        press_button(page)
        assert "Sign in" in heading(page), "Microsoft knows nobody any more"


def test_a_code_that_expired_on_the_way_is_refused_and_the_next_one_works(
    entrance: Entrance, browser: Browser
) -> None:
    ada = entrance.people[0]
    entrance.plant.simulator.set(code_lifetime=-1)
    with person(browser, entrance.web) as visit:
        page = visit.page
        sign_in(page, "/t/contoso/", ada)
        again = page.get_by_role("button", name="Try again")
        expect(again).to_be_visible()
        assert entrance.refusals()[0] == "redemption"
        visit.said.clear()  # the browser says that this page answered 400
        look(visit, "17-expired")
        entrance.plant.simulator.set(code_lifetime=600)
        again.click()
        expect(page.get_by_text("Simulated Microsoft")).to_be_visible()
        identify(page, ada)
        expect_signed_in(page, ada)


def test_the_back_button_after_signing_in_leads_to_no_error(
    entrance: Entrance, browser: Browser
) -> None:
    ada = entrance.people[0]
    asked: list[str] = []
    with person(browser, entrance.web) as visit:
        page = visit.page
        page.on("request", lambda request: asked.append(request.url))
        sign_in(page, "/t/contoso/", ada)
        expect_signed_in(page, ada)
        sessions = "SELECT count(*) FROM accounts_session"
        before = entrance.plant.value(sessions)
        page.go_back()
        page.goto(next(url for url in asked if "/ms365/callback?" in url))
        expect(page.get_by_text("already").first).to_be_visible()
        assert entrance.plant.value(sessions) == before
        visit.said.clear()  # the browser says that this page answered 400
        look(visit, "18-finished")
        page.goto("/account/")
        expect_signed_in(page, ada)


def test_two_tabs_sign_in_at_once(entrance: Entrance, browser: Browser) -> None:
    ada = entrance.people[0]
    with person(browser, entrance.web) as visit:
        first, second = visit.page, visit.page.context.new_page()
        for page in (first, second):
            page.goto("/t/contoso/")
            press_button(page)
        for page in (first, second):
            identify(page, ada)
            expect_signed_in(page, ada)
        first.goto("/account/")
        expect_signed_in(first, ada)


def test_whoever_cancels_at_microsoft_is_asked_whether_to_try_again(
    entrance: Entrance, browser: Browser
) -> None:
    with person(browser, entrance.web, width=PHONE) as visit:
        page = visit.page
        page.goto("/t/contoso/")
        press_button(page)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        assert entrance.refusals()[0] == "microsoft-access_denied"
        visit.said.clear()  # the browser says how this page answered
        look(visit, "19-cancelled")


def test_signing_out_at_microsoft_ends_the_session_here(
    entrance: Entrance, browser: Browser
) -> None:
    ada = entrance.people[0]
    with person(browser, entrance.web) as visit:
        page = visit.page
        sign_in(page, "/t/contoso/", ada)
        expect_signed_in(page, ada)
        login = entrance.plant.simulator.login
        page.goto(f"{login}/{entrance.directory.directory_id}/oauth2/v2.0/logout")
        choice = page.get_by_role("button", name=ada.principal_name)
        if choice.count():
            choice.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("signed out")
        page.wait_for_load_state("networkidle")
        page.goto("/account/")
        expect(page).to_have_url(re.compile("/sign-in"))


def test_the_cards_can_be_read_in_the_dark(entrance: Entrance, browser: Browser) -> None:
    with browser_page(browser, entrance.web, width=PHONE, german_and_dark=True) as visit:
        visit.page.goto("/t/contoso/sign-in")
        look(visit, "20-dark")
        visit.page.goto("/ms365/callback?state=made-up&code=made-up")
        visit.said.clear()  # the browser says that this page answered 400
        look(visit, "21-dark-refused")
