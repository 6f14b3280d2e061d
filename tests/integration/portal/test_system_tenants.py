"""The provider's pages about tenants: the table of all, one of them, adding, changing, deleting."""

import csv
import io
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.integrations.health import Health, SortBy
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import get_tenant, list_tenants
from rollcall.wiring.machine import utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.sites import Site

NEW = {
    "slug": "fabrikam",
    "name": "Fabrikam GmbH",
    "sip_domain": "Fabrikam.Example",
    "time_zone": "Europe/Berlin",
    "country": "DE",
    "first_extension": "2000",
    "last_extension": "2999",
    "reserved_numbers": "112, 110; 2100",
}
LONG = "Donaudampfschifffahrtsgesellschaft" * 5


def add(slug: str, name: str = "") -> None:
    add_tenant(
        slug=slug,
        name=name or slug.title(),
        sip_domain=f"{slug}.example",
        time_zone="Europe/Berlin",
        country="DE",
    )


@pytest.fixture
def provider(sign_in: SignIn) -> Client:
    """A system administrator."""
    return sign_in("system")


@pytest.fixture
def synchronised(new_site: MakeSite) -> Site:
    """A connected tenant after its first sync."""
    site = new_site("people:3")
    site.sync()
    return site


def text_of(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_without_tenants_the_page_says_what_a_tenant_is(provider: Client) -> None:
    page = text_of(provider, "/system/tenants")

    assert "Add the first tenant" in page
    assert "<table" not in page


def test_the_table_shows_a_tenant_that_is_connected(provider: Client, synchronised: Site) -> None:
    page = text_of(provider, "/system/tenants")

    assert "1 tenant, and it needs no hand." in page
    assert "Contoso" in page
    assert "</svg>Connected</span>" in page
    assert 'formaction="/t/contoso/enter"' in page
    answer = provider.post("/t/contoso/enter")
    assert answer["Location"] == "/t/contoso/integration/"


def test_the_worst_is_first_and_the_states_can_be_chosen(
    provider: Client, synchronised: Site, conninfo: str
) -> None:
    add("alpha")
    _age(conninfo, days=5)

    page = text_of(provider, "/system/tenants")
    assert "1 of 2 needs a hand." in page
    assert page.index("/system/tenants/contoso") < page.index("/system/tenants/alpha")
    assert "Overdue" in page

    chosen = text_of(provider, "/system/tenants?state=needs-action")
    assert "/system/tenants/contoso" in chosen
    assert "/system/tenants/alpha" not in chosen
    others = text_of(provider, "/system/tenants?state=not-connected")
    assert "/system/tenants/contoso" not in others
    assert "/system/tenants/alpha" in others


def _age(conninfo: str, *, days: int) -> None:
    """Let the last success have been days ago, with a scheduler that worked since."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO integrations_schedule (integration_id, tenant_id, time, zone, slot_at, "
            "next_at, attempts, people, seconds, succeeded_at) SELECT id, tenant_id, sync_time, "
            "'Europe/Berlin', now() + interval '1 hour', now() + interval '1 hour', 0, 3, 1, "
            "now() - %(ago)s::interval FROM integrations_integration "
            "ON CONFLICT (integration_id) DO UPDATE SET succeeded_at = excluded.succeeded_at",
            {"ago": timedelta(days=days)},
        )


def test_each_state_is_told_from_the_others(
    provider: Client, synchronised: Site, conninfo: str
) -> None:
    def state_after(statement: str, *values: object) -> str:
        with psycopg.connect(conninfo) as connection:
            connection.execute(statement, values)
        return _rows(provider)[0]["state"]

    _age(conninfo, days=0)
    now = utc_now()
    ends = "UPDATE integrations_keypair SET not_after = %s"
    run = "UPDATE integrations_syncrun SET finished_at = now(), state = %s, error_code = %s"
    pause = "UPDATE integrations_integration SET paused = %s"
    tenant = "UPDATE tenants_tenant SET state = %s"
    key = "UPDATE integrations_keypair SET state = %s"

    trunk = (
        "INSERT INTO calling_trunkstate (tenant_id, state, detail, since, seen_at) "
        "SELECT id, %s, '', now(), now() FROM tenants_tenant "
        "ON CONFLICT (tenant_id) DO UPDATE SET state = excluded.state"
    )

    assert state_after(trunk, "registered") == "connected"
    assert state_after(ends, now + timedelta(days=20)) == "expiring"
    assert state_after(trunk, "silent") == "trunk"
    assert state_after(trunk, "refused") == "trunk"
    assert state_after(run, "held", "") == "held"
    assert _rows(provider)[0]["held_run"]
    assert state_after(run, "failed", "permission-missing") == "failing"
    assert _rows(provider)[0]["missing_permissions"] == "named in the last run"
    assert _rows(provider)[0]["failing_since"]
    assert state_after(ends, now - timedelta(days=1)) == "expired"
    assert state_after(pause, True) == "trunk"
    assert state_after(trunk, "ready") == "paused"
    assert state_after(key, "pending") == "not-connected"
    assert state_after(tenant, "suspended") == "suspended"


def _rows(provider: Client, query: str = "") -> list[dict[str, str]]:
    answer = provider.get(f"/system/tenants.csv{query}")
    assert answer.status_code == 200
    text = answer.content.decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_check_that_found_a_permission_lacking_shows_in_the_table(
    provider: Client, synchronised: Site, conninfo: str
) -> None:
    _age(conninfo, days=0)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO integrations_setupcheck (integration_id, tenant_id, started_at, "
            "finished_at, findings, organisation, domain, lacking) SELECT id, tenant_id, now(), "
            "now(), '[]', '', 'contoso.onmicrosoft.example', '{Contacts.Read}' "
            "FROM integrations_integration"
        )

    (row,) = _rows(provider)
    assert (row["state"], row["missing_permissions"]) == ("permission", "Contacts.Read")
    assert "Contacts.Read" in text_of(provider, "/system/tenants?q=onmicrosoft")
    assert "Grant the missing permission" in text_of(provider, "/system/tenants/contoso")


def test_the_table_is_sorted_by_each_column_both_ways(provider: Client) -> None:
    expected = ["alpha", "beta", "gamma"]
    for name in expected:
        add(name)

    for sort in [*SortBy, *(f"-{each}" for each in SortBy), "nonsense", "-"]:
        page = text_of(provider, f"/system/tenants?sort={sort}")
        assert page.count("aria-sort=") == 1
        names = [row["tenant"] for row in _rows(provider, f"?sort={sort}")]
        assert names == (expected[::-1] if sort == "-tenant" else expected)


def test_tenants_are_found_by_name_short_name_and_domain(provider: Client) -> None:
    add("alpha", "Ärzte & Söhne <Nord>")
    add("beta", LONG)

    assert "Ärzte &amp; Söhne &lt;Nord&gt;" in text_of(provider, "/system/tenants?q=ärzte")
    assert [row["tenant"] for row in _rows(provider, "?q=BETA.exam")] == ["beta"]
    assert [row["tenant"] for row in _rows(provider, "?q=alph")] == ["alpha"]
    assert "No tenant matches" in text_of(provider, "/system/tenants?q=%25")
    assert text_of(provider, "/system/tenants?q=%00")


def test_long_lists_come_in_pages_that_keep_the_question(provider: Client) -> None:
    for number in range(53):
        add(f"firm{number:02}")

    first = text_of(provider, "/system/tenants?q=firm&sort=tenant")
    assert first.count('formaction="') == 50
    assert "?q=firm&amp;sort=tenant&amp;page=2" in first
    second = text_of(provider, "/system/tenants?q=firm&sort=tenant&page=2")
    assert second.count('formaction="') == 3
    assert "51–53 of 53" in second
    assert text_of(provider, "/system/tenants?page=99")
    assert len(_rows(provider)) == 53


def test_the_number_of_queries_does_not_grow_with_the_tenants(provider: Client) -> None:
    counts = set()
    for number in range(30):
        add(f"firm{number}")
        if number in {1, 29}:
            with CaptureQueriesContext(connection) as queries:
                text_of(provider, "/system/tenants")
            counts.add(len(queries))

    assert len(counts) == 1, counts


def test_a_name_that_looks_like_a_formula_is_no_formula_in_the_file(provider: Client) -> None:
    add("alpha", '=HYPERLINK("https://evil.example")')

    (row,) = _rows(provider)
    assert row["name"].startswith("'=HYPERLINK")


def test_a_tenant_is_added_with_all_its_settings(provider: Client) -> None:
    answer = provider.post("/system/add-tenant", NEW)

    assert answer["Location"] == "/system/tenants/fabrikam"
    view = get_tenant("fabrikam")
    assert (view.sip_domain, view.first_extension, view.last_extension) == (
        *("fabrikam.example", 2000),
        2999,
    )
    assert view.reserved_numbers == (110, 112, 2100)
    page = text_of(provider, "/system/tenants/fabrikam")
    assert "Fabrikam GmbH is there." in page
    assert "nobody of the tenant can look after it yet" in page
    assert "Not connected" in page


WRONG = [
    ("slug", "Fabrikam AG", "lower-case letters"),
    ("slug", "", "This field is required."),
    ("name", "   ", "This field is required."),
    ("name", "x" * 201, "at most 200 characters"),
    ("sip_domain", "not a domain", "is not a domain name"),
    ("time_zone", "Mars/Olympus", "Select a valid choice"),
    ("country", "QQ", "Select a valid choice"),
    ("first_extension", "0100", "is not an extension number"),
    ("last_extension", "19999", "same number of digits"),
    ("last_extension", "1999", "comes before"),
    ("reserved_numbers", "112, x", "is not an extension number"),
    ("slug", "taken", "Another tenant has the short name"),
    ("sip_domain", "taken.example", "Another tenant has the SIP domain"),
]
"""A field, what was typed there, and what is said of it."""


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(provider: Client) -> None:
    add("taken")

    for field, typed, sentence in WRONG:
        answer = provider.post("/system/add-tenant", {**NEW, field: typed})
        page = answer.content.decode()
        assert answer.status_code == 200
        assert f'id="id_{field}_error">' in page
        assert sentence in page.split(f'id="id_{field}_error">')[1][:300], (field, typed)
        assert "Fabrikam" in page
    assert [view.slug for view in list_tenants()] == ["taken"]


def test_a_tenant_is_changed_but_for_its_short_name(provider: Client, conninfo: str) -> None:
    add("alpha")
    assert "Europe/Berlin" in text_of(provider, "/system/tenants/alpha/edit")

    answer = provider.post(
        "/system/tenants/alpha/edit",
        {**NEW, "slug": "other", "name": LONG, "last_extension": "", "reserved_numbers": ""},
    )

    assert answer["Location"] == "/system/tenants/alpha"
    view = get_tenant("alpha")
    assert (view.name, view.last_extension, view.reserved_numbers) == (LONG, 9999, ())
    assert _actions(conninfo) == ["tenant.changed"]


def _actions(conninfo: str) -> list[str]:
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT action FROM audit_auditentry WHERE action LIKE 'tenant.%' ORDER BY id"
        )
        return [action for (action,) in rows]


def test_a_tenant_is_suspended_and_resumed(
    provider: Client, sign_in: SignIn, conninfo: str
) -> None:
    add("alpha")
    administrator = sign_in("administrator", get_tenant("alpha").id)
    assert administrator.get("/account/").status_code == 200

    provider.post("/system/tenants/alpha/suspend")
    provider.post("/system/tenants/alpha/suspend")
    assert get_tenant("alpha").state == "suspended"
    assert administrator.get("/account/").status_code == 303
    assert "This tenant is suspended" in text_of(provider, "/system/tenants/alpha")

    provider.post("/system/tenants/alpha/resume")
    assert get_tenant("alpha").state == "active"
    assert _actions(conninfo) == ["tenant.suspended", "tenant.resumed"]


def test_deleting_a_tenant_says_what_is_lost_and_asks_for_its_short_name(
    provider: Client, synchronised: Site, conninfo: str
) -> None:
    page = text_of(provider, "/system/tenants/contoso/delete")
    assert "3 extensions" in page
    assert "1 run with its report" in page

    wrong = provider.post("/system/tenants/contoso/delete", {"typed": "Contoso"})
    assert "nothing was deleted" in wrong.content.decode()
    assert get_tenant("contoso").name == "Contoso"

    answer = provider.post("/system/tenants/contoso/delete", {"typed": "contoso"})
    assert answer["Location"] == "/system/tenants"
    assert list_tenants() == []
    assert "Contoso is deleted." in text_of(provider, "/system/tenants")
    assert _actions(conninfo) == ["tenant.deleted"]


PATHS = ("", "/edit", "/delete")


def test_these_pages_are_the_providers_alone(nobody: Client, sign_in: SignIn) -> None:
    add("alpha")
    tenant_id = get_tenant("alpha").id
    paths = ["/system/tenants", "/system/tenants.csv", "/system/add-tenant"]
    paths += [f"/system/tenants/alpha{path}" for path in PATHS]
    for role in ("administrator", "user"):
        client = sign_in(role, tenant_id)
        assert {client.get(path).status_code for path in paths} == {404}
        for path in ("suspend", "resume", "delete", "edit"):
            assert client.post(f"/system/tenants/alpha/{path}", NEW).status_code == 404
    assert {nobody.get(path).status_code for path in paths} == {303}


def test_a_tenant_that_is_not_there_has_no_pages(provider: Client) -> None:
    for path in PATHS:
        assert provider.get(f"/system/tenants/gone{path}").status_code == 404
    for path in ("suspend", "resume", "delete", "edit"):
        assert provider.post(f"/system/tenants/gone/{path}", NEW).status_code == 404


def test_all_states_have_words(provider: Client) -> None:
    for state in Health:
        assert provider.get(f"/system/tenants?state={state}").status_code == 200
