"""The sign-in pages in Chromium: by keyboard, on a phone, with frames at the end of a session."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, sync_playwright
from typing_extensions import override

from tests.needs import chromium
from tests.simulator.control import Directory, op
from tests.simulator.graph import Client
from tests.simulator.shown import UserTruth
from tests.simulator.sign_in import Attempt, payload_of

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
WIDTHS = (1440, 390)
LONG_NAME = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


class Pbx(ThreadingHTTPServer):
    """An application that answers every address and remembers it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.asked: list[str] = []

    def address(self, path: str) -> str:
        """Return an address of it."""
        return f"http://localhost:{self.server_port}{path}"


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Pbx)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>The PBX</h1>")

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def browsers() -> Iterator[Chromium]:
    """Chromium, once for all tests."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=list(QUIET))
        yield launched
        launched.close()


@pytest.fixture
def pbx() -> Iterator[Pbx]:
    """The application that people come from."""
    server = Pbx()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def attempt(client: Client, pbx: Pbx) -> Attempt:
    """An attempt of that application."""
    callback = pbx.address("/ms365/callback")
    client.application.register(callback, logout_url=pbx.address("/ms365/logout"))
    return Attempt(client, callback)


@pytest.fixture(params=WIDTHS)
def page(browsers: Chromium, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a fresh browser, wide and narrow."""
    context = browsers.new_context(
        viewport={"width": request.param, "height": 800}, ignore_https_errors=True
    )
    yield context.new_page()
    context.close()


def fits(page: Page) -> bool:
    width = page.viewport_size["width"] if page.viewport_size else 0
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def by_keyboard(page: Page, attempt: Attempt, name: str) -> None:
    page.goto(attempt.url(login_hint=name, prompt="login"))
    page.get_by_label("Password").fill("right")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ms365/callback?**")


def test_somebody_signs_in_by_keyboard_and_is_picked_the_next_time(
    page: Page, attempt: Attempt, directory: Directory, person: UserTruth, name: str
) -> None:
    directory.change(op("update_user", user=person.id, set={"displayName": LONG_NAME}))
    by_keyboard(page, attempt, name)
    page.goto(attempt.url())

    assert page.get_by_role("heading").inner_text() == "Pick an account"
    assert fits(page)
    page.get_by_role("button", name=LONG_NAME).click()
    page.wait_for_url("**/ms365/callback?**")

    [code] = parse_qs(urlsplit(page.url).query)["code"]
    assert payload_of(attempt.redeem(code).json["id_token"])["oid"] == person.id


def test_a_refusal_is_at_the_field_and_what_was_typed_stays(page: Page, attempt: Attempt) -> None:
    page.goto(attempt.url())
    page.get_by_label("Account").fill(LONG_NAME)
    page.get_by_label("Password").fill("right")
    page.get_by_role("button", name="Next").click()

    assert "AADSTS50034" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("Account").input_value() == LONG_NAME
    assert page.get_by_label("Account").get_attribute("aria-invalid") == "true"
    assert fits(page)


def test_the_application_hears_of_the_end_before_the_browser_goes_on(
    page: Page, attempt: Attempt, pbx: Pbx, directory: Directory, name: str
) -> None:
    by_keyboard(page, attempt, name)
    back = attempt.redirect_uri
    login = attempt.client.simulator.login
    page.goto(
        f"{login}/{directory.directory_id}/oauth2/v2.0/logout?post_logout_redirect_uri={back}"
    )
    assert fits(page)

    page.get_by_role("button", name=name).click()
    page.wait_for_url(back)

    told = [urlsplit(path) for path in pbx.asked if path.startswith("/ms365/logout?")]
    assert [set(parse_qs(one.query)) for one in told] == [{"iss", "sid"}]
    page.goto(attempt.url())
    assert page.get_by_role("heading").inner_text() == "Sign in"
    assert fits(page)


def test_the_page_of_a_registration_fits(
    page: Page, attempt: Attempt, directory: Directory
) -> None:
    application = attempt.client.application.application_id
    page.goto(f"{attempt.client.simulator.login}/portal/{directory.directory_id}/{application}")

    assert fits(page)
    page.get_by_label("login_hint").check()
    page.get_by_role("button", name="Save claims").click()
    page.wait_for_url("**#claims")
    assert page.get_by_label("login_hint").is_checked()
