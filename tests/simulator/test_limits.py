"""Microsoft's limits, enforced when asked: resource units of a directory, requests to a mailbox."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Client


@pytest.fixture
def owner(directory: Directory) -> str:
    """Somebody with a mailbox."""
    return next(one.id for one in directory.users() if one.mailbox == "user")


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/users", "2"),
        ("/users?$select=id", "1"),
        ("/users?$top=19", "1"),
        ("/users?$top=20", "2"),
        ("/users?$select=id&$top=5", "1"),
        ("/users/delta?$select=id", "1"),
        ("/groups/{group}/members", "3"),
        ("/groups/{group}/transitiveMembers", "5"),
        ("/groups/{group}/transitiveMembers?$select=id&$top=5", "3"),
        ("/organization", "1"),
    ],
)
def test_what_requests_cost(client: Client, directory: Directory, path: str, units: str) -> None:
    path = path.format(group=directory.groups()[0].id)
    assert client.get(path).headers["x-ms-resource-unit"] == units


def test_nothing_is_throttled_unless_asked(client: Client) -> None:
    client.simulator.set(limit_scale=0.0001)
    assert {client.get("/users").status for _ in range(5)} == {200}


def test_a_directory_warns_and_then_throttles(client: Client, directory: Directory) -> None:
    """40 people: 3,500 units in ten seconds; a thousandth of that is 3.5."""
    client.simulator.set(directory_limits=True, limit_scale=0.002)
    answers = [client.get("/users?$select=id") for _ in range(9)]
    statuses = [answer.status for answer in answers]
    assert statuses[:6] == [200] * 6
    assert statuses[-1] == 429
    assert "x-ms-throttle-limit-percentage" not in answers[0].headers
    warned = answers[5].headers["x-ms-throttle-limit-percentage"]
    assert 0.8 < float(warned) <= 1.0
    refused = answers[-1]
    assert refused.code == "TooManyRequests"
    assert int(refused.headers["retry-after"]) >= 1
    application = client.application.application_id
    scope = f"Tenant_Application/ReadWrite/{application}/{directory.directory_id}"
    assert refused.headers["x-ms-throttle-scope"] == scope
    assert refused.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"


def test_units_come_back_with_time(client: Client) -> None:
    client.simulator.set(directory_limits=True, limit_scale=0.002)
    while (answer := client.get("/users?$select=id")).status == 200:
        pass
    client.simulator.set_clock(float(answer.headers["retry-after"]))
    assert client.get("/users?$select=id").status == 200


def test_one_directory_does_not_pay_for_another(
    simulator: Simulator, client: Client, connect: Connect
) -> None:
    other = connect(simulator.add_directory("people:3,name=other"))
    assert other.token
    simulator.set(directory_limits=True, limit_scale=0.001)
    while client.get("/users").status == 200:
        pass
    assert other.get("/users").status == 200


def test_a_batch_pays_for_each_item(client: Client) -> None:
    client.simulator.set(directory_limits=True, limit_scale=0.001)
    items = [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(8)]
    found = client.batch(*items)
    statuses = sorted(one["status"] for one in found.values())
    assert statuses == [200] * 3 + [429] * 5
    refused = next(one for one in found.values() if one["status"] == 429)
    assert "Retry-After" in refused["headers"]


def test_a_mailbox_takes_only_so_many_requests(client: Client, owner: str) -> None:
    """10,000 in ten minutes; here a thousandth."""
    client.simulator.set(outlook_limits=True, limit_scale=0.0005, outlook_latency_ms=1)
    statuses = [client.get(f"/users/{owner}/contacts?$top=1").status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    answer = client.get(f"/users/{owner}/photo")
    assert answer.code == "ApplicationThrottled"
    assert 590 < int(answer.headers["retry-after"]) <= 600
    assert client.get("/users").status == 200
    client.simulator.set_clock(601)
    assert client.get(f"/users/{owner}/contacts?$top=1").status == 200


def test_a_mailbox_serves_four_at_a_time(client: Client, directory: Directory, owner: str) -> None:
    client.simulator.set(outlook_limits=True, outlook_latency_ms=300)
    other = [one.id for one in directory.users() if one.mailbox == "user"][1]
    assert client.token
    with ThreadPoolExecutor(8) as pool:
        wanted = [owner] * 6 + [other]
        answers = list(pool.map(lambda who: client.get(f"/users/{who}/contacts"), wanted))
    statuses = [answer.status for answer in answers]
    assert sorted(statuses[:6]) == [200] * 4 + [429] * 2
    assert statuses[6] == 200
    assert client.get(f"/users/{owner}/contacts").status == 200
