"""Signing in with a password: who gets in, who does not, and that nobody learns why."""

from datetime import timedelta

from django.test import Client

from rollcall.accounts.operations import disable_account
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.tenants.operations import suspend_tenant
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.arrival import (
    ELSE,
    EMAIL,
    PASSWORD,
    audited,
    cookie_of,
    hidden_value,
    is_in,
    new_account,
    new_tenant,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

WRONG = "The mail address or the password is wrong"


def test_a_user_signs_in_with_a_password_and_gets_another_session_each_time(
    nobody: Client, conninfo: str
) -> None:
    tenant = new_tenant()
    new_account(tenant_id=tenant.id)

    assert sign_in_by(nobody, f" {EMAIL.upper()} ") == "/"
    first = cookie_of(nobody)
    assert is_in(nobody)
    assert sign_in_by(nobody) == "/"
    assert cookie_of(nobody) not in {"", first}
    nobody.cookies["__Host-session"] = first
    assert not is_in(nobody), "the session before has ended"
    signed_in = audited(conninfo, "sign_in.succeeded")
    assert signed_in == [(tenant.id, EMAIL, {"address": "127.0.0.1"})] * 2


def test_a_cookie_that_was_there_before_is_not_the_one_of_the_session(nobody: Client) -> None:
    new_account("system")
    nobody.cookies["__Host-session"] = "chosen-by-somebody-else"

    sign_in_by(nobody)

    assert cookie_of(nobody) not in {"", "chosen-by-somebody-else"}


def test_cookies_are_for_this_host_alone_and_not_for_scripts(nobody: Client) -> None:
    new_account(tenant_id=new_tenant().id)

    answer = nobody.post("/sign-in", {"email": EMAIL, "password": PASSWORD})

    for name in ("__Host-session", "__Host-device"):
        cookie = answer.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
        assert (cookie["samesite"], cookie["domain"]) == ("Lax", "")


def test_the_answer_is_the_same_whether_there_is_an_account_or_not(
    nobody: Client, conninfo: str
) -> None:
    tenant = new_tenant()
    new_account(tenant_id=tenant.id)
    new_account(tenant_id=tenant.id, email="new@rollcall.example", password="")
    gone = new_account(tenant_id=tenant.id, email="gone@rollcall.example")
    disable_account(gone, actor="test", enforced=enforcing_tenants, now=utc_now())

    def answer_to(email: str, password: str) -> str:
        answer = nobody.post("/sign-in", {"email": email, "password": password})
        assert answer.status_code == 200
        return answer.content.decode().replace(email, "…").split("</form>")[0].split("csrf")[0]

    answers = {
        answer_to(EMAIL, ELSE),
        answer_to("nobody@rollcall.example", ELSE),
        answer_to("new@rollcall.example", ELSE),
        answer_to("gone@rollcall.example", PASSWORD),
    }
    assert len(answers) == 1
    page = nobody.post("/sign-in", {"email": EMAIL, "password": ELSE}).content.decode()
    assert WRONG in page
    assert f'value="{EMAIL}"' in page
    assert ELSE not in page
    assert not is_in(nobody)
    reasons = [detail["reason"] for _, _, detail in audited(conninfo, "sign_in.refused")]
    assert reasons == ["password", "unknown", "password", "disabled", "password"]
    assert "nobody@" not in str(audited(conninfo, "sign_in.refused"))


def test_a_suspended_tenant_lets_nobody_in(nobody: Client) -> None:
    new_account(tenant_id=new_tenant().id)
    suspend_tenant("contoso")

    assert sign_in_by(nobody) == ""


def test_an_empty_form_says_what_is_missing_and_asks_no_database(nobody: Client) -> None:
    page = nobody.post("/sign-in", {"email": "", "password": ""}).content.decode()

    assert page.count("This field is required.") == 2


def test_a_very_long_password_is_refused_like_any_other(nobody: Client) -> None:
    new_account("system")

    assert sign_in_by(nobody, password="x" * 100_000) == ""


def test_next_leads_only_to_paths_of_this_site(nobody: Client) -> None:
    new_account(tenant_id=new_tenant().id)
    bad = ("https://evil.example/", "//evil.example", "/\\evil.example", "///evil", "javascript:x")

    for onward in bad:
        answer = nobody.post(f"/sign-in?next={onward}", {"email": EMAIL, "password": PASSWORD})
        assert answer["Location"] == "/", onward
        page = nobody.get(f"/sign-in?next={onward}")
        assert page["Location"] == "/"
    given = {"email": EMAIL, "password": PASSWORD, "next": "/account/?tab=1"}
    assert nobody.post("/sign-in", given)["Location"] == "/account/?tab=1"
    assert nobody.get("/sign-in?next=/account/")["Location"] == "/account/"


def test_one_address_with_one_password_in_several_tenants_is_asked_which(nobody: Client) -> None:
    first = new_tenant("first")
    second = new_tenant("second")
    third = new_tenant("third")
    new_account(tenant_id=first.id)
    account = new_account(tenant_id=second.id)
    other = new_account(tenant_id=third.id, password=ELSE)

    page = nobody.post("/sign-in", {"email": EMAIL, "password": PASSWORD}).content.decode()
    choice = hidden_value(page, "choice")

    assert "First" in page
    assert "Second" in page
    assert "Third" not in page
    assert not is_in(nobody)
    refused = nobody.post("/sign-in/choose", {"choice": choice, "account": other})
    assert refused["Location"] == "/sign-in"
    forged = nobody.post("/sign-in/choose", {"choice": f"{choice}x", "account": account})
    assert forged["Location"] == "/sign-in"
    assert not is_in(nobody)
    nobody.post("/sign-in/choose", {"choice": choice, "account": account})
    assert is_in(nobody)
    assert nobody.get("/sign-in")["Location"] == "/"


def test_a_tenants_own_address_takes_its_accounts_alone(nobody: Client) -> None:
    first = new_tenant("first")
    second = new_tenant("second")
    new_account(tenant_id=first.id)
    new_account("system", email="root@rollcall.example")

    page = nobody.get("/t/second/sign-in").content.decode()

    assert "Sign in to Second" in page
    assert nobody.get("/t/second/")["Location"] == "/t/second/sign-in"
    assert nobody.get("/t/nobody/sign-in").status_code == 404
    assert nobody.get("/t/nobody/").status_code == 404
    assert sign_in_by(nobody, at="/t/second/sign-in") == ""
    assert sign_in_by(nobody, "root@rollcall.example", at="/t/second/sign-in") == ""
    assert sign_in_by(nobody, at="/t/first/sign-in") == "/"
    assert nobody.get("/t/first/")["Location"] == "/"
    new_account(tenant_id=second.id)
    assert sign_in_by(nobody, at="/t/second/sign-in") == "/"


def test_whoever_signs_out_is_out_and_back_at_the_tenants_address(nobody: Client) -> None:
    new_account(tenant_id=new_tenant().id)
    sign_in_by(nobody)
    token = cookie_of(nobody)

    assert nobody.post("/sign-out")["Location"] == "/t/contoso/sign-in"
    assert not is_in(nobody)
    nobody.cookies["__Host-session"] = token
    assert not is_in(nobody)


def test_a_form_that_does_not_come_from_our_page_is_refused(machine: Machine) -> None:
    new_account("system")
    client = make_client(machine)
    client.handler.enforce_csrf_checks = True

    answer = client.post("/sign-in", {"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 403
    assert "out of date" in answer.content.decode()


def test_a_session_ends_when_it_is_not_used_or_when_it_is_old(
    nobody: Client, conninfo: str
) -> None:
    from rollcall.accounts.retention import forget_sign_ins
    from rollcall.accounts.session_life import STANDARD
    from rollcall.accounts.sessions import find_session

    new_account(tenant_id=new_tenant().id)
    sign_in_by(nobody)
    token = cookie_of(nobody)
    now = utc_now()

    assert find_session(token, now=now + STANDARD.idle - timedelta(minutes=1)) is not None
    assert find_session(token, now=now + STANDARD.idle + timedelta(hours=9)) is None
    assert find_session(token, now=now + STANDARD.longest + timedelta(minutes=1)) is None
    assert forget_sign_ins(now=now) == 0
    forgotten = forget_sign_ins(now=now + STANDARD.longest)
    assert forgotten == 2, "the session, and the count of attempts"
    assert audited(conninfo, "sign_in.succeeded")


def test_a_part_of_a_page_leads_to_sign_in_and_back_to_the_whole_page(nobody: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://localhost/t/contoso/runs?page=2"}

    answer = nobody.get("/t/contoso/integration/", headers=headers)

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in?next=%2Ft%2Fcontoso%2Fruns%3Fpage%3D2"
    bare = nobody.post("/t/contoso/leave", headers={"HX-Request": "true"})
    assert bare["HX-Redirect"] == "/sign-in"
