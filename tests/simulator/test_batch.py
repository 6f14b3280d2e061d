"""$batch: its shape, its order, its limits, and what does not belong into one."""

from typing import Any

import pytest

from tests.simulator.control import Directory
from tests.simulator.graph import Client


def get(item_id: str, url: str, **more: object) -> dict[str, object]:
    return {"id": item_id, "method": "GET", "url": url, **more}


@pytest.fixture
def people(directory: Directory) -> list[str]:
    """The ids of those who have a mailbox."""
    return [one.id for one in directory.users() if one.mailbox == "user"]


def test_items_are_answered_each_for_itself(client: Client, people: list[str]) -> None:
    found = client.batch(
        get("a", f"/users/{people[0]}?$select=id"),
        get("b", "/users/nobody"),
        get("c", f"users/{people[1]}/contacts?$top=1&$select=displayName"),
        get("d", "/nonsense"),
        get("e", "/users/$count", headers={"ConsistencyLevel": "eventual"}),
        {"id": "f", "method": "DELETE", "url": f"/users/{people[0]}"},
    )
    statuses = {name: one["status"] for name, one in found.items()}
    assert statuses == {"a": 200, "b": 404, "c": 200, "d": 400, "e": 200, "f": 405}
    assert found["a"]["body"]["id"] == people[0]
    assert found["a"]["headers"]["x-ms-resource-unit"] == "1"
    assert found["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert found["c"]["body"]["@odata.nextLink"].startswith(client.simulator.graph)
    assert isinstance(found["e"]["body"], int)


def test_answers_come_in_another_order_and_always_the_same(
    client: Client, people: list[str]
) -> None:
    items = [get(str(number), f"/users/{who}?$select=id") for number, who in enumerate(people[:20])]
    orders = []
    for _ in range(2):
        answer = client.post("/$batch", {"requests": items})
        orders.append([one["id"] for one in answer.json["responses"]])
    assert orders[0] == orders[1] != [item["id"] for item in items]
    assert sorted(orders[0], key=int) == [item["id"] for item in items]


def test_items_have_headers_of_their_own(
    client: Client, directory: Directory, people: list[str]
) -> None:
    contact = directory.mailbox(people[0]).contacts[0]
    url = f"/users/{people[0]}/contacts?$top=1&$select=id"
    found = client.batch(
        get("default", url), get("immutable", url, headers={"Prefer": 'IdType="ImmutableId"'})
    )
    assert found["default"]["body"]["value"][0]["id"] == contact.id
    assert found["immutable"]["body"]["value"][0]["id"] == contact.immutable_id


def test_absolute_urls_of_this_service_are_understood(client: Client, people: list[str]) -> None:
    base = f"{client.simulator.graph}/v1.0"
    found = client.batch(
        get("own", f"{base}/users/{people[0]}"),
        get("foreign", f"https://graph.attacker.example/v1.0/users/{people[0]}"),
        get("version", f"/v1.0/users/{people[0]}"),
    )
    assert {name: one["status"] for name, one in found.items()} == {
        "own": 200,
        "foreign": 400,
        "version": 400,
    }


BROKEN: list[Any] = [
    {"requests": []},
    {"requests": [get(str(number), "/users") for number in range(21)]},
    {"requests": [get("a", "/users"), get("A", "/users")]},
    {"requests": [{"method": "GET", "url": "/users"}]},
    {"requests": [{"id": "1", "method": "GET"}]},
    {"requests": [{"id": 1, "method": "GET", "url": "/users"}]},
    {"requests": [get("1", "/users", method="FETCH")]},
    {"requests": [get("1", "/$batch", method="POST", body={"requests": []})]},
    {"requests": [get("1", "/users", body={"x": 1})]},
    {"requests": [get("1", "/users", dependsOn=["2"])]},
    {
        "requests": [
            get("1", "/users", dependsOn=["2"]),
            get("2", "/users", dependsOn=["1"]),
        ]
    },
    [],
    b"{",
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_a_malformed_batch_is_refused_as_a_whole(client: Client, body: object) -> None:
    answer = client.post("/$batch", body)
    assert (answer.status, answer.code) == (400, "BadRequest")


def test_a_batch_is_posted(client: Client) -> None:
    assert client.get("/$batch").status == 405


def test_what_depends_on_a_failure_fails(client: Client, people: list[str]) -> None:
    found = client.batch(
        get("1", "/users/nobody"),
        get("2", f"/users/{people[0]}", dependsOn=["1"]),
        get("3", f"/users/{people[0]}", dependsOn=["2"]),
        get("4", f"/users/{people[1]}"),
        get("5", f"/users/{people[1]}", dependsOn=["4"]),
    )
    statuses = {name: one["status"] for name, one in found.items()}
    assert statuses == {"1": 404, "2": 424, "3": 424, "4": 200, "5": 200}


def test_outlook_takes_four_items_for_one_mailbox(client: Client, people: list[str]) -> None:
    one, other = people[:2]
    items = [get(str(number), f"/users/{one}/contacts?$top=1") for number in range(6)]
    items += [get("other", f"/users/{other}/photo"), get("user", f"/users/{one}")]
    found = client.batch(*items)
    throttled = [name for name, answer in found.items() if answer["status"] == 429]
    assert sorted(throttled) == ["4", "5"]
    assert found["4"]["headers"]["Retry-After"] == "10"
    assert found["4"]["body"]["error"]["code"] == "ApplicationThrottled"
    assert found["user"]["status"] == 200


def test_items_one_after_the_other_do_not_crowd_a_mailbox(
    client: Client, people: list[str]
) -> None:
    url = f"/users/{people[0]}/contacts?$top=1"
    chain = [get("0", url)]
    chain += [get(str(number), url, dependsOn=[str(number - 1)]) for number in range(1, 6)]
    found = client.batch(*chain)
    assert {answer["status"] for answer in found.values()} == {200}


def test_a_body_in_an_item(client: Client, directory: Directory, people: list[str]) -> None:
    contact = directory.mailbox(people[0]).contacts[0]
    body = {
        "inputIds": [contact.id],
        "sourceIdType": "restId",
        "targetIdType": "restImmutableEntryId",
    }
    found = client.batch(
        {
            "id": "1",
            "method": "POST",
            "url": f"/users/{people[0]}/translateExchangeIds",
            "headers": {"Content-Type": "application/json"},
            "body": body,
        }
    )
    assert found["1"]["body"]["value"][0]["targetId"] == contact.immutable_id


def test_the_log_knows_the_items(client: Client, people: list[str]) -> None:
    since = client.simulator.last_request()
    assert client.token
    headers = {"Prefer": "odata.maxpagesize=5"}
    client.batch(get("1", f"/users/{people[0]}/contacts", headers=headers), get("2", "/nonsense"))
    [seen] = client.simulator.requests(since=since, host="graph")
    assert (seen.method, seen.path, seen.status) == ("POST", "/v1.0/$batch", 200)
    assert seen.directory == client.application.directory_id
    assert [(one.id, one.status) for one in seen.items] == [("1", 200), ("2", 400)]
    assert seen.items[0].headers == {"prefer": "odata.maxpagesize=5"}
    assert "authorization" not in seen.headers
