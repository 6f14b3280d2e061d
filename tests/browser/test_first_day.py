"""The first day of a new administrator: from nothing to people with numbers, by pages alone.

Two sites are open: the portal, and the page where Microsoft lets applications be registered, which
the simulator plays. No command is typed but the one that starts the service.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pyotp
import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from tests.browser.visits import DESK, PHONE, Visit, browser_page, inspect
from tests.integration.host.machine import wait_until
from tests.integration.nights.plant import Plant, Service, plant
from tests.ports import free_port
from tests.simulator.control import Simulator

PASSWORD = "every-morning-coffee-first"
PEOPLE = 24
LINK = re.compile(r"https://localhost:\d+/set-up/\S+")


class Office:
    """An empty machine whose service has just been started, and a company in a directory."""

    def __init__(self, made: Plant, directory_id: str) -> None:
        self.plant = made
        self.directory_id = directory_id
        self.address = f"https://localhost:{made.program.environment.listen.port}"

    def console(self) -> str:
        """Return what the service printed."""
        return (self.plant.program.home / "up.out").read_text()

    def set_up_link(self) -> str:
        """Return the link that the service printed when it found nobody to look after it."""
        wait_until(lambda: LINK.search(self.console()) is not None, seconds=30)
        found = LINK.search(self.console())
        assert found is not None
        return found.group()


@pytest.fixture
def office() -> Iterator[Office]:
    """A service without a tenant or an account."""
    with (
        TemporaryDirectory(prefix="rollcall-test-", ignore_cleanup_errors=True) as place,
        Simulator.started(Path(place) / "m365sim") as simulator,
    ):
        Path(place).chmod(0o755)
        directory = simulator.add_directory(f"people:{PEOPLE}:3,shared=2,name=fabrikam")
        port = free_port()
        domains = {"listen": f"127.0.0.1:{port}", "web_domain": f"localhost:{port}"}
        with (
            plant(Path(place) / "home", simulator, **domains) as made,
            Service.started(made, workers=1),
        ):
            yield Office(made, directory.directory_id)
            connections.close_all()


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_from_nothing_to_a_first_sync(office: Office, browser: Browser, width: int) -> None:
    with browser_page(browser, office.address, width=width) as visit:
        become_system_administrator(visit, office)
        add_tenant(visit)
        choose_cloud(visit)
        application = register_application(visit, office)
        connect(visit, application, office)
        upload_certificate(visit, application)
        check(visit)
        preview_and_apply(visit, office)
        assert office.plant.value("SELECT count(*) FROM telephony_extension") == PEOPLE
        assert office.plant.value("SELECT count(*) FROM audit_auditentry WHERE actor = 'root'") == 0


def look(visit: Visit, name: str) -> None:
    """Keep the picture of the page as it is now, and demand that nothing is wrong with it."""
    assert inspect(visit, f"first-day-{name}") == []


def become_system_administrator(visit: Visit, office: Office) -> None:
    """Follow the link of the console; set a password and a second factor."""
    page = visit.page
    page.goto(office.set_up_link())
    look(visit, "1-set-up")
    page.get_by_label("Mail address").fill("ada@provider.example")
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up a second factor")
    look(visit, "2-second-factor")
    secret = "".join(page.locator("code.key").inner_text().split())
    page.get_by_label("Code that the app shows").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".codes li")).to_have_count(10)
    look(visit, "3-recovery-codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tenants")
    look(visit, "4-no-tenant-yet")
    page.goto(office.set_up_link())
    expect(page.get_by_role("heading", level=1)).to_contain_text("does not work")
    visit.said.clear()  # the browser says that this page answered 404
    page.goto("/")


def add_tenant(visit: Visit) -> None:
    """Add the first tenant and switch to it."""
    page = visit.page
    page.get_by_role("link", name="Add tenant").first.click()
    page.get_by_label("Short name").fill("fabrikam")
    page.get_by_label("Name", exact=True).fill("Fabrikam Robotics")
    page.get_by_label("SIP domain").fill("fabrikam.example")
    page.get_by_label("Time zone").select_option("Europe/Vienna")
    page.get_by_label("Country").select_option("AT")
    page.get_by_role("button", name="Add tenant").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fabrikam Robotics")
    look(visit, "5-tenant")
    page.get_by_role("button", name="Switch to tenant").click()
    page.goto("/t/fabrikam/integration/")
    expect(page.get_by_text("You are in the scope of")).to_be_visible()
    look(visit, "6-not-connected")


def choose_cloud(visit: Visit) -> None:
    """Choose the cloud that the directory is in, which is not the usual one here."""
    cloud = visit.page.locator("#cloud")
    cloud.locator("summary").click()
    cloud.get_by_label("National cloud").select_option("SIMULATED")
    cloud.get_by_role("button", name="Save").click()
    expect(visit.page.locator("#cloud summary")).to_contain_text("SIMULATED")


def register_application(visit: Visit, office: Office) -> Page:
    """Register the application where the guide leads to; return its page."""
    uri = visit.page.locator("#register .value code").first.inner_text()
    assert uri == f"{office.address}/ms365/callback"
    with visit.page.expect_popup() as popup:
        visit.page.get_by_role("link", name="App registrations").click()
    page = popup.value
    page.get_by_role("link", name="fabrikam").click()
    page.get_by_label("Name").fill("Phone system")
    page.get_by_label("Redirect URI").fill(uri)
    page.get_by_role("button", name="Register").click()
    for permission in ("User.Read.All", "Contacts.Read", "MailboxSettings.Read"):
        page.get_by_label(f"{permission} Application").check()
    page.get_by_role("button", name="Save permissions").click()
    page.get_by_role("button", name=re.compile("Grant admin consent")).click()
    return page


def connect(visit: Visit, application: Page, office: Office) -> None:
    """Paste the ids that the application's page shows."""
    page = visit.page
    page.get_by_role("link", name="Next: the ids").click()
    application_id = application.locator("#application-id").inner_text()
    page.get_by_label("Application (client) ID").fill(application_id)
    page.get_by_label("Directory (tenant) ID").fill(office.directory_id)
    page.locator("#ids").get_by_role("button", name="Save").click()
    expect(page.locator("#ids summary .state")).to_contain_text("done")


