"""Draws the web phone's icons as PNG from its icon.svg. usage: python tools/phone_icons.py CHROMIUM

The maskable one has room around it: systems cut it to a shape of their own.
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PLACE = Path(__file__).parents[1] / "src/rollcall/webphone/static/webphone"
SIZES = {
    "icon-192.png": (192, 1.0),
    "icon-512.png": (512, 1.0),
    "icon-maskable-512.png": (512, 0.8),
}
PAGE = """<style>html, body {{ margin: 0; background: {ground} }}
svg {{ display: block; width: {size}px; height: {size}px }}
svg {{ transform: scale({scale}) }}</style>{svg}"""


def draw(chromium: str) -> None:
    """Write all sizes."""
    svg = (PLACE / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, scale) in SIZES.items():
            ground = "transparent" if scale == 1.0 else "#1f5fbf"
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(PAGE.format(ground=ground, size=size, scale=scale, svg=svg))
            page.screenshot(path=PLACE / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    draw(sys.argv[1])
