"""Users as lists and one by one: paging, filters, search, and what Graph refuses."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.graph import Client


def names(client: Client, query: str, **headers: str) -> list[str]:
    answer = client.get(f"/users?$select=displayName&{query}", **headers)
    assert answer.status == 200, answer.body
    return [record["displayName"] for record in answer.json["value"]]


@pytest.fixture
def three(simulator: Simulator, connect: Connect) -> Client:
    """A directory of three: Zoë O'Neil, Adam Ward (disabled), and Bea Wardle, a guest."""
    directory = simulator.add_directory("empty:three")
    directory.change(
        op(
            "add_user",
            set={
                "displayName": "Zoë O'Neil",
                "givenName": "Zoë",
                "surname": "O'Neil",
                "mail": "zoe@three.example",
                "userPrincipalName": "zoe@three.example",
                "otherMails": ["z@home.example"],
                "assignedLicenses": [
                    {"skuId": "184efa21-98c3-4e5d-95ab-d07053a96e67", "disabledPlans": []}
                ],
            },
        ),
        op("add_user", set={"displayName": "Adam Ward", "accountEnabled": False, "city": "Oslo"}),
        op(
            "add_user",
            set={
                "displayName": "Bea Wardle",
                "userType": "Guest",
                "userPrincipalName": "bea_home.example#EXT#@three.example",
            },
        ),
    )
    return connect(directory)


def test_a_list_writes_null_for_what_was_never_set(three: Client) -> None:
    answer = three.get("/users").json
    adam = next(one for one in answer["value"] if one["displayName"] == "Adam Ward")
    assert adam["mail"] is None
    assert adam["businessPhones"] == []
    assert "accountEnabled" not in adam


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName eq 'zoë o''neil'", ["Zoë O'Neil"]),
        ("startswith(displayName,'a')", ["Adam Ward"]),
        ("accountEnabled eq false", ["Adam Ward"]),
        ("userType eq 'Guest'", ["Bea Wardle"]),
        ("mail eq 'ZOE@three.example'", ["Zoë O'Neil"]),
        ("mail in ('x@y.z','zoe@three.example')", ["Zoë O'Neil"]),
        ("proxyAddresses/any(p:p eq 'smtp:zoe@three.example')", ["Zoë O'Neil"]),
        ("proxyAddresses/any(p:startswith(p,'SMTP:zoe'))", ["Zoë O'Neil"]),
        ("otherMails/any(m:m eq 'z@home.example')", ["Zoë O'Neil"]),
        (
            "assignedLicenses/any(x:x/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)",
            ["Zoë O'Neil"],
        ),
        ("accountEnabled eq true and userType eq 'Member'", ["Zoë O'Neil"]),
        ("accountEnabled eq false or (userType eq 'Guest')", ["Adam Ward", "Bea Wardle"]),
        ("userPrincipalName eq 'bea_home.example#EXT#@three.example'", ["Bea Wardle"]),
    ],
)
def test_filters_of_the_plain_index(three: Client, text: str, found: list[str]) -> None:
    assert names(three, f"$filter={quote(text)}") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mail ne 'zoe@three.example'", ["Adam Ward", "Bea Wardle"]),
        ("not(userType eq 'Guest')", ["Zoë O'Neil", "Adam Ward"]),
        ("endswith(mail,'three.example')", ["Zoë O'Neil"]),
        ("surname eq null", ["Adam Ward", "Bea Wardle"]),
        ("companyName eq 'x'", []),
        ("otherMails/$count eq 0", ["Adam Ward", "Bea Wardle"]),
    ],
)
def test_advanced_filters_need_header_and_count(three: Client, text: str, found: list[str]) -> None:
    query = f"$filter={quote(text)}"
    assert three.get(f"/users?{query}").code == "Request_UnsupportedQuery"
    assert three.get(f"/users?{query}", ConsistencyLevel="eventual").status == 400
    assert names(three, f"{query}&$count=true", ConsistencyLevel="eventual") == found


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ('"displayName:war"', ["Adam Ward", "Bea Wardle"]),
        ('"displayName:oneil"', []),
        ('"displayName:zoë"', ["Zoë O'Neil"]),
        ('"displayName:ward" AND "displayName:ad"', ["Adam Ward"]),
        ('"displayName:adam" OR "displayName:bea"', ["Adam Ward", "Bea Wardle"]),
        ('"displayName:bea ward"', ["Bea Wardle"]),
        ('"displayName:eil"', []),
        ('"displayName:o\'ne"', []),
        ('"surname:o\'ne"', ["Zoë O'Neil"]),
        ('"mail:zoe@th" OR "userPrincipalName:bea_"', ["Zoë O'Neil", "Bea Wardle"]),
        ('"mail:three.example"', []),
    ],
)
def test_search_finds_beginnings_of_words(three: Client, search: str, found: list[str]) -> None:
    query = f"$search={quote(search)}"
    assert names(three, query, ConsistencyLevel="eventual") == found
    refused = three.get(f"/users?{query}")
    assert refused.code == "Request_UnsupportedQuery"
    assert "ConsistencyLevel" in refused.json["error"]["message"]


