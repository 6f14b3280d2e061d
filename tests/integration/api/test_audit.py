"""The audit log, by the API."""

import pytest

from rollcall.audit.operations import note
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite


def test_the_log_is_read_in_pages_and_narrowed(new_site: MakeSite, program: MakeProgram) -> None:
    site = new_site("people:1")
    mine = program(site.tenant.id)
    before = len(mine.all("/audit"))
    for number in range(7):
        note(
            actor=f"somebody{number % 2}@contoso.example",
            action="extension.added",
            subject=str(2000 + number),
            tenant_id=site.tenant.id,
            detail={"number": number},
        )

    entries = mine.all("/audit?limit=3")

    assert [entry["subject"] for entry in entries[:7]] == [str(2006 - n) for n in range(7)]
    assert len(entries) == before + 7
    assert len({entry["id"] for entry in entries}) == len(entries)
    assert set(entries[0]) == {"id", "at", "actor", "action", "subject", "detail"}
    assert len(mine.all("/audit?actor=somebody1@contoso.example&limit=1")) == 3
    assert len(mine.all("/audit?action=extension.added&search=200")) == 7
    assert mine.all("/audit?action=nothing.done") == []
    middle = entries[3]["at"]
    until = mine.all(f"/audit?until={middle}")
    assert [entry["id"] for entry in until] == [entry["id"] for entry in entries[4:]]
    assert len(mine.all(f"/audit?since={middle}")) == 4


def test_another_tenants_log_is_not_there(new_site: MakeSite, program: MakeProgram) -> None:
    new_site("people:1", slug="theirs")
    note(actor="them", action="scope.entered", tenant_id=None)
    mine = program(new_site("people:1,name=mine", slug="mine").tenant.id)

    assert "them" not in {entry["actor"] for entry in mine.all("/audit")}


def test_a_place_that_no_page_named_is_refused(new_site: MakeSite, program: MakeProgram) -> None:
    mine = program(new_site("people:1").tenant.id)

    for wrong in ("x", "1", "1.x", "9" * 60 + ".1", "-1.5", "a" * 300):
        assert mine.get(f"/audit?after={wrong}")[0] == 422, wrong
    assert mine.get("/audit?since=yesterday")[0] == 422


@pytest.mark.parametrize(
    "moment",
    ["1024-01-28T14:19:01%2B21:49", "0001-01-01T00:00:00%2B01:00", "9999-12-31T23:59:59-01:00"],
)
def test_a_moment_may_be_any_with_any_offset(
    new_site: MakeSite, program: MakeProgram, moment: str
) -> None:
    mine = program(new_site("people:1").tenant.id)

    for which in ("since", "until"):
        assert mine.get(f"/audit?{which}={moment}")[0] == 200
        assert mine.get(f"/calls?{which}={moment}")[0] == 200
