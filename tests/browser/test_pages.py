"""Every page, at a desk and on a phone: it fits, it can be used by all, it asks nobody else."""

import pytest
from playwright.sync_api import Browser

from rollcall.web.audience import Audience
from tests.browser.conftest import House
from tests.browser.visits import DESK, OWN_SCRIPT_BYTES, PHONE, browser_page, look_at
from tests.integration.portal.routes import Route, all_routes

ROLES = {
    Audience.ANYONE: "",
    Audience.SIGNED_IN: "user",
    Audience.USER: "user",
    Audience.OWN: "user",
    Audience.ADMINISTRATOR: "administrator",
    Audience.SYSTEM: "system",
}
ASKED_FOR = {
    "account": "SELECT max(id) FROM accounts_account WHERE tenant_id IS NOT NULL",
    "system-account-of": "SELECT max(id) FROM accounts_account WHERE tenant_id IS NULL",
    "extension": "SELECT min(id) FROM telephony_extension",
    "run": "SELECT max(id) FROM integrations_syncrun",
    "run_id": "SELECT max(id) FROM integrations_syncrun",
    "contact": "SELECT min(id) FROM phonebook_contact WHERE holder = 0",
    "company-contact-edit": "SELECT max(id) FROM phonebook_contact WHERE holder = 0",
    "device": "SELECT min(id) FROM calling_device WHERE extension_id = "
    "(SELECT min(id) FROM telephony_extension)",
    "my-phone-rename": "SELECT min(id) FROM calling_device WHERE extension_id = "
    "(SELECT min(holder) FROM phonebook_contact WHERE holder <> 0)",
    "trunk_number": "SELECT min(number) FROM calling_trunknumber",
    "own_contact": "SELECT min(id) FROM phonebook_contact WHERE holder = "
    "(SELECT min(holder) FROM phonebook_contact WHERE holder <> 0)",
}
"""What stands in an address, by its name or the page's, as a query for one that is there."""

PART = "a part of a page"
FILE = "a file"
ONCE = "a link that works once: test_first_day.py, tests/integration/portal/test_entry_links.py"
NOT_PAGES: dict[str, str] = {
    "api-description": FILE,
    "audit-csv": FILE,
    "calls-csv": FILE,
    "extension-photo": FILE,
    "extensions-csv": FILE,
    "integration-chosen": PART,
    "integration-key-file": FILE,
    "integration-pick-candidates": PART,
    "integration-pick-mailboxes": PART,
    "integration-pick-people": PART,
    "integration-range": PART,
    "integration-run-csv": FILE,
    "invitation": ONCE,
    "ms365-callback": "comes back from Microsoft, and leads on",
    "ms365-logout": "an empty page in a frame of Microsoft's",
    "phone-manifest": FILE,
    "phone-presence": FILE,
    "phone-who": FILE,
    "phone-worker": FILE,
    "reset": ONCE,
    "set-up": ONCE,
    "sign-in-by-link": ONCE,
    "system-audit-csv": FILE,
    "system-tenants-csv": FILE,
    "trunk-extension-choices": PART,
}
"""Addresses that answer GET with something else than a page."""


def pages() -> list[Route]:
    """Return all routes that show a page."""
    return [
        route
        for route in all_routes()
        if "GET" in route.methods and route.audience in ROLES and route.name not in NOT_PAGES
    ]


@pytest.mark.parametrize("width", [DESK, PHONE])
@pytest.mark.parametrize("route", pages(), ids=lambda route: route.name)
def test_a_page_is_well_made(house: House, browser: Browser, route: Route, width: int) -> None:
    token = token_for(house, route)
    with browser_page(browser, house.address, token, width=width) as visit:
        assert look_at(visit, address_of(house, route), route.name) == []


@pytest.mark.long
@pytest.mark.parametrize("route", pages(), ids=lambda route: route.name)
def test_a_page_is_well_made_in_german_and_in_the_dark(
    house: House, browser: Browser, route: Route
) -> None:
    token = token_for(house, route)
    with browser_page(browser, house.address, token, width=PHONE, german_and_dark=True) as visit:
        assert look_at(visit, address_of(house, route), f"{route.name}-de") == []
        assert visit.page.locator("html").get_attribute("lang") == "de"


def token_for(house: House, route: Route) -> str:
    """Return the session of somebody whom a page is for."""
    role = ROLES[Audience(route.audience)]
    return house.token(role) if role else ""


def address_of(house: House, route: Route) -> str:
    """Return the address of a page about something that is there."""
    values: dict[str, object] = {"tenant": house.plant.firms[0].slug}
    for name in route.takes:
        if name != "tenant":
            values[name] = house.plant.value(ASKED_FOR.get(route.name) or ASKED_FOR[name])
    return route.address(values)


def test_our_own_scripts_are_small(house: House, browser: Browser) -> None:
    sizes: dict[str, int] = {}
    with browser_page(browser, house.address, house.token("administrator"), width=DESK) as visit:
        visit.page.on(
            "response",
            lambda answer: (
                sizes.__setitem__(answer.url, len(answer.body()))
                if ".js" in answer.url and "/django_htmx/" not in answer.url
                else None
            ),
        )
        for route in pages():
            if route.audience == Audience.ADMINISTRATOR and route.takes == ("tenant",):
                visit.page.goto(route.address({"tenant": house.plant.firms[0].slug}))
    assert 0 < sum(sizes.values()) < OWN_SCRIPT_BYTES
