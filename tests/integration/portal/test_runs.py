"""Runs in the portal: the history, a report, what it lists, and what leaves it as a file."""

import re

import psycopg
import pytest
from django.test import Client

from rollcall.core.policy import Stage
from rollcall.tenants.operations import add_tenant
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import Site

PAGE = "/t/contoso/integration/runs"


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A connected tenant of six people."""
    return new_site("people:6:0")


@pytest.fixture
def visitor(site: Site, sign_in: SignIn) -> Client:
    """Its administrator."""
    return sign_in("administrator", site.tenant.id)


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


def test_before_the_first_run_a_preview_is_offered(site: Site, visitor: Client) -> None:
    assert "connect Microsoft 365" in text_of(visitor, PAGE)
    with psycopg.connect(site.machine.conninfo, autocommit=True) as connection:
        connection.execute("UPDATE integrations_keypair SET state = 'active'")
    page = text_of(visitor, PAGE)

    assert "Preview the first sync" in page
    assert "<table" not in page


def test_without_an_integration_the_page_says_where_to_begin(site: Site, sign_in: SignIn) -> None:
    other = add_tenant(
        slug="empty", name="Empty", sip_domain="empty.example", time_zone="UTC", country="DE"
    )
    visitor = sign_in("administrator", other.id)

    assert "connect Microsoft 365" in text_of(visitor, "/t/empty/integration/runs")
    assert "connect Microsoft 365" in text_of(visitor, "/t/empty/integration/explain")
    answer = visitor.post("/t/empty/integration/runs/sync", follow=True)
    assert "not connected yet" in answer.content.decode()


def test_the_history_has_a_line_for_each_run(site: Site, visitor: Client) -> None:
    site.sync()
    site.sync(dry_run=True)
    page = text_of(visitor, PAGE)

    assert page.count("<tr>") == 3
    assert "+6" in page
    assert "Nothing would change" in page
    assert text_of(visitor, PAGE + "?result=previews").count("<tr>") == 2
    assert "No run ended like this." in text_of(visitor, PAGE + "?result=failed")


def test_a_report_shows_each_person_with_number_and_reason(site: Site, visitor: Client) -> None:
    run = site.sync()
    page = text_of(visitor, f"{PAGE}/{run.id}")

    assert page.count("<td") == 6 * 5
    assert "2000" in page
    assert "New in the directory: the lowest free number" in page


def test_a_report_is_filtered_and_searched(site: Site, visitor: Client) -> None:
    run = site.sync()
    name = run.changes[0].name

    one = text_of(visitor, f"{PAGE}/{run.id}?search={name[:8].upper()}")
    assert name in one
    assert "Nobody here is called" in text_of(visitor, f"{PAGE}/{run.id}?search=zzz%25_")
    assert text_of(visitor, f"{PAGE}/{run.id}?show=created&search=2003").count("data-label") == 5
    assert "Nobody." in text_of(visitor, f"{PAGE}/{run.id}?show=blocked")
    assert text_of(visitor, f"{PAGE}/{run.id}?show=nonsense&page=x").count("<td") == 30


def test_refusals_say_what_would_let_the_person_in(site: Site, visitor: Client) -> None:
    site.set(first_extension=2000, last_extension=2003)
    run = site.sync()
    page = text_of(visitor, f"{PAGE}/{run.id}?show=refused")

    assert page.count("No free number") == 2
    assert "Make the range of numbers larger" in page


def test_what_a_preview_would_refuse_is_listed_before_anything_is_done(
    site: Site, visitor: Client
) -> None:
    site.set(first_extension=2000, last_extension=2003)
    run = site.sync(dry_run=True)
    page = text_of(visitor, f"{PAGE}/{run.id}?show=refused")

    assert page.count("No free number") == 2
    assert {each.name for each in run.refusals} == set(
        re.findall(r'person=[^"]+">([^<]+)</a>', page)
    )
    assert "Nobody here" in text_of(visitor, f"{PAGE}/{run.id}?show=refused&search=nobody")


def test_a_failed_run_says_why_on_its_page(site: Site, visitor: Client) -> None:
    site.application.set_roles()
    run = site.sync(expect="failed")
    page = text_of(visitor, f"{PAGE}/{run.id}")

    assert run.error is not None
    assert run.error["code"]
    assert "notice error" in page
    assert "No change was made before it ended." in page


def test_a_file_has_all_changes_and_no_formula(site: Site, visitor: Client) -> None:
    run = site.sync()
    site.directory.change(
        op("update_user", user=run.changes[0].directory_object_id, set={"jobTitle": "=1+1"})
    )
    changed = site.sync()
    answer = visitor.get(f"{PAGE}/{changed.id}/csv")
    text = b"".join(answer).decode()

    assert answer["Content-Type"].startswith("text/csv")
    assert text.startswith("\ufeff")
    assert ",'=1+1" in text
    assert "Job title" in text


def test_a_report_shows_sums_of_contacts_and_nobodys_contacts(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:3:4", personal_contacts=True)
    run = site.sync()
    visitor = sign_in("administrator", site.tenant.id)
    page = text_of(visitor, f"{PAGE}/{run.id}")

    assert "12 new" in page
    assert not [contact for contact in site.contacts() if contact.display_name in page]


def test_runs_of_another_tenant_are_as_good_as_none(
    site: Site, new_site: MakeSite, sign_in: SignIn
) -> None:
    run = site.sync()
    stranger = new_site("people:1:0", slug="fabrikam")
    visitor = sign_in("administrator", stranger.tenant.id)

    for number in (run.id, run.id + 1000, 10**30):
        address = f"/t/fabrikam/integration/runs/{number}"
        assert visitor.get(address).status_code == 404
        assert visitor.get(f"{address}/csv").status_code == 404
        for action in ("apply", "discard", "cancel"):
            assert visitor.post(f"{address}/{action}").status_code == 404


def test_very_long_names_are_shown_whole(site: Site, visitor: Client) -> None:
    person = site.sync().changes[0].directory_object_id
    name = "Wolfeschlegelsteinhausenbergerdorff " * 6 + "\u05d0\u05d1\u05d2 <b>"
    site.directory.change(op("update_user", user=person, set={"displayName": name}))
    run = site.sync(Stage.USERS)
    page = text_of(visitor, f"{PAGE}/{run.id}")

    assert name.strip().replace("<", "&lt;").replace(">", "&gt;") in page
    assert "<b>" not in page
