"""Who may read /metrics."""

import socket

import pytest

from tests.integration.web.conftest import TOKEN
from tests.integration.web.server import Web
from tests.needs import need

FORWARDED = (
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-Forwarded-For", ""),
    ("X-Forwarded-For", "\xff"),
    ("x_forwarded_for", "::1"),
    ("Forwarded", "for=127.0.0.1"),
    ("X-Real-IP", "127.0.0.1"),
    ("X-Forwarded-Proto", "https"),
    ("Via", "1.1 proxy"),
)


@pytest.fixture(scope="module")
def outside() -> str:
    """An address of this machine that is not its loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses a way out
        except OSError:
            need(present=False, what="an address besides 127.0.0.1")
        return str(probe.getsockname()[0])


def test_this_machine_is_answered_without_a_token(web: Web) -> None:
    answer = web.ask("/metrics")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'rollcall_build_info{version="' in answer.body
    assert "rollcall_database_up 1.0" in answer.body


@pytest.mark.parametrize(("name", "value"), FORWARDED)
def test_who_comes_through_a_proxy_is_not_this_machine(web: Web, name: str, value: str) -> None:
    answer = web.ask("/metrics", headers={name: value})

    assert answer.status == 403
    assert "ROLLCALL_METRICS_TOKEN" in answer.body


def test_another_machine_is_not_answered_without_a_token(web: Web, outside: str) -> None:
    assert web.ask("/metrics", host=outside).status == 403
    assert web.ask("/healthz", host=outside).status == 200


def test_the_token_opens_the_page_from_anywhere(guarded: Web, outside: str) -> None:
    for word in (f"Bearer {TOKEN}", f"bearer  {TOKEN}"):
        headers = {"Authorization": word, "X-Forwarded-For": "192.0.2.7"}
        assert guarded.ask("/metrics", headers=headers, host=outside).status == 200


@pytest.mark.parametrize(
    "word", ["", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xe9"]
)
def test_without_the_right_token_nobody_is_answered(guarded: Web, word: str) -> None:
    answer = guarded.ask("/metrics", headers={"Authorization": word} if word else {})

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in answer.body


def test_without_https_nobody_is_told_to_insist_on_it(guarded: Web) -> None:
    assert "strict-transport-security" not in guarded.ask("/healthz").headers


def test_without_https_there_is_no_certificate_to_tell_of(guarded: Web) -> None:
    page = guarded.ask("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).body

    assert "rollcall_web_certificate_days" not in page
    assert "rollcall_database_up 1.0" in page
