"""Reset of the integration, by the API."""

from rollcall.access.scopes import Scope
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite


def test_a_reset_says_what_it_did(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:5:1,shared=1", photos=False)
    site.set(personal_contacts=True, company_contacts=True)
    site.sync()
    contacts = [each.scope for each in site.contacts()]
    count = len(site.extensions())
    mine = program(site.tenant.id)

    status, done = mine.post("/integration/reset", {"extensions": "keep", "tenant": "contoso"})

    assert status == 200, done
    assert done == {
        "tenant": "contoso",
        "extensions": "keep",
        "extensions_changed": count,
        "company_contacts_kept": contacts.count("company"),
        "personal_contacts_deleted": contacts.count("personal"),
        "accounts_deleted": 0,
        "sessions_ended": 0,
    }
    after = mine.get("/integration")[1]
    assert (after["application_id"], after["key_pairs"]) == (None, [])
    assert {each["source"] for each in mine.get("/extensions")[1]["items"]} == {"local"}
    entry = mine.get("/audit")[1]["items"][0]
    assert entry["action"] == "integration.reset"
    assert entry["actor"].startswith("token:")


def test_a_reset_names_its_tenant_and_its_choice(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:2")
    mine = program(site.tenant.id)

    assert mine.post("/integration/reset", {})[0] == 422
    assert mine.post("/integration/reset", {"extensions": "burn", "tenant": "contoso"})[0] == 422
    status, refused = mine.post("/integration/reset", {"extensions": "keep", "tenant": "kontoso"})

    assert status == 422
    assert refused["error"]["code"] == "not-meant"
    assert site.integration.application_id is not None


def test_a_token_that_only_reads_resets_nothing(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:2")
    reader = program(site.tenant.id, Scope.READ)

    status, refused = reader.post("/integration/reset", {"extensions": "keep", "tenant": "contoso"})

    assert (status, refused["error"]["code"]) == (403, "scope-missing")
    assert site.integration.application_id is not None
