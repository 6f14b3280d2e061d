"""The API against its own description: whatever is sent, it answers as it says, and never breaks.

schemathesis makes the requests from the description, right ones and wrong ones; the seed is fixed.
"""

from typing import Any, Final

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from rollcall.api.limits import Buckets
from rollcall.api.urls import PREFIX, describe
from rollcall.config.wsgi import Application, prepare_pages
from rollcall.web.context import WebContext
from rollcall.wiring.machine import Machine
from tests.integration.api.conftest import MakeProgram
from tests.integration.conftest import MakeSite

load_all_checks()

CHECKED: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
SLOW: Final = {"check", "new_key_pair"}
"""Operations that take a while each: Microsoft is asked, or a key is made."""


@pytest.fixture
def prepared(
    machine: Machine,
    new_site: MakeSite,
    program: MakeProgram,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Application, dict[str, str]]:
    """The application with a synchronised tenant, and tokens for it and for the provider."""
    monkeypatch.setattr("rollcall.api.door.buckets", Buckets(per_minute=10**9, burst=10**9))
    prepare_pages(machine.environment)
    site = new_site("people:5:2,shared=1", personal_contacts=True, company_contacts=True)
    site.sync()
    application = Application(
        get_wsgi_application(), WebContext(machine.environment, machine.conninfo)
    )
    tokens = {"tenant": program(site.tenant.id).token, "system": program(None).token}
    return application, tokens


def try_operation(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    prepared: tuple[Application, dict[str, str]],
    examples: int,
) -> None:
    """Send requests of one operation, and hold each answer against the description."""
    application, tokens = prepared
    whose = "system" if operation.path.startswith(f"{PREFIX}system/") else "tenant"
    checks: Any = CHECKS.get_by_names(CHECKED)

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {tokens[whose]}"}
        answer = case.call(app=application, headers=headers)
        case.validate_response(answer, checks=checks)

    send()


def every_operation(prepared: tuple[Application, dict[str, str]], examples: int) -> int:
    """Try each operation in both ways; return how many there are."""
    schema = schemathesis.openapi.from_dict(describe())
    schema.app = prepared[0]
    count = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        few = operation.definition.raw["operationId"] in SLOW
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try_operation(operation, mode, prepared, 1 if few else examples)
        count += 1
    return count


def test_whatever_is_sent_the_answer_is_as_described(
    prepared: tuple[Application, dict[str, str]],
) -> None:
    assert every_operation(prepared, examples=6) > 30


@pytest.mark.long
def test_the_same_with_many_more_requests(prepared: tuple[Application, dict[str, str]]) -> None:
    assert every_operation(prepared, examples=60) > 30
