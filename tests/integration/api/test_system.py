"""The provider's part of the API."""

from rollcall.access.scopes import Scope
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite

ACME = {
    "slug": "acme",
    "name": "Acme",
    "sip_domain": "acme.example",
    "time_zone": "Europe/Berlin",
    "country": "DE",
}


def test_tenants_are_added_listed_and_changed(program: MakeProgram) -> None:
    provider = program(None)

    status, acme = provider.post("/system/tenants", ACME)

    assert (status, acme["state"]) == (201, "active")
    for number in range(5):
        body = {**ACME, "slug": f"t{number}", "sip_domain": f"t{number}.example"}
        assert provider.post("/system/tenants", body)[0] == 201
    assert provider.post("/system/tenants", ACME)[1]["error"]["code"] == "taken"
    slugs = [each["slug"] for each in provider.all("/system/tenants?limit=2")]
    assert slugs == ["acme", "t0", "t1", "t2", "t3", "t4"]
    status, changed = provider.patch("/system/tenants/acme", {"sip_domain": "phones.example"})
    assert (status, changed["sip_domain"]) == (200, "phones.example")
    assert provider.get("/system/tenants/acme") == (200, changed)
    assert provider.get("/system/tenants/nobody")[0] == 404
    assert provider.patch("/system/tenants/nobody", {"name": "x"})[0] == 404


def test_a_tenant_is_suspended_and_works_again(program: MakeProgram) -> None:
    provider = program(None)
    provider.post("/system/tenants", ACME)

    assert provider.post("/system/tenants/acme/suspend")[1]["state"] == "suspended"
    assert provider.get("/system/tenants/acme")[1]["state"] == "suspended"
    assert provider.post("/system/tenants/acme/resume")[1]["state"] == "active"
    assert provider.post("/system/tenants/nobody/suspend")[0] == 404


def test_a_token_that_may_only_read_changes_nothing(program: MakeProgram) -> None:
    reader = program(None, Scope.SYSTEM_READ)

    assert reader.get("/system/tenants") == (200, {"items": [], "next": None})
    assert reader.post("/system/tenants", ACME)[0] == 403


def test_the_health_of_all_tenants_is_read_the_worst_first(
    new_site: MakeSite, program: MakeProgram
) -> None:
    new_site("people:3").sync()
    provider = program(None)
    provider.post("/system/tenants", ACME)

    rows = provider.all("/system/health?limit=1")

    assert [(row["tenant"], row["state"]) for row in rows] == [
        ("acme", "not-connected"),
        ("contoso", "connected"),
    ]
    assert rows[1]["certificate_days"] > 300
    assert provider.all("/system/health?needs_action=true") == []
    assert provider.get("/system/health?needs_action=perhaps")[0] == 422
