"""21Vianet: no contact delta, and an issuer on another host than the one called."""

from collections.abc import Iterator

import pytest

from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Client, KeyPair
from tests.simulator.sign_in import Attempt, members

CHINA_SCOPE = "https://microsoftgraph.chinacloudapi.cn/.default"


@pytest.fixture(scope="module")
def china(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A simulator of the cloud operated by 21Vianet."""
    home = tmp_path_factory.mktemp("china")
    with Simulator.started(home, "people:10:3,folders=1", cloud="china") as simulator:
        yield simulator


@pytest.fixture
def client(china: Simulator, keys: KeyPair) -> Client:
    """A client of its directory."""
    application = china.directories[0].applications[0]
    application.upload(keys.pem)
    client = Client(china, application, keys)
    client.__dict__["token"] = client.ask_token(scope=CHINA_SCOPE).json["access_token"]
    return client


@pytest.fixture
def directory(china: Simulator) -> Directory:
    """Its directory."""
    return china.directories[0]


def test_the_issuer_is_the_documented_host_whichever_was_called(
    client: Client, directory: Directory
) -> None:
    tenant = directory.directory_id
    url = f"{client.simulator.login}/{tenant}/v2.0/.well-known/openid-configuration"
    document = client.call("GET", url, {}).json
    assert document["issuer"] == f"https://login.partner.microsoftonline.cn/{tenant}/v2.0"
    assert document["token_endpoint"].startswith(client.simulator.login)
    assert document["cloud_instance_name"] == "partner.microsoftonline.cn"


def test_an_id_token_names_the_documented_host_too(client: Client, directory: Directory) -> None:
    attempt = Attempt(client)
    client.application.register(attempt.redirect_uri)

    claims = attempt.claims(members(directory)[0].id)

    tenant = directory.directory_id
    assert claims["iss"] == f"https://login.partner.microsoftonline.cn/{tenant}/v2.0"


def test_tokens_of_the_cloud_s_own_scope_only(client: Client) -> None:
    assert client.ask_token(scope=CHINA_SCOPE).status == 200
    refused = client.ask_token(scope="https://graph.microsoft.com/.default")
    assert refused.json["error_codes"] == [500011]


@pytest.mark.parametrize("status", [400, 404, 501])
def test_contacts_have_no_delta_there(client: Client, directory: Directory, status: int) -> None:
    client.simulator.set(delta_unsupported_status=status)
    who = directory.users()[0].id
    for path in ("contactFolders/contacts/contacts/delta", "contactFolders/delta"):
        assert client.get(f"/users/{who}/{path}").status == status
    assert client.get(f"/users/{who}/contacts").status == 200
    assert client.get(f"/users/{who}/contactFolders").status == 200
    assert client.get("/users/delta").status == 200
    client.simulator.reset()


def test_what_else_is_missing_there(client: Client, directory: Directory) -> None:
    who = directory.users()[0].id
    assert client.get(f"/users/{who}/settings/exchange").status == 400
    assert client.get(f"/users/{who}/contacts?$select=primaryEmailAddress").status == 400
    [contact] = client.get(f"/users/{who}/contacts?$top=1").json["value"]
    assert "primaryEmailAddress" not in contact
    body = {"inputIds": [], "sourceIdType": "restId", "targetIdType": "restImmutableEntryId"}
    assert client.post(f"/users/{who}/translateExchangeIds", body).status == 200
