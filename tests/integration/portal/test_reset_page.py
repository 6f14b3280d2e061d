"""The page that resets an integration: what it says, what it asks for, what it refuses."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.operations import NewAccount, add_account, set_password
from rollcall.audit.models import AuditEntry
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.machine import utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.simulator.control import op
from tests.sites import Site

PAGE = "/t/contoso/integration/reset"


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A synchronised tenant with a local administrator who has a password."""
    site = new_site("people:12:2,shared=1", photos=False)
    site.set(personal_contacts=True, company_contacts=True)
    site.sync()
    glass = add_account(
        NewAccount(email="glass@contoso.example", role="administrator", tenant_id=site.tenant.id),
        actor="test",
    )
    set_password(glass, "correct horse battery staple", actor="test", now=utc_now())
    return site


@pytest.fixture
def administrator(site: Site, sign_in: SignIn) -> Client:
    """The tenant's administrator."""
    return sign_in("administrator", site.tenant.id)


def text_of(answer: object) -> str:
    content = answer.content.decode()  # type: ignore[attr-defined]  # Django's own answer
    return unescape(re.sub(r"\s+", " ", content))


def test_the_page_says_what_goes_and_what_stays_in_numbers(
    site: Site, administrator: Client
) -> None:
    page = text_of(administrator.get(PAGE))
    count = len(site.extensions())
    contacts = [each.scope for each in site.contacts()]
    assert f"What becomes of the {count} extensions from the directory" in page
    assert f"{contacts.count('company')} company contacts go on as made by hand." in page
    assert f"{contacts.count('personal')} personal contacts go;" in page
    assert "1 key pair<" in page
    assert "0 accounts that signing in with Microsoft made" in page
    assert "A run is going on" not in page


def test_a_reset_asks_for_the_choice_and_the_short_name(site: Site, administrator: Client) -> None:
    page = text_of(administrator.post(PAGE, {"typed": "kontoso"}))
    assert "Choose what becomes of the extensions." in page
    assert "This is not its short name, so nothing was reset. Type contoso." in page
    assert 'value="kontoso"' in page
    page = text_of(administrator.post(PAGE, {"typed": "x", "extensions": "block"}))
    assert re.search(r'value="block"[^>]* checked', page)
    assert administrator.post(PAGE, {"typed": "contoso", "extensions": "burn"}).status_code == 200
    assert site.integration.application_id is not None


def test_a_reset_goes_back_to_the_guide_and_is_in_the_audit_log(
    site: Site, administrator: Client
) -> None:
    answer = administrator.post(PAGE, {"typed": "contoso", "extensions": "keep"})
    assert (answer.status_code, answer["Location"]) == (302, "/t/contoso/integration/")
    page = text_of(administrator.get("/t/contoso/integration/"))
    assert "The integration is reset." in page
    assert "Not connected" in page
    assert {each.source for each in site.extensions()} == {"local"}
    entry = AuditEntry.objects.of(site.tenant.id).get(action="integration.reset")
    assert entry.actor.startswith("administrator")
    page = text_of(administrator.get(PAGE))
    assert "There is nothing to reset" in page
    runs = administrator.get("/t/contoso/integration/runs")
    assert runs.status_code == 200


def test_reports_of_runs_are_shown_after_a_reset(site: Site, administrator: Client) -> None:
    run = site.sync(full=True)
    administrator.post(PAGE, {"typed": "contoso", "extensions": "block"})
    answer = administrator.get(f"/t/contoso/integration/runs/{run.id}")
    assert answer.status_code == 200


def test_a_blocked_extension_says_why_it_is_blocked(site: Site, administrator: Client) -> None:
    administrator.post(PAGE, {"typed": "contoso", "extensions": "block"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM telephony_extension")
        (extension,) = cursor.fetchone()
    page = text_of(administrator.get(f"/t/contoso/extensions/{extension}"))
    assert "The integration was reset" in page
    assert "This person left" not in page


def test_who_was_blocked_by_a_reset_can_be_kept_by_another_one(
    site: Site, administrator: Client
) -> None:
    count = len(site.extensions())
    administrator.post(PAGE, {"typed": "contoso", "extensions": "block"})
    page = text_of(administrator.get(PAGE))
    assert f"{count} extensions that a reset blocked work again." in page
    administrator.post(PAGE, {"typed": "contoso", "extensions": "keep"})
    assert {(each.source, each.state) for each in site.extensions()} == {("local", "active")}
    assert "There is nothing to reset" in text_of(administrator.get(PAGE))


def test_a_run_that_goes_on_is_told(site: Site, administrator: Client) -> None:
    request_run(site.integration, RunRequest(trigger="manual", asked_by="test"))
    assert "A run is going on. A reset cancels it" in text_of(administrator.get(PAGE))


def test_without_a_password_among_the_administrators_it_is_refused(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    site = new_site("people:3")
    client = sign_in("administrator", site.tenant.id)
    assert "so a reset is refused" in text_of(client.get(PAGE))
    page = text_of(client.post(PAGE, {"typed": "contoso", "extensions": "keep"}))
    assert "There is no local administrator with a password" in page
    assert site.integration.application_id is not None


def test_a_tenant_without_an_integration_has_nothing_to_reset(site: Site, sign_in: SignIn) -> None:
    add_tenant(slug="bare", name="Bare", sip_domain="bare.example", time_zone="UTC", country="DE")
    client = sign_in("administrator", get_tenant("bare").id)
    assert "There is nothing to reset" in text_of(client.get("/t/bare/integration/reset"))
    answer = client.post("/t/bare/integration/reset", {"typed": "bare", "extensions": "keep"})
    assert answer.status_code == 200
    assert site.integration.application_id is not None


def test_users_and_administrators_of_other_tenants_find_no_such_page(
    site: Site, sign_in: SignIn
) -> None:
    add_tenant(
        slug="other", name="Other", sip_domain="other.example", time_zone="UTC", country="DE"
    )
    for client in (
        sign_in("user", site.tenant.id),
        sign_in("administrator", get_tenant("other").id),
    ):
        assert client.get(PAGE).status_code == 404
        sent = {"typed": "contoso", "extensions": "keep"}
        assert client.post(PAGE, sent).status_code == 404
    assert site.integration.application_id is not None


def test_the_number_of_queries_does_not_grow_with_the_people(
    site: Site, administrator: Client
) -> None:
    administrator.get(PAGE)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(PAGE)
        return len(queries)

    few = asked()
    site.directory.change(
        *(op("add_user", set={"displayName": f"N {i}", "surname": "N"}) for i in range(9))
    )
    site.sync()
    assert asked() == few
