"""Who may read /metrics."""

import pytest

from rollcall.health.access import FORWARDED, refuse_reader

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_answered_without_a_token(peer: str) -> None:
    assert refuse_reader({"REMOTE_ADDR": peer}, token=None) is None


@pytest.mark.parametrize(
    "peer", ["192.0.2.1", "::ffff:192.0.2.1", "fe80::1", "", "localhost", "unix:"]
)
def test_nobody_else_is_answered_without_a_token(peer: str) -> None:
    refused = refuse_reader({"REMOTE_ADDR": peer}, token=None)

    assert refused is not None
    assert refused.status == 403


@pytest.mark.parametrize("header", FORWARDED)
def test_a_header_of_a_proxy_makes_the_peer_unknown_even_when_it_is_empty(header: str) -> None:
    refused = refuse_reader({"REMOTE_ADDR": "127.0.0.1", header: ""}, token=None)

    assert refused is not None
    assert refused.status == 403


def test_the_token_is_what_counts_where_there_is_one() -> None:
    def status(word: str) -> int:
        meta = {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": word}
        refused = refuse_reader(meta, token=TOKEN)
        return refused.status if refused else 200

    assert status(f"Bearer {TOKEN}") == status(f"BEARER   {TOKEN} ") == 200
    for word in ("", "Bearer", TOKEN, f"Token {TOKEN}", f"Bearer {TOKEN[1:]}", f"Bearer{TOKEN}"):
        assert status(word) == 401


def test_without_a_header_the_token_was_not_given() -> None:
    refused = refuse_reader({"REMOTE_ADDR": "127.0.0.1"}, token=TOKEN)

    assert refused is not None
    assert refused.status == 401
