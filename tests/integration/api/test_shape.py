"""What the API says when it is asked wrongly has one shape, and the address is no secret."""

import json

import pytest
from django.test import Client
from msgspec import Struct

from rollcall.core.findings import Finding
from rollcall.integrations.runs import ChangeView, RefusalView, RunView
from rollcall.wiring.documents import IntegrationJson, KeyPairJson, TenantJson
from rollcall.wiring.explain import Explanation
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/tenant"])
def test_an_address_that_is_not_there_says_so_in_json(nobody: Client, path: str) -> None:
    answer = nobody.post(path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not-found"


def test_a_method_that_an_address_does_not_answer_is_named(nobody: Client) -> None:
    answer = nobody.put("/api/v1/tenant")

    assert answer.status_code == 405
    assert answer["Allow"] == "GET, PATCH"
    assert answer.json()["error"]["message"] == "This address answers GET and PATCH only."


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "not-json"),
        ("", 422, "invalid"),
        ("[]", 422, "invalid"),
        ('{"title": "x"}', 422, "invalid"),
        ('{"name": ""}', 422, "invalid"),
        ('{"name": "a\\u0000b"}', 422, "invalid"),
        ('{"name": "a\\ud800b"}', 422, "invalid"),
        ('{"time_zone": "Berlin"}', 422, "bad-time-zone"),
        ('{"first_extension": "0999"}', 422, "invalid"),
        ('{"first_extension": "9999", "last_extension": "1000"}', 422, "bad-range"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_a_sentence(
    new_site: MakeSite, program: MakeProgram, body: str, status: int, code: str
) -> None:
    mine = program(new_site("people:1").tenant.id)

    answer = mine.ask("PATCH", "/tenant", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.json()["error"]["message"].endswith(".")
    assert mine.get("/tenant")[1]["name"] == "Contoso"


def test_the_description_is_there_for_all_and_names_each_scope(nobody: Client) -> None:
    answer = nobody.get("/api/v1/openapi.json")

    description = answer.json()
    assert description["openapi"].startswith("3.1")
    operations = [
        operation for path in description["paths"].values() for operation in path.values()
    ]
    assert len(operations) > 20
    assert all(operation["x-scope"] in operation["description"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations)


@pytest.mark.parametrize(
    ("name", "struct"),
    [
        ("TenantJson", TenantJson),
        ("IntegrationJson", IntegrationJson),
        ("KeyPairJson", KeyPairJson),
        ("RunView", RunView),
        ("ChangeView", ChangeView),
        ("RefusalView", RefusalView),
        ("Explanation", Explanation),
        ("Finding", Finding),
    ],
)
def test_answers_have_the_keys_that_commands_print(
    nobody: Client, name: str, struct: type[Struct]
) -> None:
    schemas = json.loads(nobody.get("/api/v1/openapi.json").content)["components"]["schemas"]

    assert list(schemas[name]["properties"]) == list(struct.__struct_fields__)
    assert schemas[name]["required"] == list(struct.__struct_fields__)
