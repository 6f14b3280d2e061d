"""The settings that a tenant's own administrators may change."""

import psycopg
from django.test import Client

from rollcall.tenants.operations import add_tenant, change_tenant
from rollcall.tenants.queries import get_tenant
from tests.integration.portal.conftest import SignIn

PATH = "/t/alpha/settings"
TYPED = {
    "name": "Alpha und Söhne",
    "time_zone": "America/New_York",
    "country": "US",
    "first_extension": "200",
    "last_extension": "",
    "reserved_numbers": "911",
}


def add(slug: str) -> int:
    view = add_tenant(
        slug=slug,
        name=slug.title(),
        sip_domain=f"{slug}.example",
        time_zone="Europe/Berlin",
        country="DE",
    )
    return view.id


def administrator(sign_in: SignIn) -> Client:
    return sign_in("administrator", add("alpha"))


def test_an_administrator_changes_what_is_the_tenants_own(sign_in: SignIn, conninfo: str) -> None:
    client = administrator(sign_in)
    page = client.get(PATH).content.decode()
    assert "alpha.example" in page
    assert 'name="sip_domain"' not in page

    answer = client.post(PATH, {**TYPED, "sip_domain": "evil.example", "slug": "evil"})

    assert (answer.status_code, answer["Location"]) == (302, PATH)
    view = get_tenant("alpha")
    assert (view.name, view.time_zone, view.country) == (
        *("Alpha und Söhne", "America/New_York"),
        "US",
    )
    assert (view.first_extension, view.last_extension, view.reserved_numbers) == (200, 999, (911,))
    assert view.sip_domain == "alpha.example"
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(
            "SELECT tenant_id, detail FROM audit_auditentry WHERE action = 'tenant.changed'"
        ).fetchall()
    assert [tenant for tenant, _ in found] == [view.id]
    assert "time_zone" in found[0][1]["fields"]


def test_a_mistake_is_named_at_its_field_and_nothing_is_saved(sign_in: SignIn) -> None:
    client = administrator(sign_in)

    page = client.post(PATH, {**TYPED, "last_extension": "100", "name": ""}).content.decode()

    assert "comes before the first one" in page
    assert "This field is required." in page
    assert 'value="200"' in page
    assert get_tenant("alpha").country == "DE"


def test_the_settings_of_another_tenant_are_not_there(sign_in: SignIn) -> None:
    client = administrator(sign_in)
    add("beta")

    for path in ("/t/beta/settings", "/t/gone/settings"):
        assert client.get(path).status_code == 404
        assert client.post(path, TYPED).status_code == 404
    assert sign_in("user", get_tenant("alpha").id).get(PATH).status_code == 404
    assert get_tenant("beta").name == "Beta"


def test_a_time_zone_under_an_older_name_is_kept(sign_in: SignIn) -> None:
    client = administrator(sign_in)
    change_tenant("alpha", time_zone="US/Eastern")

    assert '<option value="US/Eastern" selected>' in client.get(PATH).content.decode()
    assert client.post(PATH, {**TYPED, "time_zone": "US/Eastern"}).status_code == 302
    assert get_tenant("alpha").time_zone == "US/Eastern"
