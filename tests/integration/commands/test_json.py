"""The keys that PRODUCT.md fixes for JSON: exactly these, in every command that prints them."""

from typing import Any

from tests.integration.commands.office import Office
from tests.simulator.control import op

EXTENSION = {
    *("number", "state", "source", "directory_object_id", "principal_name", "first_name"),
    *("last_name", "display_name", "email", "mobile_phone", "business_phone", "job_title"),
    *("department", "office", "company", "photo_sha256"),
}
CONTACT = {
    *("scope", "owner", "mailbox", "directory_contact_id", "folder", "display_name"),
    *("first_name", "last_name", "company", "job_title", "department", "emails", "phones"),
}
PHONE = {"kind", "number", "e164", "extension"}
RUN = {
    *("id", "tenant", "trigger", "state", "problems", "dry_run", "started_at", "finished_at"),
    *("counts", "refusals", "requests", "items", "throttled_seconds", "error"),
}
RUN_TOO = {"asked_by", "stages", "hold", "changes", "goes_on"}
COUNTS = {
    *("created", "linked", "changed", "blocked", "released", "returned", "unchanged", "refused"),
}
PROBLEM = {"stage", "subject", "code", "message"}
REFUSAL = {"directory_object_id", "name", "reason", "detail"}
ERROR = {"code", "message", "help"}


def test_extensions_have_the_documented_keys_and_no_others(office: Office) -> None:
    site = office.new_site("people:8")
    office.done("extensions", "add", site.slug, "4000", "--first-name", "By", "--last-name", "Hand")
    site.sync()

    extensions = office.asked("extensions", "list", site.slug)
    shown = office.asked("extensions", "edit", site.slug, "4000", "--department", "Hands")

    assert len(extensions) > 5
    assert all(set(each) == EXTENSION for each in [*extensions, shown])
    assert {each["source"] for each in extensions} == {"microsoft365", "local"}
    local = next(each for each in extensions if each["source"] == "local")
    assert local["number"] == "4000"
    assert local["email"] is None


def test_contacts_have_the_documented_keys_and_no_others(office: Office) -> None:
    site = office.new_site("people:4:6,folders=2", personal_contacts=True, company_contacts=True)
    site.sync()

    contacts = office.asked("contacts", "list", site.slug)
    owner = next(each["owner"] for each in contacts if each["owner"])

    assert all(set(each) == CONTACT for each in contacts)
    assert {each["scope"] for each in contacts} == {"personal", "company"}
    assert {each["folder"] for each in contacts} >= {"Contacts", "Contacts/Customers/Europe"}
    phones = [phone for each in contacts for phone in each["phones"]]
    assert phones
    assert all(set(phone) == PHONE for phone in phones)
    own = office.asked("contacts", "list", site.slug, "--owner", owner)
    company = office.asked("contacts", "list", site.slug, "--company")
    assert own == [each for each in contacts if each["owner"] == owner]
    assert company == [each for each in contacts if each["scope"] == "company"]


def test_runs_have_the_documented_keys_however_they_end(office: Office) -> None:
    site = office.new_site("people:12,guests=0.2", photos=False)
    planned = office.asked("sync", "run", site.slug, "--dry-run")
    applied = office.asked("sync", "run", site.slug)
    site.directory.change(
        *(op("disable", user=each.directory_object_id) for each in site.extensions()[1:])
    )
    held = office.run("sync", "run", site.slug, "--json")
    discarded = office.asked("sync", "discard", held.json()["id"])
    site.application.set_enabled(enabled=False)
    site.clock.forward(hours=2)
    office.done("m365", "set", site.slug, "--application-id", site.directory.directory_id)
    failed = office.run("sync", "run", site.slug, "--json")

    views = [planned, applied, held.json(), discarded, failed.json()]
    views += office.asked("sync", "runs", site.slug)
    views.append(office.asked("sync", "report", applied["id"]))
    for view in views:
        _check_run(view)
    assert [view["state"] for view in views[:5]] == [
        *("planned", "applied", "held", "discarded", "failed"),
    ]
    assert [held.code, failed.code] == [3, 1]
    assert failed.json()["error"]["code"] == "wrong-application"
    assert applied["error"] is None


def _check_run(view: dict[str, Any]) -> None:
    assert RUN <= set(view) <= RUN | RUN_TOO
    assert all(set(counts) == COUNTS for counts in view["counts"].values())
    assert all(set(each) == PROBLEM for each in view["problems"])
    assert all(set(each) == REFUSAL for each in view["refusals"])
    assert view["error"] is None or set(view["error"]) == ERROR
