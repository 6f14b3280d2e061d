"""Contacts, as an administrator sees them: the company's freely, people's own with a note of it."""

from datetime import timedelta
from pathlib import Path

import psycopg

from rollcall.wiring.machine import utc_now
from tests.integration.commands.office import Office
from tests.sites import Site

SPEC = "people:4:3,guests=0,disabled=0"


def _settled(office: Office) -> Site:
    site = office.new_site(SPEC, photos=False, personal_contacts=True, company_contacts=True)
    office.done("sync", "run", site.slug)
    return site


def test_who_looks_at_somebodys_own_contacts_is_noted(office: Office) -> None:
    site = _settled(office)
    owner = next(each.owner for each in site.contacts() if each.owner)
    before = _notes(office, site)

    company = office.asked("contacts", "list", site.slug, "--company")
    after_company = _notes(office, site)
    own = office.asked("contacts", "list", site.slug, "--owner", owner)
    everybody = office.asked("contacts", "list", site.slug)

    assert before == after_company == []
    assert [subject for _, subject in _notes(office, site)] == [owner, "all"]
    assert all(actor.startswith("shell:") for actor, _ in _notes(office, site))
    assert {each["owner"] for each in own} == {owner}
    assert {each["scope"] for each in company} == {"company"}
    assert len(everybody) > len(own) + len(company)


def test_a_look_at_nobodys_contacts_is_refused_and_not_noted(office: Office) -> None:
    site = _settled(office)

    refusal = office.refused("contacts", "list", site.slug, "--owner", "2999")

    assert "no extension 2999" in refusal
    assert _notes(office, site) == []


def test_a_report_counts_personal_contacts_and_names_none(office: Office) -> None:
    site = office.new_site(SPEC, photos=False, personal_contacts=True)
    preview = office.done("sync", "run", site.slug, "--dry-run", "--json").out
    run = office.done("sync", "run", site.slug, "--json").out

    exported = office.done("export", site.slug).out
    contacts = site.contacts()

    assert contacts
    shown = preview + run + exported
    for each in contacts:
        assert str(each.directory_contact_id) not in shown
        assert [phone.number for phone in each.phones if phone.number in shown] == []
        assert [mail for mail in each.emails if mail in shown] == []


def test_contacts_of_somebody_who_is_not_chosen_any_more_are_gone(
    office: Office, tmp_path: Path
) -> None:
    site = _settled(office)
    person = next(each for each in site.extensions() if _own(site, each.number))
    file = tmp_path / "people.txt"
    file.write_text(f"{person.principal_name}\n")

    office.done(
        *("m365", "set", site.slug, "--personal-select", "except", "--personal-people", file)
    )
    office.done("sync", "run", site.slug)

    assert _own(site, person.number) == []
    assert [each for each in site.contacts() if each.owner]


def test_a_table_of_contacts_shows_numbers_as_they_are_written_and_as_they_are_dialled(
    office: Office,
) -> None:
    site = _settled(office)

    shown = office.done("contacts", "list", site.slug).out

    phones = [phone for each in site.contacts() for phone in each.phones]
    assert f"{len(site.contacts())} contacts" in shown
    assert all(phone.number.split()[0] in shown for phone in phones)


def _own(site: Site, number: str | None) -> list[object]:
    return [each for each in site.contacts() if each.owner and each.owner == number]


def _notes(office: Office, site: Site) -> list[tuple[str, str]]:
    """Return actor and subject of the notes about looking at contacts, of the last hour."""
    query = (
        "SELECT actor, subject FROM audit_auditentry WHERE tenant_id = %s "
        "AND action = 'contacts.listed' AND at > %s ORDER BY id"
    )
    given = (site.tenant.id, utc_now() - timedelta(hours=1))
    with psycopg.connect(office.conninfo) as connection:
        return [(str(actor), str(subject)) for actor, subject in connection.execute(query, given)]
