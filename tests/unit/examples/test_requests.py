"""What we send has the shape of what Microsoft documents, and of what Microsoft's clients send."""

import base64
import json
import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from rollcall.core.ports import BookReading, BookRequest, UserPage, UsersDone
from rollcall.core.records import Cursor, Removal, SourceId, UserRecord
from rollcall.providers.m365.wire import CONTACT_FIELDS, USER_FIELDS
from tests.needs import shared_contracts
from tests.unit.examples.documented import Example, read_examples
from tests.unit.examples.replay import ROOT, Noted, open_replay

PERSON = SourceId("87d349ed-44d7-43e1-9a83-5f2406dee5bd")
EMPTY = b'{"value": []}'
DELTA_LINK = f"{ROOT}/users/x/contactFolders/y/contacts/delta?$deltatoken=t"
EMPTY_ROUND = json.dumps({"value": [], "@odata.deltaLink": DELTA_LINK}).encode()
COLLECTIONS = {"users", "contactFolders", "childFolders", "contacts", "photos", "groups"}
WELL_KNOWN = {"delta", "$value", "$count"}


@pytest.fixture(scope="session")
def contracts() -> Path:
    """Where the contracts of Microsoft are."""
    return shared_contracts("microsoft")


@pytest.fixture(scope="session")
def examples(contracts: Path) -> dict[str, Example]:
    """All examples, by number."""
    return {each.file[:3]: each for each in read_examples(contracts / "examples")}


@pytest.fixture(scope="session")
def captures(contracts: Path) -> dict[str, Any]:
    """What Microsoft's own clients were seen to send, of all kinds."""
    folder = contracts / "client-captures"
    return {
        name: what
        for file in sorted(folder.glob("*.json"))
        for name, what in json.loads(file.read_text()).items()
    }


def _shape(method: str, target: str) -> str:
    """Return a request's shape: /me is a person, ids are {}, the names of options stay."""
    parts = urlsplit(target)
    path = re.sub(r"^/(v1\.0|beta)(?=/)", "", parts.path).replace("delta()", "delta")
    path = re.sub(r"^/me(?=/|$)", "/users/{}", path)
    shape: list[str] = []
    for segment in path.strip("/").split("/"):
        is_id = bool(shape) and shape[-1] in COLLECTIONS and segment not in WELL_KNOWN
        shape.append("{}" if is_id else segment)
    return f"{method} /{'/'.join(shape)}"


def _documented(examples: dict[str, Example], captures: dict[str, Any]) -> set[str]:
    """Return the shapes of all requests of the examples, of batches, and of the clients."""
    shapes = {_shape(each.header.method or "", each.header.url or "") for each in examples.values()}
    for each in examples.values():
        for item in (each.asked or {}).get("requests", ()) if _is_batch(each) else ():
            shapes.add(_shape(item["method"], item["url"]))
    return shapes | {
        _shape(request["method"], request["target"])
        for requests in captures.values()
        if isinstance(requests, list)
        for request in requests
    }


def _is_batch(example: Example) -> bool:
    return bool(example.sent) and isinstance(example.asked, dict) and "requests" in example.asked


def _answer_nobody(path: str) -> bytes:
    """Answer as a directory with one person who has nothing."""
    if "/contacts/delta" in path:
        return EMPTY_ROUND
    if "/contactFolders?" in path:
        return b'{"value": [{"id": "f1", "displayName": "Customers"}]}'
    if "contactFolders" in path:
        return EMPTY
    if "/mailboxSettings" in path:
        return b'{"value": "user"}'
    if path.endswith("/photo"):
        return b'{"id": "648x648", "width": 648, "height": 648, "@odata.mediaEtag": "t"}'
    if "/users?" in path:
        return EMPTY
    return b""


async def _send_all() -> Noted:
    """Have the adapter send one request of each kind; return what it sent."""

    async def mailboxes() -> AsyncGenerator[BookRequest]:
        yield BookRequest(book_id=1, mailbox=PERSON, subfolders=True)

    async with open_replay(_answer_nobody) as (source, noted):
        assert [each async for each in source.reread_users([PERSON])]
        assert not await source.find_users(["somebody@contoso.example"])
        assert [each async for each in source.read_tags([PERSON])]
        assert [each async for each in source.read_photos([PERSON])]
        assert [each async for each in source.read_purposes([PERSON])]
        (reading,) = [each async for each in source.read_books(mailboxes())]
    assert isinstance(reading, BookReading)
    return noted


async def test_everything_that_is_asked_in_batches_has_a_documented_shape(
    examples: dict[str, Example], captures: dict[str, Any]
) -> None:
    noted = await _send_all()

    sent = {_shape("GET", path) for path, _ in noted.items}
    assert sent == {
        "GET /users",
        "GET /users/{}",
        "GET /users/{}/photo",
        "GET /users/{}/photo/$value",
        "GET /users/{}/photos/{}/$value",
        "GET /users/{}/mailboxSettings/userPurpose",
        "GET /users/{}/contactFolders",
        "GET /users/{}/contactFolders/{}/childFolders",
        "GET /users/{}/contactFolders/{}/contacts/delta",
    }
    assert sent - _documented(examples, captures) == set()


