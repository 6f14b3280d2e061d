"""Tenants, settings, and settings as files, as an administrator handles them."""

from pathlib import Path

from tests.integration.commands.office import Office
from tests.simulator.control import op


def test_a_tenant_is_added_changed_suspended_and_deleted(office: Office) -> None:
    words = ("--name", "Fabrikam", "--sip-domain", "Fabrikam.Example", "--time-zone", "Asia/Tokyo")
    added = office.asked("tenant", "add", "fabrikam", *words, "--country", "jp")
    office.done(
        "tenant", "set", "fabrikam", "--extension-range", "200-499", "--reserved", "211,300"
    )

    office.done("tenant", "suspend", "fabrikam")
    office.done("m365", "set", "fabrikam", "--users", "on")
    refusal = office.refused("sync", "run", "fabrikam")
    office.done("tenant", "resume", "fabrikam")

    shown = office.asked("tenant", "show", "fabrikam")
    assert (added["sip_domain"], added["country"]) == ("fabrikam.example", "JP")
    assert (shown["first_extension"], shown["last_extension"]) == ("200", "499")
    assert shown["reserved_numbers"] == ["211", "300"]
    assert "suspended" in refusal
    assert "fabrikam" in [each["slug"] for each in office.asked("tenant", "list")]
    office.done("tenant", "delete", "fabrikam", "--yes")
    assert "fabrikam" not in [each["slug"] for each in office.asked("tenant", "list")]


def test_settings_are_shown_as_they_were_set(office: Office) -> None:
    site = office.new_site("people:4")
    office.done(
        *("m365", "set", site.slug, "--start", "300", "--end", "450", "--guests", "on"),
        *("--photos", "off", "--names", "display-name", "--leavers", "release:30"),
        *("--link", "never", "--sync-time", "23:30", "--certificate-days", "180"),
        *("--personal-contacts", "on", "--subfolders", "off"),
    )

    shown = office.asked("m365", "show", site.slug)

    wanted = {
        "start": "300",
        "end": "450",
        "guests": True,
        "photos": False,
        "names": "display-name",
        "leavers": "release:30",
        "link": "never",
        "sync_time": "23:30",
        "certificate_days": 180,
        "personal_contacts": True,
        "company_contacts": False,
        "subfolders": False,
        "directory_id": site.directory.directory_id,
    }
    assert {name: shown[name] for name in wanted} == wanted


def test_administrators_who_sign_in_with_microsoft_are_named_in_a_file(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site("people:4,guests=0,disabled=0", photos=False)
    site.sync()
    person = site.extensions()[0]
    file = tmp_path / "administrators.txt"
    file.write_text(f"{person.principal_name}\n")

    office.done("m365", "set", site.slug, "--administrators", file)
    named = office.asked("m365", "show", site.slug)["administrators"]
    assert named["lines"] == [
        {"line": person.principal_name, "directory_object_id": person.directory_object_id}
    ]
    file.write_text("")
    office.done("m365", "set", site.slug, "--administrators", file)
    assert office.asked("m365", "show", site.slug)["administrators"]["lines"] == []


def test_ids_are_taken_with_white_space_and_in_capitals(office: Office) -> None:
    site = office.new_site("people:4", photos=False)
    ident = f"  {site.directory.directory_id.upper()} "

    office.done("m365", "set", site.slug, "--directory-id", ident)

    assert office.asked("m365", "show", site.slug)["directory_id"] == site.directory.directory_id
    assert office.asked("sync", "run", site.slug)["state"] == "applied"


def test_a_range_without_an_end_is_all_of_its_width(office: Office) -> None:
    site = office.new_site("people:4")

    office.done("m365", "set", site.slug, "--start", "2500", "--end", "none")

    shown = office.asked("m365", "show", site.slug)
    assert (shown["start"], shown["end"]) == ("2500", "9999")


def test_without_a_range_the_tenants_own_is_used(office: Office) -> None:
    site = office.new_site("people:4,guests=0,disabled=0", photos=False)
    office.done("tenant", "set", site.slug, "--extension-range", "700-799")
    office.done("m365", "set", site.slug, "--start", "none")

    office.done("sync", "run", site.slug)

    numbers = [each["number"] for each in office.asked("extensions", "list", site.slug)]
    assert numbers == ["700", "701", "702", "703"]


def test_a_paused_tenant_runs_previews_only(office: Office) -> None:
    site = office.new_site("people:4", photos=False)
    office.done("sync", "pause", site.slug)

    refusal = office.refused("sync", "run", site.slug)
    preview = office.asked("sync", "run", site.slug, "--dry-run")
    office.done("sync", "resume", site.slug)
    run = office.asked("sync", "run", site.slug)

    assert "sync resume" in refusal
    assert preview["state"] == "planned"
    assert run["state"] == "applied"


def test_exported_settings_make_another_tenant_the_same(office: Office, tmp_path: Path) -> None:
    site = office.new_site("people:9,guests=0,disabled=0", photos=False)
    site.sync()
    people = tmp_path / "people.txt"
    people.write_text(f"{site.extensions()[0].email}\n{site.extensions()[1].email}\n")
    office.done(
        *("m365", "set", site.slug, "--select", "only", "--people", people),
        *("--leavers", "release:7", "--start", "600", "--end", "700", "--sync-time", "04:15"),
    )
    exported = office.done("export", site.slug).out
    file = tmp_path / "settings.json"
    file.write_text(exported.replace(f"{site.slug}.example", "other.example"))

    office.done("import", "other", file)

    ours = office.asked("m365", "show", site.slug)
    theirs = office.asked("m365", "show", "other")
    differing = {name for name in ours if ours[name] != theirs[name]}
    assert differing == {"tenant", "people", "key_pairs", "last_run"}
    assert theirs["people"]["mode"] == "only"
    assert [each["line"] for each in theirs["people"]["lines"]] == [
        each["directory_object_id"] for each in ours["people"]["lines"]
    ]
    assert theirs["key_pairs"] == []
    assert office.done("export", "other").out == file.read_text().replace(site.slug, "other")
    for secret in ("PRIVATE", "private_key", "token", "sealed"):
        assert secret not in exported
    office.done("tenant", "delete", "other", "--yes")


def test_an_import_is_whole_or_nothing(office: Office, tmp_path: Path) -> None:
    site = office.new_site("people:4")
    file = tmp_path / "settings.json"
    text = office.done("export", site.slug).out
    text = text.replace(f"{site.slug}.example", "another.example")
    file.write_text(text.replace('"sync_time": "00:00"', '"sync_time": "late"'))
    before = office.contents()

    refusal = office.refused("import", "another", file)

    assert "late" in refusal
    assert office.contents() == before


def test_the_doctor_names_what_needs_a_hand(office: Office) -> None:
    site = office.new_site("people:4,guests=0,disabled=0", photos=False)
    site.directory.change(op("disable", user=site.directory.users()[0].id))
    site.application.set_enabled(enabled=False)
    office.run("sync", "run", site.slug)

    ended = office.run("doctor", "--json")

    findings = ended.json()["findings"]
    ours = [each for each in findings if each["step"] == site.slug]
    assert ended.code == 1
    assert not ended.json()["ok"]
    assert {each["light"] for each in ours} == {"green", "red"}
    assert any("disabled" in each["message"] for each in ours)
    assert {"database", "tables", "encryption keys", "disk"} <= {each["step"] for each in findings}
    office.done("tenant", "delete", site.slug, "--yes")
