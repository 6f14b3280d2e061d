"""Runs as an administrator reads them: a preview, the run after it, the list of them, a report."""

import re
from typing import Any

from tests.integration.commands.office import Office
from tests.simulator.control import op

SPEC = "people:6,guests=0,disabled=0,nameless=0,shared=0,rooms=0"


def test_a_preview_changes_nothing_and_says_what_the_run_then_does(office: Office) -> None:
    site = office.new_site(f"{SPEC},folders=1", personal_contacts=True, company_contacts=True)

    preview = office.asked("sync", "run", site.slug, "--dry-run")
    nobody = office.asked("extensions", "list", site.slug)
    run = office.asked("sync", "run", site.slug)

    assert (preview["state"], preview["dry_run"], nobody) == ("planned", True, [])
    assert _numbers(preview) == _numbers(run)
    assert _numbers(run) == {
        each["directory_object_id"]: each["number"]
        for each in office.asked("extensions", "list", site.slug)
    }
    assert preview["counts"] == run["counts"]


def test_a_preview_names_each_field_with_its_old_and_its_new_value(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)
    person = site.extensions()[0]
    site.directory.change(
        op("update_user", user=person.directory_object_id, set={"department": "Astronomy"})
    )

    preview = office.asked("sync", "run", site.slug, "--dry-run")
    shown = office.done("sync", "run", site.slug).out

    (change,) = preview["changes"]
    assert change["action"] == "changed"
    assert change["fields"] == {"department": [person.department or "", "Astronomy"]}
    assert f"department: {person.department or '–'} → Astronomy" in shown
    assert "1 changed, 5 unchanged" in _squeezed(shown)


def test_an_unchanged_night_says_so(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)

    again = office.done("sync", "run", site.slug)

    assert "users 6 unchanged" in _squeezed(again.out)
    assert "Done: 0 changes" in again.out


def test_a_report_calls_people_by_name_and_json_by_object_id(office: Office) -> None:
    site = office.new_site(SPEC, photos=False, personal_contacts=True)
    person = site.directory.users()[0]
    site.directory.change(op("set_mailbox", user=person.id, kind="none"))

    run = office.asked("sync", "run", site.slug)
    report = office.asked("sync", "report", run["id"])
    shown = office.done("sync", "report", run["id"]).out

    (problem,) = run["problems"]
    assert report == run
    assert (problem["subject"], problem["code"]) == (person.id, "no-mailbox")
    assert person.id not in shown
    assert str(person.properties["displayName"]) in shown


def test_a_long_list_is_shortened_and_the_report_has_all_of_it(office: Office) -> None:
    site = office.new_site("people:40,guests=0,disabled=0,nameless=0", photos=False)

    shown = office.done("sync", "run", site.slug).out
    (run,) = office.asked("sync", "runs", site.slug)
    report = office.done("sync", "report", run["id"]).out

    assert f"… and 15 more: rollcall sync report {run['id']}" in shown
    numbers = [str(number) for number in range(2000, 2040)]
    assert [each for each in numbers if each not in report] == []


def test_runs_are_listed_with_what_they_came_to_the_newest_first(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug, "--dry-run")
    office.done("sync", "run", site.slug, "--only", "users")
    office.done("sync", "run", site.slug, "--full")

    runs = office.asked("sync", "runs", site.slug)
    two = office.asked("sync", "runs", site.slug, "--limit", "2")
    shown = office.done("sync", "runs", site.slug).out.splitlines()

    assert [run["state"] for run in runs] == ["applied", "applied", "planned"]
    assert [run["stages"] for run in runs[:2]] == [["users"], ["users"]]
    assert two == runs[:2]
    assert [line.split()[0] for line in shown] == ["run", *(str(run["id"]) for run in runs)]
    assert "+6 −0 ~0" in shown[2]
    assert "preview" in shown[3]


def test_a_run_that_ended_cannot_be_cancelled(office: Office) -> None:
    site = office.new_site(SPEC, photos=False)
    run = office.asked("sync", "run", site.slug)

    refusal = office.refused("sync", "cancel", run["id"])

    assert "nothing to cancel" in refusal
    assert office.asked("sync", "report", run["id"]) == run


def _numbers(run: dict[str, Any]) -> dict[str, str]:
    return {each["directory_object_id"]: each["number"] for each in run["changes"]}


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)