def test_a_search_follows_what_changes(client: Client, directory: Directory) -> None:
    def found(words: str) -> list[str]:
        query = f"$search={quote(f'{chr(34)}displayName:{words}{chr(34)}')}"
        return names(client, query, ConsistencyLevel="eventual")

    who = directory.users()[3]
    assert found("zaphod") == []
    directory.change(op("update_user", user=who.id, set={"displayName": "Zaphod B"}))
    assert found("zaphod") == ["Zaphod B"]
    directory.change(op("add_user", set={"displayName": "Zaphod Two"}))
    assert found("zaphod") == ["Zaphod B", "Zaphod Two"]
    directory.change(op("delete_user", user=who.id))
    assert found("zaphod") == ["Zaphod Two"]


def test_order_and_count(three: Client) -> None:
    assert names(three, "$orderby=displayName") == ["Adam Ward", "Bea Wardle", "Zoë O'Neil"]
    assert names(three, "$orderby=displayName%20desc")[0] == "Zoë O'Neil"
    assert three.get("/users?$count=true").code == "Request_BadRequest"
    answer = three.get("/users?$count=true&$top=1", ConsistencyLevel="eventual").json
    assert answer["@odata.count"] == 3
    following = three.get(answer["@odata.nextLink"], ConsistencyLevel="eventual").json
    assert "@odata.count" not in following
    count = three.get("/users/$count", ConsistencyLevel="eventual")
    assert (count.body, count.headers["content-type"]) == (b"3", "text/plain")


def test_pages_follow_each_other_while_people_come_and_go(
    client: Client, directory: Directory
) -> None:
    before = [one.id for one in directory.users()]
    pages = client.pages("/users?$top=10&$select=id")
    seen = [record["id"] for record in next(pages)["value"]]
    directory.change(op("delete_user", user=seen[0]), op("add_user", set={"displayName": "New"}))
    for page in pages:
        seen += [record["id"] for record in page["value"]]
    assert seen[:-1] == before
    assert len(set(seen)) == len(seen) == len(before) + 1


def test_the_sizes_a_page_may_have(client: Client) -> None:
    assert client.get("/users?$top=999").status == 200
    for text in ("0", "1000", "x"):
        assert client.get(f"/users?$top={text}").code == "Request_BadRequest"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("$select=mailboxSettings", 400, "ExplicitTargetMailboxIdShouldNotBeNullOrWhiteSpace"),
        ("$select=skills", 501, "NotImplemented"),
        ("$select=nonsense", 400, "Request_BadRequest"),
        ("$skip=5", 400, "Request_BadRequest"),
        ("$expand=manager", 400, "Request_UnsupportedQuery"),
        ("select=id", 400, "Request_BadRequest"),
        ("$select=id&$select=mail", 400, "Request_BadRequest"),
        ("$filter=displayName", 400, "BadRequest"),
        ("$filter=nonsense%20eq%201", 400, "Request_BadRequest"),
        ("$orderby=mail", 400, "Request_UnsupportedQuery"),
        ("$skiptoken=zz", 400, "Directory_ExpiredPageToken"),
    ],
)
def test_what_a_list_refuses(client: Client, query: str, status: int, code: str) -> None:
    answer = client.get(f"/users?{query}")
    assert (answer.status, answer.code) == (status, code)


