"""Lists of people and mailboxes: files of object ids, principal names and mail addresses."""

from pathlib import Path

from tests.integration.commands.office import Office
from tests.simulator.control import op
from tests.sites import Site

SPEC = "people:9,guests=0,disabled=0"


def test_only_these_by_id_principal_name_and_mail(office: Office, tmp_path: Path) -> None:
    site = office.new_site(SPEC, photos=False)
    first, second, third, *others = site.directory.users()[:9]
    site.directory.change(op("update_user", user=second.id, set={"mail": "desk@people9.example"}))
    lines = (
        f"{first.id}\n\n  {str(second.properties['userPrincipalName']).upper()}  \n"
        f"{third.properties['mail']}\n"
    )

    _select(office, site, tmp_path, "only", lines)
    run = office.asked("sync", "run", site.slug)

    assert run["problems"] == []
    assert _people(office, site) == {first.id, second.id, third.id}
    assert {each["reason"] for each in run["refusals"]} >= {"not-selected"}
    assert len(run["refusals"]) >= len(others)


def test_all_except_these(office: Office, tmp_path: Path) -> None:
    site = office.new_site(SPEC, photos=False)
    left_out, *others = site.directory.users()[:9]

    _select(office, site, tmp_path, "except", str(left_out.properties["mail"]))
    office.done("sync", "run", site.slug)

    assert _people(office, site) == {each.id for each in others}


def test_a_line_stays_bound_to_its_person_whatever_they_are_called(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    person, other = site.directory.users()[:2]
    _select(office, site, tmp_path, "only", str(person.properties["mail"]))
    office.done("sync", "run", site.slug)
    site.directory.change(
        op("update_user", user=person.id, set={"mail": "new@x.example"}),
        op("update_user", user=other.id, set={"mail": person.properties["mail"]}),
    )

    run = office.asked("sync", "run", site.slug)

    assert run["problems"] == []
    assert _people(office, site) == {person.id}
    (line,) = office.asked("m365", "show", site.slug)["people"]["lines"]
    assert line["directory_object_id"] == person.id


def test_lines_that_mean_nobody_or_two_are_a_warning_in_every_run(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    person, one, other = site.directory.users()[:3]
    both = {"otherMails": ["team@people9.example"]}
    site.directory.change(*(op("update_user", user=each.id, set=both) for each in (one, other)))
    lines = f"{person.properties['mail']}\nteam@people9.example\nnobody@people9.example"
    ended = _select(office, site, tmp_path, "only", lines)

    runs = [office.asked("sync", "run", site.slug) for _ in range(2)]

    wanted = {("team@people9.example", "ambiguous"), ("nobody@people9.example", "not-found")}
    for run in runs:
        assert {(each["subject"], each["code"]) for each in run["problems"]} == wanted
    assert _people(office, site) == {person.id}
    assert "Mind:" in ended


def test_a_list_of_which_nobody_is_there_changes_nothing(office: Office, tmp_path: Path) -> None:
    site = office.new_site(SPEC, photos=False)
    office.done("sync", "run", site.slug)
    before = _people(office, site)
    _select(office, site, tmp_path, "only", "a@elsewhere.example\nb@elsewhere.example")

    ended = office.run("sync", "run", site.slug, "--json")

    assert ended.code == 1
    assert ended.json()["error"]["code"] == "list-unresolved"
    assert _people(office, site) == before
    office.done("m365", "set", site.slug, "--select", "all")
    assert office.asked("sync", "run", site.slug)["state"] == "applied"


def test_an_empty_list_is_refused_for_only_and_harmless_for_except(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    empty = tmp_path / "empty.txt"
    empty.write_text("\n \n")

    refusal = office.refused("m365", "set", site.slug, "--select", "only", "--people", empty)
    office.done("m365", "set", site.slug, "--select", "except", "--people", empty)
    office.done("sync", "run", site.slug)

    assert "nobody would be left" in refusal
    assert len(_people(office, site)) == 9


def test_named_mailboxes_are_company_contacts_without_any_permission_to_recognise_them(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(f"{SPEC},contacts=4", photos=False)
    site.application.set_roles("User.Read.All", "Contacts.Read")
    names = tmp_path / "mailboxes.txt"
    names.write_text("shared1@people9.example\n")
    office.done(
        *("m365", "set", site.slug, "--company-contacts", "on", "--mailbox-select", "only"),
        *("--mailboxes", names),
    )

    run = office.asked("sync", "run", site.slug)

    assert run["problems"] == []
    assert run["counts"]["company-contacts"]["created"] == 4


def _select(office: Office, site: Site, directory: Path, mode: str, lines: str) -> str:
    """Set the list of people; return what was said on stderr."""
    file = directory / "people.txt"
    file.write_text(lines)
    ended = office.done("m365", "set", site.slug, "--select", mode, "--people", file)
    return ended.err


def _people(office: Office, site: Site) -> set[str]:
    extensions = office.asked("extensions", "list", site.slug, "--state", "active")
    return {each["directory_object_id"] for each in extensions}
