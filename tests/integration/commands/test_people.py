"""People, as an administrator handles them: guard, leavers, links, imports, deletions."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.integration.commands.office import Office
from tests.simulator.control import op
from tests.sites import Site

SPEC = "people:10,guests=0,disabled=0,nameless=0"


def _settled(office: Office, *, spec: str = SPEC, **values: Any) -> Site:
    site = office.new_site(spec, photos=False, **values)
    office.done("sync", "run", site.slug)
    return site


def _by_number(office: Office, site: Site) -> dict[str, dict[str, Any]]:
    return {each["number"]: each for each in office.asked("extensions", "list", site.slug)}


def _held(office: Office, site: Site) -> dict[str, Any]:
    """Disable most people and run: the run is held."""
    leavers = list(_by_number(office, site).values())[:6]
    site.directory.change(*(op("disable", user=each["directory_object_id"]) for each in leavers))
    ended = office.run("sync", "run", site.slug, "--json")
    assert ended.code == 3, ended
    run: dict[str, Any] = ended.json()
    return run


def test_many_leavers_are_held_and_approved(office: Office) -> None:
    site = _settled(office)
    before = _by_number(office, site)
    run = _held(office, site)

    assert run["state"] == "held"
    assert len([each for each in run["changes"] if each["action"] == "blocked"]) == 6
    assert _by_number(office, site) == before
    approved = office.asked("sync", "approve", run["id"])

    states = [each["state"] for each in _by_number(office, site).values()]
    assert approved["state"] == "applied"
    assert (states.count("blocked"), states.count("active")) == (6, 4)
    again = office.asked("sync", "run", site.slug)
    assert again["counts"]["users"]["blocked"] == 0
    assert "nothing to decide on" in office.refused("sync", "approve", run["id"])


def test_an_approved_preview_says_how_photos_and_contacts_follow(office: Office) -> None:
    site = office.new_site("people:3:2", personal_contacts=True)
    run = office.asked("sync", "run", site.slug, "--dry-run")

    ended = office.done("sync", "approve", str(run["id"]))
    command = f"sync run {site.slug} --only photos,personal-contacts"
    assert f"rollcall {command}" in ended.out
    after = office.asked(*command.split())

    assert (after["state"], after["counts"]["personal-contacts"]["created"]) == ("applied", 6)


def test_what_is_held_can_be_discarded_and_is_held_again(office: Office) -> None:
    site = _settled(office)
    before = _by_number(office, site)
    run = _held(office, site)

    discarded = office.asked("sync", "discard", run["id"])
    again = office.run("sync", "run", site.slug, "--json")

    assert discarded["state"] == "discarded"
    assert again.code == 3
    assert again.json()["hold"] == run["hold"]
    assert _by_number(office, site) == before
    assert "discarded" in office.refused("sync", "approve", run["id"])


def test_what_is_held_is_superseded_when_a_row_of_it_changed(office: Office) -> None:
    site = _settled(office)
    run = _held(office, site)
    number = next(each["number"] for each in run["changes"] if each["action"] == "blocked")
    office.done("extensions", "edit", site.slug, number, "--number", "4444")
    before = _by_number(office, site)

    ended = office.run("sync", "approve", run["id"], "--json")

    assert ended.code == 1
    assert ended.json()["state"] == "superseded"
    assert _by_number(office, site) == before


def test_the_next_run_supersedes_what_is_held(office: Office) -> None:
    site = _settled(office)
    run = _held(office, site)
    leavers = [each["directory_object_id"] for each in run["changes"]]
    site.directory.change(*(op("enable", user=each) for each in leavers))

    healed = office.asked("sync", "run", site.slug)

    assert healed["state"] == "applied"
    assert office.asked("sync", "report", run["id"])["state"] == "superseded"
    assert {each["state"] for each in _by_number(office, site).values()} == {"active"}


def test_a_leaver_is_blocked_and_comes_back_with_everything(office: Office) -> None:
    site = _settled(office)
    leaver = _by_number(office, site)["2003"]

    site.directory.change(op("delete_user", user=leaver["directory_object_id"]))
    office.done("sync", "run", site.slug)
    blocked = _by_number(office, site)["2003"]
    site.directory.change(op("restore_user", user=leaver["directory_object_id"]))
    run = office.asked("sync", "run", site.slug)

    assert blocked == {**leaver, "state": "blocked"}
    assert run["counts"]["users"]["returned"] == 1
    assert _by_number(office, site)["2003"] == leaver


def test_leavers_keep_working_where_the_policy_says_so(office: Office) -> None:
    site = _settled(office, leavers="keep")
    leaver = _by_number(office, site)["2003"]
    site.directory.change(op("disable", user=leaver["directory_object_id"]))

    office.done("sync", "run", site.slug)
    working = _by_number(office, site)["2003"]["state"]
    office.done("m365", "set", site.slug, "--leavers", "block")
    office.done("sync", "run", site.slug)

    assert working == "active"
    assert _by_number(office, site)["2003"]["state"] == "blocked"


def test_a_leaver_is_released_at_once_and_the_number_given_again(office: Office) -> None:
    site = _settled(office, leavers="release", release_days=0)
    leaver = _by_number(office, site)["2003"]
    site.directory.change(op("delete_user", user=leaver["directory_object_id"]))
    office.done("sync", "run", site.slug)
    name = {"displayName": "Newcomer", "givenName": "New", "surname": "Comer"}
    site.directory.change(op("add_user", set=name))

    office.done("sync", "run", site.slug)

    released = office.asked("extensions", "list", site.slug, "--state", "released")
    assert [each["directory_object_id"] for each in released] == [leaver["directory_object_id"]]
    assert released[0]["number"] is None
    assert _by_number(office, site)["2003"]["display_name"] == "Newcomer"


def test_a_leaver_is_released_when_the_days_are_over(office: Office) -> None:
    site = _settled(office, personal_contacts=True, spec=f"{SPEC},contacts=3")
    office.done("m365", "set", site.slug, "--leavers", "release:30")
    leaver = _by_number(office, site)["2003"]["directory_object_id"]
    site.directory.change(op("disable", user=leaver))
    states = []
    for days in (0, 29, 2):
        site.clock.forward(days=days)
        site.simulator.set_clock(_ahead(site))
        site.sync()
        states.append(getattr(site.extension_of(leaver), "state", None))

    assert states == ["blocked", "blocked", "released"]
    assert not [each for each in site.contacts() if each.mailbox == leaver]


def test_an_extension_made_by_hand_waits_for_a_word_and_is_linked(office: Office) -> None:
    site, person = _waiting(office)
    refusals = office.asked("sync", "run", site.slug)["refusals"]

    linked = office.asked("extensions", "link", site.slug, "4000", person.id)
    preview = office.asked("sync", "run", site.slug, "--dry-run")
    office.done("sync", "run", site.slug)

    reasons = {each["directory_object_id"]: each["reason"] for each in refusals}
    assert [who for who, why in reasons.items() if why == "link-pending"] == [person.id]
    assert linked["directory_object_id"] == person.id
    assert [(each["action"], each["number"]) for each in preview["changes"]] == [("linked", "4000")]
    extension = _by_number(office, site)["4000"]
    assert (extension["source"], extension["directory_object_id"]) == ("microsoft365", person.id)
    assert extension["display_name"] == person.properties["displayName"]


def test_an_extension_made_by_hand_is_kept_apart_when_separated(office: Office) -> None:
    site, person = _waiting(office)
    office.done("sync", "run", site.slug)

    office.done("extensions", "separate", site.slug, person.properties["mail"])
    office.done("sync", "run", site.slug)

    extensions = _by_number(office, site)
    own = [n for n, each in extensions.items() if each["directory_object_id"] == person.id]
    assert extensions["4000"]["source"] == "local"
    assert len(own) == 1
    assert own[0] != "4000"


def test_somebody_who_is_separated_leaves_the_number_to_a_local_extension(office: Office) -> None:
    site = _settled(office)
    person = _by_number(office, site)["2003"]

    office.done("extensions", "separate", site.slug, person["directory_object_id"])
    office.done("sync", "run", site.slug)

    extensions = _by_number(office, site)
    assert extensions["2003"]["source"] == "local"
    assert extensions["2003"]["directory_object_id"] is None
    again = next(
        each
        for each in extensions.values()
        if each["directory_object_id"] == person["directory_object_id"]
    )
    assert again["number"] not in {None, "2003"}


def test_imported_numbers_are_given_to_those_they_were_kept_for(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    first, second = site.directory.users()[:2]
    file = tmp_path / "numbers.csv"
    file.write_text(f"person;number\n{first.properties['mail']};7000\n{second.id};2004\n")

    kept = office.asked("extensions", "import", site.slug, file)
    preview = office.asked("sync", "run", site.slug, "--dry-run")
    office.done("sync", "run", site.slug)

    assert [each["number"] for each in kept] == ["7000", "2004"]
    extensions = _by_number(office, site)
    assert extensions["7000"]["directory_object_id"] == first.id
    assert extensions["2004"]["directory_object_id"] == second.id
    planned = {each["directory_object_id"]: each["number"] for each in preview["changes"]}
    assert planned == {each["directory_object_id"]: n for n, each in extensions.items()}


def test_a_number_kept_for_nobody_is_told_of_until_it_is_given_up(
    office: Office, tmp_path: Path
) -> None:
    site = office.new_site(SPEC, photos=False)
    person = site.directory.users()[0]
    file = tmp_path / "numbers.csv"
    file.write_text(
        f"nobody@contoso.example,7000\n{person.properties['mail']},7001\n{person.id},7002\n"
    )
    office.done("extensions", "import", site.slug, file)

    first = office.asked("sync", "run", site.slug)
    kept = office.asked("extensions", "import", site.slug)
    shown = office.done("extensions", "import", site.slug).out
    office.done("extensions", "import", site.slug, "--forget", "NOBODY@contoso.example")
    refusal = office.refused("extensions", "import", site.slug, "--forget", "jens")
    second = office.asked("sync", "run", site.slug)
    office.done("extensions", "import", site.slug, "--forget", person.id)

    codes = {each["subject"]: each["code"] for each in first["problems"]}
    assert codes == {
        "nobody@contoso.example": "not-found",
        person.id: "number-not-needed",
    }
    assert [each["number"] for each in kept] == ["7000", "7002"]
    assert "nobody is known by this yet" in shown
    assert [each["code"] for each in second["problems"]] == ["number-not-needed"]
    assert "No number is kept for “jens”" in refusal
    assert office.asked("extensions", "import", site.slug) == []
    assert "No number is kept" in office.done("extensions", "import", site.slug).out
    assert "7000" in office.done("extensions", "add", site.slug, "7000").out


def test_an_extension_deleted_by_hand_comes_back_with_its_number(office: Office) -> None:
    site = _settled(office)
    person = _by_number(office, site)["2005"]

    deleted = office.asked("extensions", "delete", site.slug, "2005")
    refusal = office.refused("extensions", "add", site.slug, "2005")
    gone = _by_number(office, site)
    office.done("sync", "run", site.slug)

    assert deleted == {"deleted": "2005", "number": "kept"}
    assert "kept for" in refusal
    assert "2005" not in gone
    assert _by_number(office, site)["2005"] == person


def test_fields_of_the_directory_are_not_edited_here(office: Office) -> None:
    site = _settled(office)
    before = _by_number(office, site)

    refusal = office.refused("extensions", "edit", site.slug, "2002", "--last-name", "Other")
    office.done("extensions", "edit", site.slug, "2002", "--number", "3333")
    taken = office.refused("extensions", "edit", site.slug, "2003", "--number", "3333")
    office.done("sync", "run", site.slug)

    assert "Microsoft 365" in refusal
    assert "taken by" in taken
    after = _by_number(office, site)
    assert after["3333"] == {**before["2002"], "number": "3333"}


def test_a_person_is_explained_step_by_step(office: Office) -> None:
    site, person = _waiting(office)
    office.done("sync", "run", site.slug)

    explained = office.asked("sync", "explain", site.slug, person.properties["displayName"])

    assert explained["directory_object_id"] == person.id
    assert explained["reason"] == "link-pending"
    assert explained["number"] is None
    assert set(explained["steps"]) == {"read", "in_scope", "match", "number", "action"}
    assert all(explained["steps"].values())
    shown = office.done("sync", "explain", site.slug, person.id).out
    assert explained["steps"]["action"] in " ".join(shown.split())


def _waiting(office: Office) -> tuple[Site, Any]:
    """Return a site with a hand-made extension 4000 that has the mail address of a person."""
    site = office.new_site(SPEC, photos=False)
    person = site.directory.users()[3]
    mail = str(person.properties["mail"]).upper()
    office.done("extensions", "add", site.slug, "4000", "--display-name", "Desk", "--email", mail)
    return site, person


def _ahead(site: Site) -> float:
    """Return how many seconds the site's clock is ahead of the machine's."""
    return (site.clock() - datetime.now(UTC)).total_seconds()