def upload_certificate(visit: Visit, application: Page) -> None:
    """Generate the key pair; upload public_key.pem to the application."""
    page = visit.page
    with page.expect_download() as download:
        page.locator("#key-pair").get_by_role("button", name="Generate new key pair").click()
    assert download.value.suggested_filename == "public_key.pem"
    expect(page.locator("#key-pair .state", has_text="pending").first).to_be_visible()
    look(visit, "7-key-pair")
    application.get_by_label("Upload certificate").set_input_files(download.value.path())
    application.get_by_role("button", name="Upload certificate", exact=True).click()
    shown = application.locator("#certificates ~ table code").first.inner_text()
    page.goto("/t/fabrikam/integration/?step=key-pair#key-pair")
    assert shown[:4].lower() in page.locator("#key-pair").inner_text().lower()


def check(visit: Visit) -> None:
    """Have every step tried, and find all lights green."""
    page = visit.page
    page.locator("#check").get_by_role("button", name="Check").click()
    expect(page.get_by_role("button", name="Check again")).to_be_visible(timeout=60_000)
    assert page.locator(".findings .state.bad").count() == 0
    assert page.locator(".findings .state.good").count() >= 8
    look(visit, "8-checked")


def preview_and_apply(visit: Visit, office: Office) -> None:
    """Look at what would change, apply exactly that, and find the people."""
    page = visit.page
    page.goto("/t/fabrikam/integration/")
    page.get_by_role("button", name="Preview changes").click()
    apply = page.get_by_role("button", name="Apply")
    expect(apply).to_be_visible(timeout=60_000)
    assert office.plant.value("SELECT count(*) FROM telephony_extension") == 0
    look(visit, "9-preview")
    apply.click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Done", timeout=60_000)
    look(visit, "10-applied")
    page.goto("/t/fabrikam/extensions")
    expect(page.locator("tbody tr")).to_have_count(PEOPLE)
    look(visit, "11-extensions")
