"""The tenant and its integration, by the API."""

from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite


def test_a_tenant_is_shown_and_changed(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    status, changed = mine.patch(
        "/tenant",
        {"name": "مثال " * 40, "country": "at", "last_extension": "8999", "reserved_numbers": []},
    )

    assert status == 200
    assert changed["name"] == ("مثال " * 40).strip()
    assert (changed["country"], changed["first_extension"]) == ("AT", "1000")
    assert (changed["last_extension"], changed["reserved_numbers"]) == ("8999", [])
    assert mine.get("/tenant") == (200, changed)
    entry = mine.get("/audit")[1]["items"][0]
    assert (entry["action"], entry["subject"]) == ("tenant.changed", "contoso")
    assert entry["actor"].startswith("token:")


def test_an_integration_is_shown_and_changed_in_part(
    new_site: MakeSite, program: MakeProgram
) -> None:
    mine = program(new_site("people:3").tenant.id)
    before = mine.get("/integration")[1]

    status, after = mine.patch(
        "/integration",
        {"guests": True, "sync_time": "01:30", "leavers": "release:30", "end": None},
    )

    assert status == 200, after
    assert (before["start"], before["end"]) == ("2000", "8999")
    assert after == before | {
        "guests": True,
        "sync_time": "01:30",
        "leavers": "release:30",
        "end": "9999",
        "next_run_at": after["next_run_at"],
    }
    assert mine.patch("/integration", {"start": None})[1]["start"] == "1000"


def test_lines_of_a_list_are_looked_up_when_they_are_given(
    new_site: MakeSite, program: MakeProgram
) -> None:
    site = new_site("people:3")
    site.sync()
    person = site.extensions()[0]
    mine = program(site.tenant.id)

    status, after = mine.patch(
        "/integration",
        {"people": {"mode": "except", "lines": [person.principal_name, "nobody@nowhere.example"]}},
    )

    assert status == 200, after
    assert after["people"]["mode"] == "except"
    assert [each["directory_object_id"] for each in after["people"]["lines"]] == [
        person.directory_object_id,
        None,
    ]
    assert mine.patch("/integration", {"people": {"mode": "only", "lines": []}})[0] == 422


def test_settings_that_cannot_be_change_nothing(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)
    before = mine.get("/integration")[1]

    for wrong in (
        {"cloud": "MARS"},
        {"directory_id": "contoso"},
        {"sync_time": "25:00"},
        {"leavers": "release:9999"},
        {"start": "5000", "end": "100"},
        {"guests": True, "people": {"mode": "only", "lines": []}},
        {"guests": "perhaps"},
    ):
        assert mine.patch("/integration", wrong)[0] == 422, wrong
    assert mine.get("/integration")[1] == before


def test_an_integration_is_paused_and_resumed(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    assert mine.post("/integration/pause") == (200, {"tenant": "contoso", "paused": True})
    assert mine.post("/runs", {})[1]["error"]["code"] == "paused"
    assert mine.post("/integration/resume")[1]["paused"] is False


def test_a_check_walks_the_steps_with_microsoft(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:3").tenant.id)

    status, found = mine.post("/integration/check")

    assert status == 200
    assert found["ok"] is True
    assert {step["light"] for step in found["steps"]} <= {"green", "amber", "skipped"}


def test_key_pairs_are_made_listed_and_retired(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    status, made = mine.post("/key-pairs", {"days": 30})

    assert status == 201
    assert made["certificate"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE" not in made["certificate"]
    pairs = mine.get("/key-pairs")[1]
    assert pairs[0] == made["key_pair"]
    path = f"/key-pairs/{made['key_pair']['id']}/retire"
    assert mine.post(path)[1]["state"] == "retired"
    assert mine.post(path)[0] == 409
    first_digit = int(next(each for each in pairs[0]["thumbprint_sha1"] if each.isdigit()))
    assert mine.post(f"/key-pairs/{first_digit + 10**9}/retire")[0] == 404


def test_where_nothing_is_set_up_that_is_said(machine, program: MakeProgram) -> None:  # type: ignore[no-untyped-def]
    from rollcall.tenants.operations import add_tenant

    tenant = add_tenant(
        slug="new", name="New", sip_domain="new.example", time_zone="UTC", country="DE"
    )
    mine = program(tenant.id)

    for method, path in (
        ("GET", "/integration"),
        ("POST", "/integration/pause"),
        ("POST", "/integration/check"),
        ("GET", "/explain?person=x"),
    ):
        answer = mine.ask(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not-set-up"), path
    assert mine.get("/key-pairs") == (200, [])
    assert mine.get("/runs") == (200, {"items": [], "next": None})


def test_a_person_is_explained(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:3")
    site.sync()
    mine = program(site.tenant.id)
    person = site.extensions()[0]

    status, told = mine.get(f"/explain?person={person.principal_name}")

    assert (status, told["number"]) == (200, person.number)
    assert mine.get("/explain?person=Nobody")[0] == 404
    assert mine.get("/explain")[0] == 422
