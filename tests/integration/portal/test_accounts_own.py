"""One's own account: name, password, second factor, sessions."""

import re

import pyotp
import pytest
from django.test import Client

from rollcall.accounts.factor_operations import factor_of_account
from rollcall.accounts.sessions import begin_session
from rollcall.portal.browsers import browser_name
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.arrival import (
    ELSE,
    EMAIL,
    PASSWORD,
    SECRET,
    audited,
    cookie_of,
    give_device,
    hidden_value,
    is_in,
    new_account,
    new_tenant,
    present_code,
    secret_in,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def account(nobody: Client) -> int:
    """A user's account."""
    return new_account(tenant_id=new_tenant().id)


@pytest.fixture
def user(nobody: Client, machine: Machine, account: int) -> Client:
    """Its owner, signed in."""
    client = make_client(machine, HTTP_USER_AGENT=FIREFOX)
    sign_in_by(client)
    return client


def test_a_name_is_changed_and_kept_in_one_line(user: Client, conninfo: str) -> None:
    name = "عبد الله‎ <script> " + "n" * 150

    assert user.post("/account/name", {"name": f"  {name}\r\nx "})["Location"] == "/account/"

    page = user.get("/account/").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script> nnn" not in page
    assert len(audited(conninfo, "account.renamed")) == 1
    too_long = user.post("/account/name", {"name": "n" * 201})
    assert too_long.status_code == 200
    assert "at most 200 characters" in too_long.content.decode()
    nul = user.post("/account/name", {"name": "a\0b"})
    assert "Null characters are not allowed" in nul.content.decode()


def test_another_password_asks_for_the_present_one_and_ends_other_sessions(
    user: Client, nobody: Client, conninfo: str
) -> None:
    sign_in_by(nobody)
    before = cookie_of(user)
    new = {"password": ELSE, "again": ELSE}

    wrong = user.post("/account/password", {"present": "not this one", **new})
    assert "This is not your password" in wrong.content.decode()
    for weak, sentence in (
        ("short", "at least 12 characters"),
        ("aaaabbbbaaaabbbb", "repeats a few characters"),
        ("qwertyuiop12", "tried first"),
        (f"{EMAIL}", "too close to the mail address"),
    ):
        given = {"present": PASSWORD, "password": weak, "again": weak}
        assert sentence in user.post("/account/password", given).content.decode(), weak
    assert is_in(nobody)
    assert user.post("/account/password", {"present": PASSWORD, **new})["Location"] == "/account/"
    assert is_in(user)
    assert not is_in(nobody)
    assert cookie_of(user) != before
    assert sign_in_by(nobody) == ""
    assert sign_in_by(nobody, password=ELSE) == "/"
    assert ELSE not in str(audited(conninfo, "account.password_set"))


def test_the_present_password_cannot_be_guessed_in_an_open_session(user: Client) -> None:
    given = {"present": "wrong", "password": ELSE, "again": ELSE}

    for _ in range(10):
        user.post("/account/password", given)
    page = user.post("/account/password", {**given, "present": PASSWORD}).content.decode()

    assert "too many attempts" in page


def test_a_user_sets_up_replaces_and_removes_a_second_factor(
    user: Client, account: int, conninfo: str
) -> None:
    page = user.get("/account/second-factor").content.decode()
    secret, device = secret_in(page), hidden_value(page, "device")
    code = pyotp.TOTP(secret).now()

    refused = user.post("/account/second-factor", {"device": device, "code": code, "present": "x"})
    assert "This is not your password" in refused.content.decode()
    assert not factor_of_account(account).on
    given = {"device": device, "code": code, "present": PASSWORD}
    codes = user.post("/account/second-factor", given).content.decode()
    assert codes.count("<li><code>") == 10
    assert "10 recovery codes are left" in user.get("/account/").content.decode()
    other = user.get("/account/second-factor").content.decode()
    assert secret_in(other) != secret
    assert "takes the place of the device before" in other
    new = user.post("/account/recovery-codes", {"present": PASSWORD}).content.decode()
    assert set(re.findall(r"<li><code>(\S+)</code>", new)).isdisjoint(
        re.findall(r"<li><code>(\S+)</code>", codes)
    )
    assert "This is not your password" in (
        user.post("/account/second-factor/remove", {"present": "x"}).content.decode()
    )
    removed = user.post("/account/second-factor/remove", {"present": PASSWORD})
    assert removed["Location"] == "/account/"
    assert not factor_of_account(account).on
    assert len(audited(conninfo, "account.second_factor_removed")) == 1
    assert user.get("/account/recovery-codes").status_code == 302


def test_an_administrator_cannot_do_without_a_second_factor(
    nobody: Client, machine: Machine
) -> None:
    account = new_account("system")
    give_device(machine, account)
    sign_in_by(nobody)
    nobody.post("/sign-in/second-factor", {"code": present_code(SECRET)})

    assert "/account/second-factor/remove" not in nobody.get("/account/").content.decode()
    nobody.post("/account/second-factor/remove", {"present": PASSWORD})
    assert factor_of_account(account).on


def test_sessions_are_listed_in_plain_words_and_ended(
    user: Client, nobody: Client, machine: Machine, account: int
) -> None:
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    other = make_client(machine, HTTP_USER_AGENT=phone, REMOTE_ADDR="2001:db8::7")
    sign_in_by(other)
    sign_in_by(nobody)

    page = user.get("/account/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "2001:db8::7" in page
    assert page.count("this one") == 1
    ends = dict(re.findall(r'action="(\S+/end)".*?hidden"> ([^<]*)<', page))
    path = next(path for path, browser in ends.items() if browser == "Safari on iPhone")
    stranger = new_account(tenant_id=new_tenant("other").id, email="eve@rollcall.example")
    eve = make_client(machine, begin_session(stranger, now=utc_now()))
    assert eve.post(path).status_code == 404, "nobody ends another's session"
    assert user.post(path)["Location"] == "/account/"
    assert not is_in(other)
    assert user.post(path).status_code == 404
    user.post("/account/sessions/end-others")
    assert not is_in(nobody)
    assert is_in(user)
    assert is_in(eve)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.0", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_named_in_plain_words(agent: str, words: str) -> None:
    assert browser_name(agent) == words