async def test_what_is_asked_for_are_properties_that_the_resources_have(
    examples: dict[str, Example],
) -> None:
    noted = await _send_all()

    asked = {
        (_shape("GET", path), name)
        for path, _ in noted.items
        for name in parse_qs(urlsplit(path).query).get("$select", [""])[0].split(",")
        if name
    }
    assert {name for shape, name in asked if shape == "GET /users/{}"} == set(USER_FIELDS)
    assert {name for shape, name in asked if shape.endswith("/delta")} == set(CONTACT_FIELDS)
    assert set(USER_FIELDS) <= set(examples["223"].plain)
    assert set(CONTACT_FIELDS) <= set(examples["221"].plain)
    folders = {name for shape, name in asked if shape.lower().endswith("folders")}
    assert folders <= set(examples["222"].plain)


async def test_contacts_are_asked_for_by_immutable_ids_as_microsofts_client_does(
    captures: dict[str, Any],
) -> None:
    noted = await _send_all()

    theirs = captures["contacts_delta"][0]["headers"]["prefer"]
    ours = {headers.get("Prefer", "") for path, headers in noted.items if "contactFolders" in path}
    assert ours
    assert all(each.startswith('IdType="ImmutableId"') for each in ours)
    assert re.sub(r"\d+", "N", theirs) in {re.sub(r"\d+", "N", each) for each in ours}


async def test_a_batch_is_written_like_the_documented_ones(examples: dict[str, Example]) -> None:
    noted = await _send_all()

    batches = [each for each in noted.requests if each.url.endswith("/$batch")]
    documented = examples["302"].asked["requests"][0]
    assert batches
    for batch in batches:
        assert (batch.method, batch.url) == ("POST", f"{ROOT}/$batch")
        assert batch.headers["Content-Type"] == "application/json"
        for item in json.loads(batch.body or b"")["requests"]:
            assert set(item) == {*documented, "headers"}
            assert item["url"].startswith("/users")
            assert item["id"].isdigit()


async def test_a_documented_round_of_people_is_read_from_its_first_page_to_its_delta_link(
    examples: dict[str, Example],
) -> None:
    pages = iter([examples[number] for number in ("129", "130", "131")])
    asked: list[str] = []

    def answer(path: str) -> bytes:
        asked.append(path)
        return next(pages).body

    async with open_replay(answer) as (source, noted):
        events = [each async for each in source.read_users(since=None)]

    links = [examples[number].plain["@odata.nextLink"] for number in ("129", "130")]
    seen = [each for page in events if isinstance(page, UserPage) for each in page.sightings]
    wanted = [each for number in ("129", "130", "131") for each in _objects(examples[number])]
    assert [request.url for request in noted.requests[1:]] == links
    assert [each.source_id for each in seen] == [each["id"] for each in wanted]
    assert events[-1] == UsersDone(
        Cursor(examples["131"].plain["@odata.deltaLink"], source.users_shape)
    )
    assert asked[0].startswith("/users/delta?$select=")


async def test_a_documented_night_is_read_since_its_delta_link(
    examples: dict[str, Example],
) -> None:
    night = examples["132"]
    cursor = Cursor(str(night.header.url), "any")

    async with open_replay(lambda _: night.body) as (source, noted):
        page, _ = [each async for each in source.read_users(since=cursor)]

    assert isinstance(page, UserPage)
    plain = {each["id"]: each for each in _objects(night)}
    assert noted.requests[0].url == cursor.value
    assert {each.source_id for each in page.sightings if isinstance(each, Removal)} == {
        each for each, what in plain.items() if "@removed" in what
    }
    assert {
        each.source_id: each.display_name for each in page.sightings if isinstance(each, UserRecord)
    } == {each: what["displayName"] for each, what in plain.items() if "@removed" not in what}


async def test_a_token_is_asked_for_with_the_documented_form_and_statement(
    examples: dict[str, Example], captures: dict[str, Any]
) -> None:
    documented = examples["316"]

    async with open_replay(lambda _: documented.body, fresh=True) as (source, noted):
        token = await source.tokens.token()

    (request,) = noted.requests
    form = dict(parse_qsl(str((request.body or b"").decode())))
    theirs = captures["msal_global_public_certificate"][1]
    assert token == documented.plain["access_token"]
    assert set(form) == set(dict(parse_qsl(documented.asked)))
    assert {name: form[name] for name in ("grant_type", "scope", "client_assertion_type")} == {
        name: theirs["form"][name] for name in ("grant_type", "scope", "client_assertion_type")
    }
    header, claims = _statement(form["client_assertion"])
    wanted = examples["331"].plain
    assert (header["alg"], set(header)) == (wanted["header"]["alg"], set(wanted["header"]))
    assert set(claims) == set(wanted["claims"]) | {"iat"}
    assert set(theirs["assertion_claims"]) <= set(claims)
    assert claims["aud"] == request.url == _url_of(theirs)


def _statement(assertion: str) -> Iterator[dict[str, Any]]:
    for part in assertion.split(".")[:2]:
        yield json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _url_of(capture: dict[str, Any]) -> str:
    return f"https://{capture['headers']['X-Orig-Host']}{capture['target']}"


def _objects(example: Example) -> list[dict[str, Any]]:
    return list(example.plain["value"])
