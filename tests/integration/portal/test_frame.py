"""What stands around every page, and who gets to see it."""

from django.test import Client

from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(nobody: Client) -> None:
    answer = nobody.get("/t/contoso/integration/?tab=1")

    assert answer.status_code == 303
    assert answer["Location"] == "/sign-in?next=%2Ft%2Fcontoso%2Fintegration%2F%3Ftab%3D1"


def test_each_role_begins_at_its_own_page(new_site: MakeSite, sign_in: SignIn) -> None:
    tenant = new_site("people:1").tenant

    assert sign_in("system").get("/")["Location"] == "/system/tenants"
    administrator = sign_in("administrator", tenant.id)
    assert administrator.get("/")["Location"] == "/t/contoso/integration/"
    assert administrator.get("/t/contoso/integration/").status_code == 200
    assert sign_in("user", tenant.id).get("/")["Location"] == "/t/contoso/colleagues"


def test_a_provider_enters_a_tenant_only_after_switching_to_it(
    new_site: MakeSite, sign_in: SignIn
) -> None:
    new_site("people:1")
    provider = sign_in("system")

    assert provider.get("/t/contoso/integration/").status_code == 404
    assert provider.post("/t/contoso/enter").status_code == 302
    page = provider.get("/t/contoso/integration/")
    assert page.status_code == 200
    assert "You are in the scope of" in page.content.decode()
    provider.post("/t/contoso/leave")
    assert provider.get("/t/contoso/integration/").status_code == 404


def test_a_host_that_is_not_ours_is_refused(nobody: Client) -> None:
    answer = nobody.get("/sign-in", HTTP_HOST="evil.example")

    assert answer.status_code == 421
    assert "web_domain" in answer.content.decode()


def test_a_page_names_its_files_by_their_content(nobody: Client) -> None:
    page = nobody.get("/sign-in").content.decode()

    assert "/static/portal/portal.css?v=" in page
    assert "<style" not in page
    assert " style=" not in page
