"""The page of API tokens: made, shown once, revoked; a tenant's, and the provider's."""

import re

from django.test import Client

from rollcall.access.models import Token
from rollcall.access.operations import make_token
from rollcall.wiring.machine import utc_now
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn

PAGE = "/t/contoso/tokens"
GOOD = {"name": "Export to the CRM", "scopes": ["read", "audit:read"], "days": "30"}


def text(page: Client, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_token_is_made_shown_once_and_works(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    administrator = sign_in("administrator", tenant.id)
    assert "No program uses the API" in text(administrator, PAGE)

    made = administrator.post(f"{PAGE}/new", GOOD).content.decode()

    (token,) = set(re.findall(r"rc_[\w-]{43}", made))
    listed = text(administrator, PAGE)
    assert token not in listed
    assert token[:7] in listed
    assert "Export to the CRM" in listed
    answer = administrator.get("/api/v1/tenant", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["slug"] == "contoso"


def test_a_token_asked_for_wrongly_keeps_what_was_typed(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    tenant = new_site("people:1").tenant
    administrator = sign_in("administrator", tenant.id)

    for wrong, words in (
        ({"name": ""}, "Say what uses the token."),
        ({"scopes": []}, "Tick at least one thing that it allows."),
        ({"scopes": ["system:write"]}, "not one of the available choices"),
        ({"days": "400"}, "Give a number of days from 1 to 366."),
    ):
        page = administrator.post(f"{PAGE}/new", {**GOOD, "name": "Kept <b>", **wrong})
        assert words in page.content.decode(), wrong
        if "name" not in wrong:
            assert "Kept &lt;b&gt;" in page.content.decode()
    assert not Token.objects.of(tenant.id).exists()


def test_a_token_is_revoked_by_its_tenant_alone(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    other = new_site("people:1,name=other", slug="other").tenant
    view, _ = make_token(
        tenant.id, name="ن" * 100, scopes=("read",), days=9, actor="t", now=utc_now()
    )
    stranger = sign_in("administrator", other.id)

    refused = stranger.post(f"/t/other/tokens/{view.id}/revoke")
    missing = stranger.post("/t/other/tokens/999999/revoke")
    assert refused.status_code == missing.status_code == 404
    assert sign_in("user", tenant.id).get(PAGE).status_code == 404

    administrator = sign_in("administrator", tenant.id)
    answer = administrator.post(f"{PAGE}/{view.id}/revoke", follow=True)
    assert "is revoked" in answer.content.decode()
    assert "Revoked" in text(administrator, PAGE)


def test_the_provider_makes_tokens_of_its_own(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant
    make_token(tenant.id, name="Theirs", scopes=("read",), days=9, actor="t", now=utc_now())
    provider = sign_in("system")

    wrong = provider.post("/system/tokens/new", {**GOOD, "scopes": ["read"]})
    assert "not one of the available choices" in wrong.content.decode()
    made = provider.post("/system/tokens/new", {**GOOD, "scopes": ["system:read"]})

    (token,) = set(re.findall(r"rc_[\w-]{43}", made.content.decode()))
    listed = text(provider, "/system/tokens")
    assert "Export to the CRM" in listed
    assert "Theirs" not in listed
    answer = provider.get("/api/v1/system/tenants", headers={"Authorization": f"Bearer {token}"})
    assert [each["slug"] for each in answer.json()["items"]] == ["contoso"]
    row = Token.objects.all_tenants().get(tenant__isnull=True)
    assert provider.post(f"/system/tokens/{row.pk}/revoke").status_code == 302
    assert sign_in("administrator", tenant.id).get("/system/tokens").status_code == 404
