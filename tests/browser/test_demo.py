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


@pytest.mark.long
def test_the_demo_ends_with_a_portal_to_sign_in_to(browser: Browser) -> None:
    with TemporaryDirectory(prefix="rollcall-test-") as home:
        place = Path(home)
        place.chmod(0o755)
        try:
            links = {found["who"]: found["link"] for found in LINK.finditer(demo(place))}
            assert set(links) == set(FIRST_PAGES)
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
