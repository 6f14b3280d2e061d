"""JsSIP is the one that the recipe names, and its licences come with it."""

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLACE = ROOT / "src/rollcall/webphone/static/webphone/vendor"
RECIPE = ROOT / "tools/jssip"


def test_the_bundle_is_what_the_recipe_makes() -> None:
    named = dict(line.split() for line in (PLACE / "VERSION").read_text().splitlines())
    lock = json.loads((RECIPE / "package-lock.json").read_text())["packages"]
    wanted = json.loads((RECIPE / "package.json").read_text())["dependencies"]

    assert named["sha256"] == hashlib.sha256((PLACE / "jssip.js").read_bytes()).hexdigest()
    assert named["jssip"] == wanted["jssip"] == lock["node_modules/jssip"]["version"]
    assert all("integrity" in each for name, each in lock.items() if name)


def test_the_licence_of_each_package_is_there() -> None:
    lock = json.loads((RECIPE / "package-lock.json").read_text())["packages"]
    bundled = {
        name.removeprefix("node_modules/"): each["version"]
        for name, each in lock.items()
        if name and not each.get("dev")
    }
    text = (PLACE / "LICENSE").read_text(encoding="utf-8")

    assert [name for name, version in bundled.items() if f"{name} {version}\n" not in text] == []


def test_the_bundle_needs_no_eval_and_asks_no_other_host() -> None:
    text = (PLACE / "jssip.js").read_text(encoding="utf-8")

    for word in ("eval(", "new Function", "importScripts", "XMLHttpRequest", "fetch("):
        assert word not in text
