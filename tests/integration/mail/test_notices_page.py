"""A tenant's page of notices: what needs a hand, what is over, who is told."""

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.mail.queries import notice_addresses
from rollcall.wiring.machine import Machine
from rollcall.wiring.notices import tell_notices
from tests.integration.conftest import MakeSite
from tests.integration.mail.conftest import set_server
from tests.integration.mail.server import MailHost
from tests.integration.mail.test_notices import SPEC, break_, mend
from tests.integration.portal.conftest import SignIn, nobody, sign_in
from tests.sites import Site

__all__ = ["nobody", "sign_in"]

PAGE = "/t/contoso/notices"
ENDED = '{"ends": "2026-01-01T00:00:00+00:00"}'


@pytest.fixture
def site(new_site: MakeSite) -> Site:
    """A tenant that was synchronised."""
    site = new_site(SPEC)
    site.sync()
    return site


@pytest.fixture
def administrator(site: Site, sign_in: SignIn) -> Client:
    """Its administrator."""
    return sign_in("administrator", site.tenant.id, email="admin@contoso.example")


def shown(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_tenant_that_does_well_has_an_empty_page(administrator: Client) -> None:
    page = shown(administrator)

    assert "Nothing needs a hand" in page
    assert "No mail server is set on this system" in page
    assert "Administrators now: admin@contoso.example" in page


def test_what_is_open_says_what_to_do_and_what_is_over_stays(
    site: Site, machine: Machine, administrator: Client
) -> None:
    set_server(machine, MailHost(port=1), notice_addresses=("secret-ops@provider.example",))
    break_(site)
    tell_notices(machine, now=site.clock())

    page = shown(administrator)
    assert "1 needs a hand" in page
    assert "Contoso: the sync with Microsoft 365 failed" in page
    assert "User.Read.All" in page
    assert "told to admin@contoso.example" in page
    assert "/t/contoso/integration/runs/" in page
    assert "secret-ops" not in page
    mend(site)
    tell_notices(machine, now=site.clock())
    page = shown(administrator)
    assert "Nothing needs a hand" in page
    assert "What is over" in page
    assert "Contoso: the sync with Microsoft 365 failed" in page


def test_the_addresses_are_chosen_and_given_back(site: Site, administrator: Client) -> None:
    def choose(who: str, addresses: str = "") -> str:
        answer = administrator.post(PAGE, {"who": who, "addresses": addresses}, follow=True)
        return answer.content.decode()

    assert "Saved." in choose("these", "it@contoso.example, boss@contoso.example")
    assert notice_addresses(site.tenant.id) == ("it@contoso.example", "boss@contoso.example")
    page = choose("these", "it@contoso.example nonsense")
    assert "“nonsense” is not a mail address" in page
    assert "it@contoso.example nonsense" in page
    assert "Enter an address at least." in choose("these")
    assert "Select a valid choice" in choose("everybody")
    assert notice_addresses(site.tenant.id) == ("it@contoso.example", "boss@contoso.example")
    assert "Saved." in choose("administrators", "kept.out@contoso.example")
    assert notice_addresses(site.tenant.id) is None


def test_nobody_else_sees_a_tenants_notices(
    site: Site, new_site: MakeSite, sign_in: SignIn
) -> None:
    other = new_site("people:1,name=other", slug="other")

    assert sign_in("administrator", other.tenant.id).get(PAGE).status_code == 404
    assert sign_in("user", site.tenant.id).get(PAGE).status_code == 404
    switched = sign_in("system", switched=(site.tenant.id,))
    assert switched.get(PAGE).status_code == 200


def test_a_page_asks_the_database_as_often_however_many_notices_there_are(
    site: Site, machine: Machine, administrator: Client
) -> None:
    counts = []
    for number in (1, 60):
        with psycopg.connect(machine.conninfo) as database:
            database.execute(
                "INSERT INTO mail_notice (tenant_id, kind, since, told, detail, told_to, "
                "recovered_at) SELECT %s, 'held', now(), '{}', "
                '\'{"run": "1", "sentence": "x"}\', \'{}\', now() FROM generate_series(1, %s)',
                [site.tenant.id, number],
            )
        with CaptureQueriesContext(connection) as queries:
            shown(administrator)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_days_of_a_certificate_are_those_of_today(
    site: Site, machine: Machine, administrator: Client
) -> None:
    set_server(machine, MailHost(port=1))
    with psycopg.connect(machine.conninfo, autocommit=True) as database:
        columns = "not_before = now() - interval '350 days', not_after = now() + %s::interval"
        change = f"UPDATE integrations_keypair SET {columns}"
        database.execute(change.encode(), ["15 days"])
        tell_notices(machine, now=site.clock())
        assert "ends in 15 days" in shown(administrator)
        database.execute("UPDATE mail_notice SET detail = detail || %s::jsonb", [ENDED])
    assert "has ended" in shown(administrator)