def test_one_user_by_id_and_by_principal_name(three: Client) -> None:
    for name in ("zoe@three.example", "ZOE@THREE.EXAMPLE"):
        found = three.get(f"/users/{name}?$select=givenName,userType").json
        assert found["givenName"] == "Zoë"
        assert three.get(f"/users/{found['id']}").json["surname"] == "O'Neil"
        assert three.get(f"/users('{name}')").json["id"] == found["id"]
    guest = quote("bea_home.example#EXT#@three.example", safe="@")
    assert three.get(f"/users/{guest}").json["displayName"] == "Bea Wardle"


def test_a_renamed_person_is_found_under_the_new_name_only(
    client: Client, directory: Directory
) -> None:
    who = directory.users()[3]
    old = who.properties["userPrincipalName"]
    assert client.get(f"/users/{old}").status == 200
    directory.change(op("update_user", user=who.id, set={"userPrincipalName": "new@x.example"}))
    assert client.get("/users/new@x.example").json["id"] == who.id
    assert client.get(f"/users/{old}").code == "Request_ResourceNotFound"


def test_the_recycle_bin(client: Client, directory: Directory) -> None:
    who = directory.users()[0].id
    directory.change(op("delete_user", user=who))
    path = "/directory/deletedItems/microsoft.graph.user"
    [record] = client.get(f"{path}?$select=displayName,deletedDateTime").json["value"]
    assert record["id"] == who
    assert record["deletedDateTime"].endswith("Z")
    directory.change(op("purge_user", user=who))
    assert client.get(path).json["value"] == []


def test_the_organization_is_told(client: Client, directory: Directory) -> None:
    [found] = client.get("/organization?$select=id,displayName,verifiedDomains").json["value"]
    assert found["id"] == directory.directory_id
    assert [one["name"] for one in found["verifiedDomains"]] == list(directory.info.domains)
    assert client.get(f"/organization/{directory.directory_id}").json["displayName"]
    assert client.get("/organization/elsewhere").status == 404


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nonsense", 400, "BadRequest"),
        ("/users/x/nonsense", 400, "BadRequest"),
        ("/directory", 400, "BadRequest"),
        ("/users/unknown@people40.example", 404, "Request_ResourceNotFound"),
    ],
)
def test_paths_that_lead_nowhere(client: Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status, answer.code) == (status, code)


def test_the_wrong_method_and_the_wrong_version(client: Client) -> None:
    assert client.post("/users", {}).status == 405
    beta = client.get(f"{client.simulator.graph}/beta/users")
    assert (beta.status, beta.code) == (404, "ResourceNotFound")


def test_every_answer_carries_microsoft_s_headers(client: Client) -> None:
    good = client.get("/users?$top=1", **{"client-request-id": "mine"})
    bad = client.get("/users/nobody", **{"client-request-id": "mine"})
    for answer in (good, bad):
        assert answer.headers["client-request-id"] == "mine"
        assert answer.headers["request-id"]
        assert "ServerInfo" in answer.headers["x-ms-ags-diagnostic"]
        assert "GMT" in answer.headers["date"]
    assert good.headers["odata-version"] == "4.0"
    assert good.headers["x-ms-resource-unit"] == "1"
    assert good.headers["content-type"] == (
        "application/json;odata.metadata=minimal;odata.streaming=true;"
        "IEEE754Compatible=false;charset=utf-8"
    )
    inner = bad.json["error"]["innerError"]
    assert inner["request-id"] == bad.headers["request-id"]
    assert inner["client-request-id"] == "mine"


def test_the_date_is_the_simulator_s_own(client: Client) -> None:
    assert client.token
    client.simulator.set_clock(1000)
    told = parsedate_to_datetime(client.get("/users/nobody").headers["date"])
    assert 900 < (told - datetime.now(UTC)).total_seconds() < 1100


def test_bodies_are_packed_for_those_who_take_gzip(client: Client) -> None:
    packed = client.get("/users", **{"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) < len(client.get("/users").body) / 2
