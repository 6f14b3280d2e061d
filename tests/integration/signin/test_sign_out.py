"""Going out again: here alone, of Microsoft too, and when Microsoft says so."""

import psycopg
import pytest
from django.test import Client

from rollcall.accounts.sessions import find_session
from rollcall.wiring.machine import utc_now
from tests.integration.portal.arrival import cookie_of, is_in
from tests.integration.signin.company import URIS, Company, asked, has_session, sent_to

LOGOUT = "/ms365/logout"
SID = "7f0b1e5c-0d4f-4d55-8a43-0d3ad0c1c001"


def lives(token: str) -> bool:
    """Tell whether there is a session yet."""
    return find_session(token, now=utc_now()) is not None


def issuer(company: Company) -> str:
    """Return the issuer of a company's directory."""
    return f"{company.simulator.login}/{company.site.directory.directory_id}/v2.0"


def entered(company: Company, *, sid: str = "", host: str = "pbx.example") -> Client:
    """Return a browser in which somebody signed in."""
    client = company.browser(host)
    company.enter(client, company.people[0], sid=sid)
    assert has_session(client)
    return client


def test_who_came_by_microsoft_chooses_how_far_to_sign_out(company: Company) -> None:
    client = entered(company)

    bar = client.get("/account/").content.decode()
    assert 'href="/sign-out"' in bar
    page = client.get("/sign-out").content.decode()
    assert "Sign out here" in page
    assert "Sign out here and of Microsoft" in page
    assert has_session(client), "looking at it changes nothing"


def test_signing_out_here_ends_our_session_alone(company: Company) -> None:
    client = entered(company)
    token = cookie_of(client)

    answer = client.post("/sign-out")

    assert answer["Location"] == "/t/contoso/sign-in"
    assert "Refresh" not in answer.headers
    assert not has_session(client)
    assert not lives(token)


@pytest.mark.parametrize(("host", "uri"), [("pbx.example", URIS[0]), ("sbc.example:9443", URIS[1])])
def test_signing_out_of_microsoft_too_leads_there_and_back(
    company: Company, host: str, uri: str
) -> None:
    client = entered(company, host=host)
    token = cookie_of(client)

    address = sent_to(client.post("/sign-out", {"microsoft": "1"}))

    assert address.startswith(f"{company.simulator.login}/{company.site.directory.directory_id}/")
    assert asked(address)["post_logout_redirect_uri"] == uri
    assert asked(address)["logout_hint"]
    assert not has_session(client)
    assert not lives(token)
    back = client.get("/ms365/callback")
    assert back.status_code == 200
    assert "You are signed out" in back.content.decode()


def test_while_microsoft_does_not_answer_one_signs_out_here_all_the_same(company: Company) -> None:
    from rollcall.wiring.sign_in import forget_published

    client = entered(company)
    forget_published()
    company.simulator.fault(
        "status", host="login", path="/openid-configuration$", status=503, times=None
    )
    try:
        answer = client.post("/sign-out", {"microsoft": "1"})
    finally:
        company.simulator.reset()
    assert answer["Location"] == "/t/contoso/sign-in"
    assert not has_session(client)


def test_next_is_kept_when_one_signs_out(company: Company) -> None:
    client = entered(company)

    assert client.post("/sign-out", {"next": "/phone/"})["Location"] == (
        "/t/contoso/sign-in?next=%2Fphone%2F"
    )
    assert client.get("/sign-out?next=/phone/")["Location"] == "/sign-in?next=%2Fphone%2F"


def test_who_is_in_and_opens_the_callback_by_hand_is_led_on(company: Company) -> None:
    assert entered(company).get("/ms365/callback")["Location"] == "/"


def test_microsoft_ends_the_sessions_of_its_own_session(company: Company) -> None:
    first, second = entered(company, sid=SID), entered(company, sid=SID.replace("1", "2"))
    elsewhere = company.browser()

    answer = elsewhere.get(LOGOUT, {"sid": SID, "iss": issuer(company)})

    assert answer.status_code == 200
    assert answer.content == b""
    assert answer["Cache-Control"] == "no-store"
    assert not is_in(first)
    assert is_in(second)


def test_the_page_may_be_framed_by_the_login_host_of_that_cloud_alone(company: Company) -> None:
    def policy(**query: str) -> str:
        return str(company.browser().get(LOGOUT, query)["Content-Security-Policy"])

    framed = policy(sid=SID, iss=issuer(company))
    assert framed == f"default-src 'none'; frame-ancestors {company.simulator.login}"
    assert policy().endswith("frame-ancestors 'none'")
    assert policy(sid=SID, iss="https://evil.example/v2.0").endswith("frame-ancestors 'none'")


def test_without_the_right_session_and_issuer_nothing_ends(
    company: Company, other: Company
) -> None:
    client = entered(company, sid=SID)
    evil = issuer(company).replace("https://", "https://evil.example/")
    for query in (
        {},
        {"sid": SID},
        {"iss": issuer(company)},
        {"sid": SID, "iss": issuer(other)},
        {"sid": SID, "iss": evil},
        {"sid": SID.upper(), "iss": issuer(company)},
        {"sid": "", "iss": issuer(company)},
        {"sid": "\0", "iss": issuer(company)},
        {"sid": "x" * 5000, "iss": issuer(company)},
        {"sid": SID, "iss": "x" * 5000},
    ):
        answer = client.get(LOGOUT, query)
        assert (answer.status_code, answer.content) == (200, b""), query
        assert is_in(client), query
    assert client.post(LOGOUT, {"sid": SID, "iss": issuer(company)}).status_code == 405
    assert is_in(client)


def test_the_hint_for_microsoft_is_kept_where_only_that_browser_opens_it(company: Company) -> None:
    client = entered(company)
    hint = asked(sent_to(client.post("/sign-out", {"microsoft": "1"})))["logout_hint"]
    entered(company)
    with psycopg.connect(company.machine.conninfo) as connection:
        rows = connection.execute("SELECT s::text FROM accounts_session s").fetchall()
    assert rows
    assert not any(hint in text or hint.encode().hex() in text for (text,) in rows)
