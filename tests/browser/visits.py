"""A visit to a page: what it looks like, and what is wrong with it.

with browser_page(browser, house.address, token, width=390) as page:
    assert look_at(page, "/t/contoso/extensions", "extensions") == []
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from rollcall.web.identity import COOKIE

DESK, PHONE = 1440, 390
HEIGHTS = {DESK: 900, PHONE: 844}
AXE = files("axe_playwright_python") / "axe.min.js"
SERIOUS = {"serious", "critical"}
OWN_SCRIPT_BYTES = 100_000
NO_WORKER = "An SSL certificate error occurred when fetching the script."
"""A service worker wants a certificate that is trusted; those of these tests are not."""

SCREENS = Path(os.environ.get("ROLLCALL_TEST_SCREENS", "var/screens"))
"""Where the screenshots of the last run are kept."""


class Visit:
    """What a page did while it was open."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self._origin = origin
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", self._note)

    def _hear(self, message: ConsoleMessage) -> None:
        of_others = not message.location["url"].startswith(self._origin)
        if message.text == NO_WORKER:
            return
        if message.type in {"error", "warning"} and not (of_others and message.location["url"]):
            self.said.append(message.text)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if (
            parts.scheme not in {"data", "blob"}
            and f"{parts.scheme}://{parts.netloc}" != self._origin
        ):
            self.elsewhere.append(request.url)


@contextmanager
def browser_page(
    browser: Browser, origin: str, token: str = "", *, width: int, german_and_dark: bool = False
) -> Iterator[Visit]:
    """Have a window of this width, signed in by a session's token."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHTS[width]},
        ignore_https_errors=True,
        base_url=origin,
        locale="de-DE" if german_and_dark else "en-GB",
        color_scheme="dark" if german_and_dark else "light",
        has_touch=width == PHONE,
    )
    context.set_default_timeout(15_000)
    if token:
        cookie: Any = {"name": COOKIE, "value": token, "url": origin, "secure": True}
        context.add_cookies([cookie])
    try:
        yield Visit(context.new_page(), origin)
    finally:
        context.close()


def look_at(visit: Visit, path: str, name: str) -> list[str]:
    """Open a page, keep its picture, and return what is wrong with it."""
    answer = visit.page.goto(path)
    status = answer.status if answer else 0
    wrong = [] if status == 200 else [f"status {status}"]
    return wrong + inspect(visit, name)


def inspect(visit: Visit, name: str) -> list[str]:
    """Keep the picture of the page that is open, and return what is wrong with it."""
    page = visit.page
    width = page.viewport_size["width"] if page.viewport_size else 0
    folder = SCREENS / str(width)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    wrong = [f"console: {text}" for text in visit.said]
    wrong += [f"asked elsewhere: {url}" for url in visit.elsewhere]
    wrong += [f"accessibility: {line}" for line in serious_findings(page)]
    beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if beyond > 0:
        wrong.append(f"{beyond} px wider than the window")
    if not page.title().strip():
        wrong.append("no title")
    if page.locator("h1").count() != 1:
        wrong.append(f"{page.locator('h1').count()} first headings")
    return wrong


def serious_findings(page: Page) -> list[str]:
    """Return what axe-core finds serious or critical."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # past the page's own policy
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {' '.join(node['failureSummary'].split())}"
        for each in found["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
