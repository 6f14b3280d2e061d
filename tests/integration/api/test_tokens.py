"""What a token is worth: to whom it belongs, for how long, and what it allows."""

from datetime import timedelta

import pytest
from django.test import Client

from rollcall.access.models import Token
from rollcall.access.operations import make_token, revoke_token
from rollcall.access.scopes import Scope
from rollcall.api.limits import Buckets
from rollcall.core.errors import SetupError
from rollcall.tenants.operations import suspend_tenant
from rollcall.wiring.machine import utc_now
from tests.integration.api.conftest import MakeProgram, Program
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn


def refused(program: Program, path: str = "/tenant") -> tuple[int, str]:
    status, body = program.get(path)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "help"}
    return status, body["error"]["code"]


def test_without_a_token_nothing_is_answered(nobody: Client) -> None:
    answer = nobody.get("/api/v1/tenant")

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"]["code"] == "token-missing"
    assert "Set-Cookie" not in answer


def test_a_session_does_not_open_the_api(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant

    answer = sign_in("administrator", tenant.id).get("/api/v1/tenant")

    assert answer.status_code == 401


def test_a_token_opens_its_tenant_and_is_seen_to_be_used(
    new_site: MakeSite, program: MakeProgram
) -> None:
    tenant = new_site("people:1").tenant

    status, body = program(tenant.id).get("/tenant")

    assert (status, body["slug"]) == (200, "contoso")
    assert Token.objects.of(tenant.id).get().last_used_at is not None


def test_a_token_that_is_made_up_revoked_or_too_old_says_so(
    new_site: MakeSite, program: MakeProgram
) -> None:
    tenant = new_site("people:1").tenant
    good = program(tenant.id)
    made_up = Program(good.client, "rc_" + "x" * 43)
    longest = Program(good.client, "rc_" + "x" * 5000)
    now = utc_now()
    _, old = make_token(
        tenant.id, name="Old", scopes=("read",), days=1, actor="t", now=now - timedelta(days=2)
    )
    view, back = make_token(tenant.id, name="Back", scopes=("read",), days=1, actor="t", now=now)
    revoke_token(tenant.id, view.id, actor="t", now=now)

    assert refused(made_up) == (401, "token-unknown")
    assert refused(longest) == (401, "token-unknown")
    assert refused(Program(good.client, old)) == (401, "token-expired")
    assert refused(Program(good.client, back)) == (401, "token-revoked")


def test_a_suspended_tenants_token_is_refused(new_site: MakeSite, program: MakeProgram) -> None:
    tenant = new_site("people:1").tenant
    mine = program(tenant.id)
    suspend_tenant(tenant.slug)

    assert refused(mine) == (403, "suspended")


def test_a_token_does_only_what_its_scopes_say(new_site: MakeSite, program: MakeProgram) -> None:
    tenant = new_site("people:1").tenant
    reader = program(tenant.id, Scope.READ)
    writer = program(tenant.id, Scope.INTEGRATION_WRITE)

    assert reader.patch("/tenant", {"name": "Other"})[0] == 403
    assert refused(reader, "/audit") == (403, "scope-missing")
    assert refused(writer) == (403, "scope-missing")
    assert writer.patch("/tenant", {"name": "Other"})[0] == 200
    assert refused(reader, "/system/tenants") == (403, "scope-missing")


def test_a_token_of_the_system_opens_no_tenants_addresses(
    new_site: MakeSite, program: MakeProgram
) -> None:
    new_site("people:1")

    assert refused(program(None)) == (403, "scope-missing")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "bad-name"),
        ({"name": "x" * 101}, "bad-name"),
        ({"scopes": ()}, "bad-scopes"),
        ({"scopes": ("read", "system:read")}, "bad-scopes"),
        ({"days": 0}, "bad-days"),
        ({"days": 367}, "bad-days"),
    ],
)
def test_a_token_that_is_asked_for_wrongly_is_not_made(
    new_site: MakeSite, values: dict[str, object], code: str
) -> None:
    tenant = new_site("people:1").tenant
    given: dict[str, object] = {"name": "Test", "scopes": ("read",), "days": 1, **values}

    with pytest.raises(SetupError) as raised:
        make_token(tenant.id, actor="t", now=utc_now(), **given)  # type: ignore[arg-type]

    assert raised.value.code == code
    assert not Token.objects.of(tenant.id).exists()


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    moment = 0.0
    buckets = Buckets(per_minute=60, burst=3, clock=lambda: moment)

    assert [buckets.take(1) for _ in range(4)] == [0, 0, 0, 1]
    assert buckets.take(2) == 0
    moment = 1.0
    assert [buckets.take(1) for _ in range(2)] == [0, 1]


def test_too_many_requests_are_told_when_to_come_again(
    new_site: MakeSite, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = program(new_site("people:1").tenant.id)
    monkeypatch.setattr("rollcall.api.door.buckets", Buckets(per_minute=1, burst=1))

    assert mine.get("/tenant")[0] == 200
    answer = mine.ask("GET", "/tenant")

    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 50
