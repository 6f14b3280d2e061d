"""Signing out of the simulator: of which account, who hears of it, where the browser goes."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.simulator.control import Directory
from tests.simulator.graph import Client
from tests.simulator.sign_in import CALLBACK, Attempt, Browser, Page, payload_of

LOGOUT = "https://pbx.example.com/ms365/logout"


@pytest.fixture
def attempt(client: Client) -> Attempt:
    """An attempt of an application that asks for the hint."""
    client.application.register(CALLBACK, optional_claims=["login_hint"])
    return Attempt(client)


@pytest.fixture
def names(directory: Directory) -> list[str]:
    """Two people who may sign in."""
    return [
        str(one.properties["userPrincipalName"])
        for one in directory.users()
        if one.properties["userType"] == "Member" and one.properties["accountEnabled"]
    ][:2]


def hint_and_session(attempt: Attempt, page: Page) -> tuple[str, str]:
    claims = payload_of(attempt.redeem(page.told["code"]).json["id_token"])
    return claims["login_hint"], claims["sid"]


def leave(browser: Browser, attempt: Attempt, **query: str) -> Page:
    login, tenant = attempt.client.simulator.login, attempt.client.application.directory_id
    return browser.open(f"{login}/{tenant}/oauth2/v2.0/logout?{urlencode(query)}")


def is_signed_in(browser: Browser, attempt: Attempt, name: str) -> bool:
    return "code" in browser.open(attempt.url(prompt="none", login_hint=name)).told


def test_a_hint_signs_out_without_asking_and_leads_back(
    browser: Browser, attempt: Attempt, names: list[str]
) -> None:
    hint, _ = hint_and_session(attempt, browser.sign_in(attempt, names[0]))
    browser.sign_in(attempt, names[1])

    back = leave(browser, attempt, logout_hint=hint, post_logout_redirect_uri=CALLBACK)

    assert (back.status, back.location) == (302, CALLBACK)
    assert not is_signed_in(browser, attempt, names[0])
    assert is_signed_in(browser, attempt, names[1])


def test_without_a_hint_somebody_is_asked(
    browser: Browser, attempt: Attempt, directory: Directory, names: list[str]
) -> None:
    browser.sign_in(attempt, names[0])

    page = leave(browser, attempt, post_logout_redirect_uri=CALLBACK, state="x&y")
    assert page.title == "Pick an account"
    assert "Which account do you want to sign out of?" in page.text
    assert is_signed_in(browser, attempt, names[0])
    back = browser.press(page, account=directory.user(names[0]).id)

    assert back.location == f"{CALLBACK}?state=x%26y"
    assert not is_signed_in(browser, attempt, names[0])


def test_the_applications_hear_of_it(
    browser: Browser, attempt: Attempt, directory: Directory, names: list[str]
) -> None:
    attempt.client.application.register(CALLBACK, logout_url=LOGOUT, optional_claims=["login_hint"])
    other = directory.add_application("never used")
    other.register(CALLBACK, logout_url="https://other.example/logout")
    hint, sid = hint_and_session(attempt, browser.sign_in(attempt, names[0]))

    page = leave(browser, attempt, logout_hint=hint, post_logout_redirect_uri=CALLBACK)

    assert (page.status, page.title) == (200, "You signed out of your account")
    frames = re.findall(r'<iframe src="([^"]*)"', page.text)
    [called] = [urlsplit(html.unescape(one)) for one in frames]
    assert f"{called.scheme}://{called.netloc}{called.path}" == LOGOUT
    issuer = f"{attempt.client.simulator.login}/{directory.directory_id}/v2.0"
    assert parse_qs(called.query) == {"iss": [issuer], "sid": [sid]}
    assert f'http-equiv="refresh" content="1;url={CALLBACK}"' in page.text


@pytest.mark.parametrize("uri", ["https://evil.example/", CALLBACK + "/", ""])
def test_the_browser_is_sent_nowhere_else(
    browser: Browser, attempt: Attempt, names: list[str], uri: str
) -> None:
    hint, _ = hint_and_session(attempt, browser.sign_in(attempt, names[0]))

    page = leave(browser, attempt, logout_hint=hint, post_logout_redirect_uri=uri)

    assert (page.status, page.location) == (200, "")
    assert page.title == "You signed out of your account"
    assert "evil.example" not in page.text
    assert not is_signed_in(browser, attempt, names[0])


def test_a_principal_name_is_no_hint(browser: Browser, attempt: Attempt, names: list[str]) -> None:
    browser.sign_in(attempt, names[0])

    asked = leave(browser, attempt, logout_hint=names[0])

    assert asked.title == "Pick an account"
    assert is_signed_in(browser, attempt, names[0])


def test_it_can_be_asked_by_post_and_where_nobody_is_signed_in(
    browser: Browser, attempt: Attempt
) -> None:
    login, tenant = attempt.client.simulator.login, attempt.client.application.directory_id

    back = browser.send(
        f"{login}/{tenant}/oauth2/v2.0/logout", {"post_logout_redirect_uri": CALLBACK}
    )

    assert back.location == CALLBACK
    assert leave(browser, attempt).title == "You signed out of your account"
