"""Desk phones, the trunk and calls, by the API."""

from typing import Any

import psycopg
import pytest

from rollcall.access.scopes import Scope
from rollcall.telephony.operations import add_extension
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView
from rollcall.wiring.calling_documents import (
    CallJson,
    DeviceJson,
    DevicePasswordJson,
    TrunkJson,
    TrunkNumberJson,
)
from tests.integration.api.conftest import MakeProgram, Program

TRUNK = {
    "kind": "registration",
    "host": "sip.carrier.example",
    "username": "acme",
    "password": "s3cret-word",
    "main_number": "030 1234560",
}


def new_tenant(slug: str) -> TenantView:
    """Make a tenant with the extensions 2000 to 2002."""
    view = add_tenant(
        slug=slug,
        name=slug,
        sip_domain=f"{slug}.example",
        time_zone="Europe/Berlin",
        country="DE",
    )
    for number in (2000, 2001, 2002):
        add_extension(view.id, number=number, fields={"display_name": f"Person {number}"})
    return view


@pytest.fixture
def mine(program: MakeProgram) -> Program:
    """A program of a tenant without a directory."""
    return program(new_tenant("mine").id)


def test_a_phone_is_added_renamed_renewed_and_removed(mine: Program) -> None:
    status, added = mine.post("/devices", {"extension": "2000", "name": "Desk"})

    assert status == 201
    assert list(added) == list(DevicePasswordJson.__struct_fields__)
    path = f"/devices/{added['id']}"
    status, shown = mine.get(path)
    assert (status, list(shown)) == (200, list(DeviceJson.__struct_fields__))
    assert (shown["extension"], shown["registered"], shown["valid"]) == ("2000", False, True)
    assert mine.patch(path, {"name": "Lab"}) == (200, {**shown, "name": "Lab"})
    status, renewed = mine.post(f"{path}/password")
    assert status == 200
    assert renewed["password"] != added["password"]
    assert mine.delete(path) == (200, {"removed": added["id"]})
    assert mine.get(path)[0] == mine.delete(path)[0] == mine.post(f"{path}/password")[0] == 404


def test_phones_are_listed_page_by_page(mine: Program) -> None:
    for number in ("2000", "2001", "2002", "2000"):
        mine.post("/devices", {"extension": number, "name": "Desk"})

    every = mine.all("/devices?limit=3")
    assert [each["extension"] for each in every] == ["2000", "2001", "2002", "2000"]
    assert len(mine.all("/devices?extension=2000")) == 2
    assert mine.get("/devices?extension=2999")[0] == 404
    assert mine.post("/devices", {"extension": "2999", "name": "x"})[0] == 404
    assert mine.post("/devices", {"extension": "2000", "name": " "})[0] == 422
    assert mine.post("/devices", {"extension": "2000"})[0] == 422


def test_a_trunk_is_set_shown_and_removed(mine: Program) -> None:
    assert mine.get("/trunk")[0] == 404
    status, made = mine.ask("PUT", "/trunk", TRUNK).status_code, mine.get("/trunk")[1]

    assert (status, list(made)) == (200, list(TrunkJson.__struct_fields__))
    assert (made["port"], made["main_number"]) == (None, "+49301234560")
    assert (made["state"], made["password_at"] is None) == ("unknown", False)
    assert "s3cret" not in str(made)
    kept = put(mine, {**TRUNK, "password": None, "number_format": "digits"})
    assert kept == (200, "digits")
    assert put(mine, {**TRUNK, "password": None, "host": "else.example"}) == (422, None)
    assert put(mine, {**TRUNK, "host": "no host"}) == (422, None)
    assert mine.delete("/trunk") == (200, {"removed": "sip.carrier.example"})
    assert mine.delete("/trunk")[0] == 404


def put(program: Program, body: Any) -> tuple[int, Any]:
    answer = program.ask("PUT", "/trunk", body)
    return answer.status_code, answer.json().get("number_format")


