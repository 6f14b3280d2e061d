"""The phone as an app: what may be kept in the browser, and that nothing else is."""

import json
import re
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client

from rollcall.webphone.app_files import KEPT, MODULES
from tests.integration.webphone.conftest import Company


def test_the_manifest_names_icons_that_are_there(nobody: Client) -> None:
    answer = nobody.get("/phone/manifest.webmanifest")

    assert answer["Content-Type"] == "application/manifest+json"
    manifest = json.loads(answer.content)
    assert (manifest["start_url"], manifest["scope"]) == ("/phone/", "/phone/")
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    for icon in manifest["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/").partition("?")[0])


def test_the_service_worker_keeps_static_files_and_one_page_that_names_nobody(
    nobody: Client, company: Company
) -> None:
    answer = company.anna.get("/phone/worker.js")

    assert answer.content == nobody.get("/phone/worker.js").content
    assert answer["Content-Type"].startswith("text/javascript")
    kept = json.loads(answer.content.decode().split("const KEPT = ")[1].split(";\n")[0])
    assert all(address.startswith("/static/") for address in kept["files"])
    page = company.anna.get(kept["offline"]).content.decode()
    assert "There is no network" in page
    assert "Anna" not in page
    assert "Contoso" not in page


def test_every_module_that_is_imported_is_kept(nobody: Client) -> None:
    imported: set[str] = set()
    for name in (*MODULES, "phone", "webphone"):
        found = finders.find(f"webphone/{name}.js")
        assert isinstance(found, str), name
        text = Path(found).read_text(encoding="utf-8")
        imported |= set(re.findall(r'from "\./([^"]+)";', text))
    assert {f"webphone/{name}" for name in imported} <= set(KEPT)
    assert {f"{name}.js" for name in MODULES} <= imported
