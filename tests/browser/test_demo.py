"""make demo, from an empty directory: it ends with an open portal, and its links let people in."""

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visits import DESK, browser_page, inspect

DEMO = Path(__file__).resolve().parents[2] / "tools" / "demo.py"
LINK = re.compile(
    r"^ +(?P<who>an? [\w ]+?) +(?P<link>https://localhost:\d+/sign-in/link/\S+)$", re.MULTILINE
)
MICROSOFT = re.compile(
    r"^ +the web phone +(?P<phone>https://\S+)\n +for example as +(?P<person>\S+)$", re.MULTILINE
)
FIRST_PAGES = {
    "a system administrator": "Tenants",
    "an administrator of Contoso": "Microsoft 365 Integration",
    "a user of Contoso": "Colleagues",
}
SECONDS = 300


def demo(place: Path, *options: str) -> str:
    """Run the demo in a directory; return what it prints."""
    done = subprocess.run(
        [sys.executable, str(DEMO), *options],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sign_in_with_microsoft(browser: Browser, printed: str) -> None:
    """Go to the web phone as the demo says, as the person whom it names."""
    found = MICROSOFT.search(printed)
    assert found is not None
    origin = found["phone"].removesuffix("/phone/")
    with browser_page(browser, origin, width=DESK) as visit:
        visit.page.goto(found["phone"])
        visit.page.get_by_role("button", name="Sign in with Microsoft").click()
        visit.page.get_by_label("Account").fill(found["person"])
        visit.page.get_by_label("Password").fill("anything")
        visit.page.get_by_role("button", name="Next").click()
        expect(visit.page).to_have_url(found["phone"])
        expect(visit.page.locator("main")).to_contain_text("Hannah Goldberg")
        visit.elsewhere.clear()  # the simulated Microsoft was asked, as it should be
        assert inspect(visit, "demo-web-phone") == []


@pytest.mark.long
def test_the_demo_ends_with_a_portal_to_sign_in_to(browser: Browser) -> None:
    with TemporaryDirectory(prefix="rollcall-test-") as home:
        place = Path(home)
        place.chmod(0o755)
        try:
            printed = demo(place)
            links = {found["who"]: found["link"] for found in LINK.finditer(printed)}
            assert set(links) == set(FIRST_PAGES)
            sign_in_with_microsoft(browser, printed)
            for who, link in links.items():
                origin = link.partition("/sign-in")[0]
                with browser_page(browser, origin, width=DESK) as visit:
                    visit.page.goto(link)
                    visit.page.get_by_role("button", name="Sign in").click()
                    heading = visit.page.get_by_role("heading", level=1)
                    expect(heading).to_contain_text(FIRST_PAGES[who])
                    assert inspect(visit, f"demo-{who.replace(' ', '-')}") == []
        finally:
            assert "The demo is stopped" in demo(place, "--stop")
        assert "No demo is running" in demo(place, "--stop")