def test_numbers_are_added_listed_assigned_and_removed(mine: Program) -> None:
    lines = ["030 1234560 – 66", "030 1234570, 2001"]
    assert mine.post("/trunk/numbers", {"lines": lines}) == (201, {"added": 8, "known": 0})
    assert mine.post("/trunk/numbers", {"lines": ["nothing"]})[0] == 422

    every = mine.all("/trunk/numbers?limit=3")
    assert [each["number"][-2:] for each in every] == [*map(str, range(60, 67)), "70"]
    assert list(every[0]) == list(TrunkNumberJson.__struct_fields__)
    assert len(mine.all("/trunk/numbers?assigned=true")) == 1
    assert len(mine.all("/trunk/numbers?search=030%20123457")) == 1
    path = "/trunk/numbers/%2B49301234560"
    status, changed = mine.patch(path, {"extension": "2002", "shown": False})
    assert (status, changed["extension"], changed["shown"]) == (200, "2002", False)
    assert mine.patch("/trunk/numbers/49301234560", {"extension": None})[1]["extension"] is None
    assert mine.patch(path, {})[0] == mine.patch(path, {"extension": "2"})[0] == 422
    assert mine.patch(path, {"extension": "2999"})[0] == 404
    assert mine.delete(path) == (200, {"removed": "+49301234560"})
    assert mine.delete(path)[0] == mine.patch(path, {"extension": None})[0] == 404


def test_emergency_numbers_are_set_and_given_back_to_the_country(mine: Program) -> None:
    usual = mine.get("/emergency-numbers")[1]
    assert not usual["own"]
    answer = mine.ask("PUT", "/emergency-numbers", {"numbers": ["112", "199"]})
    assert answer.json()["numbers"] == ["112", "199"]
    assert mine.ask("PUT", "/emergency-numbers", {"numbers": []}).status_code == 422
    assert mine.ask("PUT", "/emergency-numbers", {"numbers": None}).json() == usual


def test_calls_are_listed(mine: Program, conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for minute in range(7):
            connection.execute(
                "INSERT INTO sip.acc_cdrs (start_time, end_time, call_id, domain, direction, "
                "caller, callee, caller_number, callee_number, answered, result, code) VALUES "
                "(%(at)s, %(at)s, 'x', 'mine.example', 'inbound', '', '2001', '+491701', "
                "'+49301', '', 'no-answer', '480')",
                {"at": f"2026-11-20 12:0{minute}:00"},
            )
    every = mine.all("/calls?limit=3")
    assert [each["began_at"][14:16] for each in every] == [f"0{n}" for n in range(6, -1, -1)]
    assert list(every[0]) == list(CallJson.__struct_fields__)
    assert (every[0]["caller"], every[0]["callee"]) == (None, "2001")
    assert len(mine.all("/calls?extension=2001&result=no-answer&direction=inbound")) == 7
    assert mine.all("/calls?extension=2000") == []
    since = mine.all("/calls?since=2026-11-20T12:05:00Z")
    assert len(since) == 2
    assert mine.get("/calls?result=wonderful")[0] == 422


def test_each_thing_needs_its_scope(program: MakeProgram) -> None:
    tenant = new_tenant("mine").id
    reader = program(tenant, Scope.READ)
    phones = program(tenant, Scope.PHONES_WRITE)

    assert reader.get("/devices")[0] == 200
    assert reader.get("/calls")[0] == 403
    assert reader.post("/devices", {"extension": "2000", "name": "Desk"})[0] == 403
    assert reader.ask("PUT", "/trunk", TRUNK).status_code == 403
    assert phones.post("/devices", {"extension": "2000", "name": "Desk"})[0] == 201
    assert phones.ask("PUT", "/trunk", TRUNK).status_code == 403
    assert program(tenant, Scope.CALLS_READ).get("/calls")[0] == 200


def test_what_is_another_tenants_is_not_there(program: MakeProgram) -> None:
    mine, theirs = program(new_tenant("mine").id), program(new_tenant("theirs").id)
    phone = theirs.post("/devices", {"extension": "2000", "name": "Desk"})[1]["id"]
    theirs.ask("PUT", "/trunk", TRUNK)
    theirs.post("/trunk/numbers", {"lines": ["030 1234560"]})

    assert mine.get("/trunk")[0] == 404
    assert mine.all("/devices") == mine.all("/trunk/numbers") == []
    for path in (f"/devices/{phone}", "/trunk/numbers/49301234560"):
        missing = path.replace(str(phone), str(phone + 1000)).replace("4560", "4999")
        for ask in (mine.delete, lambda path: mine.patch(path, {"name": "x", "extension": None})):
            status, error = ask(path)
            assert status == ask(missing)[0]
            assert status in {404, 422}, error
    assert len(theirs.all("/devices")) == len(theirs.all("/trunk/numbers")) == 1
