"""What a browser is told with each answer, and what it must prove before anything is changed."""

import re
from contextlib import closing

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from rollcall.web.audience import Audience
from rollcall.web.identity import COOKIE
from tests.integration.conftest import MakeSite
from tests.integration.portal.conftest import SignIn
from tests.integration.portal.routes import Route, all_routes
from tests.integration.portal.visitors import HOST

NOWHERE = {"tenant": "contoso"}
ADDRESSES = (
    "/sign-in",
    "/account/",
    "/no/such/page",
    "/t/contoso/integration/",
    "/static/portal/portal.css",
    "/static/no-such-file.css",
    "/healthz",
    "/metrics",
)
ELSEWHERE = ("evil.example", "localhost.evil.example", "evil.example:443", "", "localhost@evil")


def policy_of(text: str) -> dict[str, list[str]]:
    """Return a content security policy by directive."""
    parts = (part.split() for part in text.split(";") if part.strip())
    return {name: sources for name, *sources in parts}


def changing_routes() -> list[Route]:
    """Return the routes of pages that change something, by a cookie's word alone."""
    known = {each.value for each in Audience if each.value != "token"}
    return [each for each in all_routes() if "POST" in each.methods and each.audience in known]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_comes_with_the_headers(nobody: Client, address: str) -> None:
    with closing(nobody.get(address, secure=True)) as answer:
        check_headers(answer)


def check_headers(answer: HttpResponseBase) -> None:
    policy = policy_of(answer["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert not re.search(r"unsafe|\*", answer["Content-Security-Policy"])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Strict-Transport-Security"] == "max-age=31536000"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/sign-in", "/account/", "/no/such/page"])
def test_a_page_is_kept_nowhere(nobody: Client, address: str) -> None:
    assert nobody.get(address)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_foreign_host_gets_no_page_and_no_link_of_its_own(nobody: Client, host: str) -> None:
    answer = nobody.get("/sign-in", HTTP_HOST=host)

    assert answer.status_code in {400, 421}
    assert "href" not in answer.content.decode()
    assert not answer.cookies


def test_a_forwarded_host_is_believed_by_nobody(nobody: Client) -> None:
    answer = nobody.get(
        "/t/contoso/integration/",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_X_FORWARDED_PROTO="http",
        HTTP_FORWARDED="host=evil.example",
    )

    assert answer["Location"].startswith("/sign-in?next=%2Ft%2F")


@pytest.mark.parametrize("route", changing_routes(), ids=lambda route: route.name)
def test_nothing_is_changed_without_the_pages_own_token(
    new_site: MakeSite, sign_in: SignIn, route: Route
) -> None:
    tenant = new_site("people:1").tenant
    role = "system" if route.audience == Audience.SYSTEM else "administrator"
    visitor = sign_in(role, None if role == "system" else tenant.id)
    visitor.handler.enforce_csrf_checks = True
    values: dict[str, object] = dict.fromkeys(route.takes, "1")
    address = re.sub(r"<uuid:\w+>", "0" * 8 + "-0000-4000-8000-" + "0" * 12, "/" + route.pattern)
    for name, value in {**values, **NOWHERE}.items():
        address = re.sub(rf"<\w+:{name}>", str(value), address)

    plain = visitor.post(address)
    assert plain.status_code == 403
    assert "Nothing was changed" in plain.content.decode()
    forged = visitor.post(
        address,
        {"csrfmiddlewaretoken": "a" * 64},
        headers={"origin": "https://evil.example", "cookie": visitor.cookies.output(header="")},
    )
    assert forged.status_code == 403


def test_the_cookies_are_for_this_host_alone_and_not_for_scripts(nobody: Client) -> None:
    cookies = nobody.get("/sign-in", secure=True).cookies

    assert cookies
    for name, cookie in cookies.items():
        assert name.startswith("__Host-"), name
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert cookie["samesite"] == "Lax", name
        assert (cookie["path"], cookie["domain"]) == ("/", ""), name


def test_a_wrong_session_is_taken_from_the_browser(nobody: Client) -> None:
    nobody.cookies[COOKIE] = "x" * 43
    answer = nobody.get("/sign-in")

    assert answer.cookies[COOKIE]["max-age"] == 0


def test_a_page_is_read_by_our_own_origin_alone(nobody: Client) -> None:
    answer = nobody.get("/sign-in", headers={"origin": "https://evil.example", "host": HOST})

    assert "Access-Control-Allow-Origin" not in answer
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
