"""What the client lets out, and what an answer is; no test here sends anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollcall.core.errors import ContractError, SetupError
from rollcall.providers.http.client import (
    Answer,
    HttpClient,
    Outgoing,
    Request,
    open_client,
    trust_store,
)

ORIGINS = ("https://login.example", "https://graph.example:8443")


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with open_client(outgoing=Outgoing(), origins=ORIGINS, new_id=lambda: "id") as client:
        yield client


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example/directory/oauth2/v2.0/token",
        "https://login.example/v1.0/users/delta?$deltatoken=a%2Fb+c%20d",
        "https://graph.example:8443/v1.0/users?$filter=mail%20eq%20'a%2Bb'",
    ],
)
async def test_a_url_of_one_of_its_hosts_is_let_out_as_it_is(client: HttpClient, url: str) -> None:
    assert str(client.check_host(url)) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1.0/users",
        "http://login.example/",
        "https://login.example:444/",
        "https://graph.example/v1.0/users",
        "https://login.example.evil.example/",
        "https://login.example@evil.example/",
        "https://evil.example/https://login.example/",
    ],
)
async def test_a_url_of_another_host_is_not_let_out(client: HttpClient, url: str) -> None:
    with pytest.raises(ContractError, match="another host") as raised:
        await client.send(Request("GET", url))

    assert raised.value.code == "foreign-link"
    assert client.requests == 0


@pytest.mark.parametrize("url", ["", "/users/delta", "users", "https://", "https://[::1/"])
async def test_what_is_no_url_with_a_host_is_not_let_out(client: HttpClient, url: str) -> None:
    with pytest.raises(ContractError) as raised:
        client.check_host(url)

    assert raised.value.code in {"bad-link", "foreign-link"}


def answer(**headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=200, headers=named, body=b"", request_id="")


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("application/json;odata.metadata=minimal;charset=utf-8", True),
        ("Application/JSON", True),
        ("application/problem+json", True),
        ("text/html", False),
        ("", False),
    ],
)
def test_an_answer_is_json_when_it_says_so(content_type: str, *, is_json: bool) -> None:
    assert answer(content_type=content_type).is_json is is_json


def test_an_answer_knows_the_other_sides_clock() -> None:
    assert answer(date="Sun, 29 Mar 2026 00:00:09 GMT").date == datetime(
        2026, 3, 29, 0, 0, 9, tzinfo=UTC
    )
    assert answer(date="yesterday").date is None
    assert answer().date is None


def test_a_proxys_password_is_not_shown() -> None:
    assert "secret" not in repr(Outgoing(proxy="http://me:secret@proxy.example"))


def test_a_file_that_holds_no_authority_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate", encoding="utf-8")

    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(SetupError, match=str(path)) as raised:
            trust_store([path])
        assert raised.value.code == "bad-ca-file"
