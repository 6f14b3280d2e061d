"""Runs, by the API: asked for, read in pages, decided on."""

from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite


def test_a_run_is_asked_for_once_and_followed(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:3").tenant.id)

    status, run = mine.post("/runs", {"dry_run": True, "stages": ["users"]})

    assert (status, run["state"], run["dry_run"]) == (202, "queued", True)
    assert run["stages"] == ["users"]
    assert run["asked_by"].startswith("token:")
    assert mine.post("/runs", {})[1]["id"] == run["id"]
    assert mine.get(f"/runs/{run['id']}") == (200, run)
    assert mine.post(f"/runs/{run['id']}/cancel")[1]["state"] == "cancelled"
    assert mine.post(f"/runs/{run['id']}/cancel")[1]["error"]["code"] == "ended"
    assert mine.post(f"/runs/{run['id']}/discard")[1]["error"]["code"] == "not-held"


def test_a_run_that_cannot_be_is_refused(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    assert mine.post("/runs", {"stages": ["moon"]})[0] == 422
    assert mine.post("/runs", {"stages": ["personal-contacts"]})[1]["error"]["code"] == "stage-off"
    for number in (1, 10**12, 10**30):
        assert mine.get(f"/runs/{number}")[0] == 404
        assert mine.post(f"/runs/{number}/cancel")[0] == 404


def test_what_a_run_did_is_read_in_pages(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:7")
    first = site.sync()
    second = site.sync()
    mine = program(site.tenant.id)

    changes = mine.all(f"/runs/{first.id}/changes?limit=3")

    assert len(changes) == 7
    assert {change["action"] for change in changes} == {"created"}
    whole = mine.get(f"/runs/{first.id}")[1]
    assert whole["changes"] == changes
    assert whole["counts"]["users"]["created"] == 7
    assert mine.all(f"/runs/{first.id}/refusals?limit=1") == whole["refusals"]
    assert mine.all(f"/runs/{first.id}/problems") == whole["problems"]
    assert [run["id"] for run in mine.all("/runs?limit=1")] == [second.id, first.id]
    assert mine.get("/runs?after=x")[0] == 422
    assert mine.get("/runs?limit=0")[0] == 422


def test_a_held_plan_is_applied_by_a_word(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:6")
    site.sync()
    mine = program(site.tenant.id)
    people = [each.principal_name for each in site.extensions()]

    mine.patch("/integration", {"people": {"mode": "except", "lines": people[:5]}})
    held = site.sync(expect="held")

    status, run = mine.get(f"/runs/{held.id}")
    assert (status, run["state"]) == (200, "held")
    assert run["hold"]
    assert len([each for each in run["changes"] if each["action"] == "blocked"]) == 5
    status, applied = mine.post(f"/runs/{held.id}/approve")
    assert (status, applied["state"], applied["hold"]) == (200, "applied", None)
    assert sum(each.state == "blocked" for each in site.extensions()) == 5
    assert mine.post(f"/runs/{held.id}/approve")[0] == 409


def test_another_tenants_runs_do_not_exist(new_site: MakeSite, program: MakeProgram) -> None:
    theirs = new_site("people:3", slug="theirs").sync()
    mine = program(new_site("people:1,name=mine", slug="mine").tenant.id)

    for method, path in (
        ("GET", ""),
        ("GET", "/changes"),
        ("GET", "/refusals"),
        ("GET", "/problems"),
        ("POST", "/cancel"),
        ("POST", "/approve"),
        ("POST", "/discard"),
    ):
        answer = mine.ask(method, f"/runs/{theirs.id}{path}")
        missing = mine.ask(method, f"/runs/{theirs.id + 1000}{path}")
        assert answer.status_code == missing.status_code == 404, path
        told = answer.content.replace(str(theirs.id).encode(), b"N")
        assert told == missing.content.replace(str(theirs.id + 1000).encode(), b"N")
