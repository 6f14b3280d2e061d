"""Every kind of fault, and which requests a rule strikes."""

import http.client
from email.utils import parsedate_to_datetime
from typing import Any, get_args

import pytest

from m365sim.faults.kinds import AnyFault
from tests.simulator.control import ControlCallError, Directory, Simulator, op
from tests.simulator.graph import Client

START = "/users/delta?$select=displayName,mail"
TESTED = {
    *("throttle", "status", "html", "close", "truncate", "delay", "empty_page", "empty_list"),
    *("wrong_content_type", "foreign_next_link", "null_list", "unknown_properties"),
    *("repeat_records", "shuffle_pages", "reorder", "gone", "unauthorized", "aadsts", "no_roles"),
    *("photo_not_found", "photo_placeholder", "batch_424", "mangle", "headers", "id_token"),
}


def test_no_kind_is_without_a_test() -> None:
    """shuffle_pages is tested with users/delta, aadsts with the token endpoint, id_token with the
    bent tokens, the rest here.
    """
    assert {kind.__struct_config__.tag for kind in get_args(AnyFault)} == TESTED


def test_a_rule_strikes_what_it_matches_and_as_often_as_it_says(client: Client) -> None:
    rule = client.simulator.fault("status", path=r"^/v1\.0/users\?", status=503, times=2, after=1)
    statuses = [client.get("/users?$top=1").status for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert client.get("/organization").status == 200
    assert client.simulator.hits(rule) == 2
    [seen] = client.simulator.faults()
    assert (seen.fault, seen.matched) == ("status", 5)


def test_the_nth_request_can_be_struck(client: Client) -> None:
    client.simulator.fault("status", path="/users", status=500, nth=3)
    assert [client.get("/users").status for _ in range(4)] == [200, 200, 500, 200]


def test_a_rule_for_ever_ends_when_it_is_taken_away(client: Client) -> None:
    rule = client.simulator.fault("status", status=500, times=None)
    assert {client.get("/users").status for _ in range(5)} == {500}
    client.simulator.clear_faults(rule)
    assert client.get("/users").status == 200
    client.simulator.fault("status", status=500, times=None)
    client.simulator.clear_faults()
    assert client.get("/users").status == 200


def test_a_rule_can_be_for_one_method_or_directory(client: Client) -> None:
    client.simulator.fault("status", status=500, method="POST", times=None)
    client.simulator.fault("status", status=500, directory="another", times=None)
    assert client.get("/users").status == 200
    assert client.post("/$batch", {"requests": []}).status == 500


def test_a_rule_can_be_for_items_of_batches_or_for_none(client: Client) -> None:
    client.simulator.fault("status", status=500, path="/organization", in_batch=True)
    client.simulator.fault("status", status=502, path="/organization", in_batch=False)
    assert client.get("/organization").status == 502
    found = client.batch({"id": "1", "method": "GET", "url": "/organization"})
    assert found["1"]["status"] == 500


def test_paths_match_decoded(client: Client) -> None:
    client.simulator.fault("status", status=500, path=r"\$select=display Name")
    assert client.get("/users?%24select=display%20Name").status == 500


def test_the_log_tells_which_rule_struck(client: Client) -> None:
    rule = client.simulator.fault("status", status=500, path="/users")
    since = client.simulator.last_request()
    client.get("/users")
    assert client.simulator.requests(since=since, host="graph")[0].faults == (rule,)


def test_faults_that_are_none_are_refused(simulator: Simulator) -> None:
    with pytest.raises(ControlCallError):
        simulator.fault("nonsense")
    with pytest.raises(ControlCallError):
        simulator.fault("status")
    with pytest.raises(ControlCallError):
        simulator.fault("throttle", colour="red")
    with pytest.raises(ControlCallError, match="regular expression"):
        simulator.fault("throttle", path="/users(")


@pytest.mark.parametrize("written", [3, 2.128, None, "http-date"])
def test_throttled_with_every_way_to_say_when(client: Client, written: object) -> None:
    client.simulator.fault("throttle", path="/users", retry_after=written, seconds=30)
    answer = client.get("/users")
    assert (answer.status, answer.code) == (429, "TooManyRequests")
    told = answer.headers.get("retry-after")
    if written == "http-date":
        assert told is not None
        ahead = parsedate_to_datetime(told) - parsedate_to_datetime(answer.headers["date"])
        assert 29 <= ahead.total_seconds() <= 31
    else:
        assert told == (None if written is None else str(written))


def test_throttled_for_one_mailbox(client: Client, directory: Directory) -> None:
    who = directory.users()[0].id
    client.simulator.fault("throttle", path="/contacts", in_batch=True, retry_after=1.5)
    found = client.batch({"id": "1", "method": "GET", "url": f"/users/{who}/contacts"})
    assert found["1"]["status"] == 429
    assert found["1"]["headers"]["Retry-After"] == "1.5"
    assert found["1"]["body"]["error"]["code"] == "ApplicationThrottled"
    client.simulator.fault("throttle", path="/contacts", scope="directory")
    assert client.get(f"/users/{who}/contacts").code == "TooManyRequests"


def test_any_status_with_any_body(client: Client) -> None:
    client.simulator.fault("status", status=503, code="", message="Busy", close=True)
    answer = client.get("/users")
    assert (answer.status, answer.code) == (503, "")
    assert answer.headers["connection"] == "close"
    client.simulator.fault(
        "status", status=502, body="oops", content_type="text/plain", headers={"X-Why": "test"}
    )
    answer = client.get("/users")
    assert (answer.body, answer.headers["x-why"]) == (b"oops", "test")


def test_a_broken_body_of_an_item_does_not_break_its_batch(client: Client) -> None:
    client.simulator.fault("status", path="/organization", status=502, body="{oops")
    client.simulator.fault("html", path="/groups")
    found = client.batch(
        {"id": "1", "method": "GET", "url": "/organization"},
        {"id": "2", "method": "GET", "url": "/groups"},
        {"id": "3", "method": "GET", "url": "/users"},
    )
    assert found["1"]["body"] == "{oops"
    assert found["2"]["body"].startswith("<html>")
    assert found["3"]["body"]["value"]


def test_a_gateway_answers_html(client: Client) -> None:
    client.simulator.fault("html")
    answer = client.get("/users")
    assert (answer.status, answer.headers["content-type"]) == (504, "text/html")
    assert answer.body.startswith(b"<html>")


@pytest.mark.parametrize("host", ["graph", "login"])
def test_the_connection_is_dropped(client: Client, host: str) -> None:
    def ask() -> None:
        if host == "graph":
            client.get("/users")
        else:
            client.ask_token()

    assert client.token
    client.simulator.fault("close", host=host)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask()
    client.simulator.fault("close", host=host, where="middle")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        ask()
    ask()
    statuses = [one.status for one in client.simulator.requests(host=host)][-3:]
    assert statuses == [0, 200, 200]


def test_the_json_is_cut(client: Client) -> None:
    client.simulator.fault("truncate", keep=0.3)
    answer = client.get("/users")
    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        _ = answer.json


@pytest.mark.parametrize("where", ["before", "middle"])
def test_the_answer_is_late(client: Client, where: str) -> None:
    assert client.token
    client.simulator.fault("delay", seconds=0.3, where=where)
    seen = client.simulator.last_request()
    answer = client.get("/users")
    assert answer.json["value"]
    assert client.simulator.requests(since=seen)[0].faults


def test_an_empty_page_leads_to_the_real_one(client: Client, directory: Directory) -> None:
    client.simulator.set(users_page_size=20)
    everybody = {one.id for one in directory.users()}
    who = next(one.id for one in directory.users() if one.mailbox == "user")
    for path in (START, "/users?$top=20&$select=id"):
        client.simulator.fault("empty_page", path="/users", times=2, after=1)
        pages = list(client.pages(path))
        assert [len(page["value"]) for page in pages] == [20, 0, 0, 20, len(everybody) - 40]
        assert {one["id"] for page in pages for one in page["value"]} == everybody
        links = [page["@odata.nextLink"] for page in pages[:-1]]
        assert len(set(links)) == len(links)
    for path in (
        f"/users/{who}/contacts?$top=2",
        f"/users/{who}/contactFolders?$top=1",
        f"/users/{who}/contactFolders/contacts/contacts/delta",
        f"/users/{who}/contactFolders/delta",
    ):
        before = sum(len(page["value"]) for page in client.pages(path))
        client.simulator.fault("empty_page", path="/users", times=2)
        pages = list(client.pages(path))
        assert [len(page["value"]) for page in pages[:2]] == [0, 0]
        assert sum(len(page["value"]) for page in pages) == before > 0


def test_an_empty_list_ends_a_round_at_once(client: Client, directory: Directory) -> None:
    who = next(one.id for one in directory.users() if one.mailbox == "user")
    for path in (START, f"/users/{who}/contactFolders/contacts/contacts/delta"):
        client.simulator.fault("empty_list", path="/users")
        page = client.get(path).json
        assert page["value"] == []
        assert "@odata.nextLink" not in page
        assert client.get(page["@odata.deltaLink"]).json["value"] == []
    client.simulator.fault("empty_list", path="/users", times=2)
    assert client.get("/users").json["value"] == []
    page = client.get(f"/users/{who}/contacts").json
    assert page["value"] == []
    assert not any(name.endswith("Link") for name in page)


def test_the_right_body_under_another_name(client: Client) -> None:
    client.simulator.fault("wrong_content_type", content_type="text/html")
    answer = client.get("/users")
    assert answer.headers["content-type"] == "text/html"
    assert answer.json["value"]


def test_links_to_another_host(client: Client) -> None:
    client.simulator.set(users_page_size=5)
    client.simulator.fault("foreign_next_link", path="/users/delta", scheme="http")
    link = client.get(START).json["@odata.nextLink"]
    assert link.startswith("http://graph.attacker.example/v1.0/users/delta?")
    _, delta = client.round("/users/delta?$deltatoken=latest")
    client.simulator.fault("foreign_next_link", path="/users/delta")
    assert "attacker" in client.get(delta).json["@odata.deltaLink"]


def test_null_where_a_list_belongs(client: Client) -> None:
    client.simulator.fault("null_list")
    assert client.get("/users").json["value"] is None
    client.simulator.fault("null_list", property="businessPhones")
    records = client.get("/users").json["value"]
    assert {record["businessPhones"] for record in records} == {None}


def test_properties_nobody_knows(client: Client) -> None:
    client.simulator.fault("unknown_properties")
    page = client.get("/users").json
    assert "simulatedProperty" in page
    assert all("simulatedProperty" in record for record in page["value"])


def test_records_come_again(client: Client, directory: Directory) -> None:
    client.simulator.set(users_page_size=20)
    client.simulator.fault("repeat_records", path="/users/delta", count=2, times=None)
    records, _ = client.round(START)
    people = len(directory.users())
    assert len(records) == people + 2 * 2
    assert len({record["id"] for record in records}) == people
    client.simulator.set(users_page_size=200)
    client.simulator.clear_faults()
    client.simulator.fault("repeat_records", path="/users/delta")
    assert len(client.round(START)[0]) == people + 1


def test_records_and_responses_in_reverse_order(client: Client) -> None:
    straight = client.get("/users?$select=id").json["value"]
    client.simulator.fault("reorder")
    assert client.get("/users?$select=id").json["value"] == straight[::-1]
    items = [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(5)]
    orders = []
    for _ in range(2):
        answer = client.post("/$batch", {"requests": items})
        orders.append([one["id"] for one in answer.json["responses"]])
        client.simulator.fault("reorder", path="batch")
    assert orders[1] == orders[0][::-1]


@pytest.mark.parametrize("code", ["SyncStateNotFound", "syncStateNotFound", "ResyncRequired"])
@pytest.mark.parametrize("status", [410, 400, 404])
def test_the_token_is_lost(client: Client, status: int, code: str) -> None:
    client.simulator.fault("gone", path="/users/delta", status=status, code=code)
    answer = client.get(START)
    assert (answer.status, answer.code) == (status, code)
    assert "location" not in answer.headers


def test_the_token_is_lost_and_a_place_to_begin_again_is_named(client: Client) -> None:
    client.simulator.fault("gone", path="/users/delta", location=True)
    location = client.get(START).headers["location"]
    assert location == f"{client.simulator.graph}/v1.0/users/delta?$deltatoken="
    assert client.get(location).json["value"]
    client.simulator.fault("gone", location="https://elsewhere.example/")
    assert client.get(START).headers["location"] == "https://elsewhere.example/"


def test_the_token_is_not_accepted(client: Client) -> None:
    client.simulator.fault("unauthorized", path="/users")
    answer = client.get("/users")
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")
    assert "www-authenticate" in answer.headers
    assert client.get("/users").status == 200


def test_a_token_as_if_nothing_were_granted(client: Client) -> None:
    client.simulator.fault("no_roles", host="login")
    assert client.get("/users").code == "Authorization_RequestDenied"
    again = Client(client.simulator, client.application, client.keys)
    assert again.get("/users").status == 200


@pytest.mark.parametrize(
    "code",
    [
        *("ImageNotFound", "ErrorItemNotFound", "GetUserPhoto", "ErrorEntityNotFound"),
        *("ErrorNonExistentMailbox", "MailboxNotHostedInExchangeOnline"),
    ],
)
def test_no_photo_in_all_words(client: Client, directory: Directory, code: str) -> None:
    who = next(one.id for one in directory.users() if one.photo)
    client.simulator.fault("photo_not_found", path="/photo", code=code)
    answer = client.get(f"/users/{who}/photo")
    assert (answer.status, answer.code) == (404, code)
    assert client.get(f"/users/{who}/photo").status == 200


def test_no_photo_as_a_picture_of_one_pixel(client: Client, directory: Directory) -> None:
    who = next(one.id for one in directory.users() if one.photo)
    client.simulator.fault("photo_placeholder", path="/photo", times=2)
    assert client.get(f"/users/{who}/photo").json["id"] == "1x1"
    assert client.get(f"/users/{who}/photo/$value").body.startswith(b"GIF89a")
    assert client.get(f"/users/{who}/photo").json["id"] != "1x1"


def test_a_batch_fails_as_a_whole_or_in_all_its_items(client: Client) -> None:
    item: dict[str, Any] = {"id": "1", "method": "GET", "url": "/organization"}
    client.simulator.fault("batch_424", path="batch")
    since = client.simulator.last_request()
    answer = client.post("/$batch", {"requests": [item]})
    assert (answer.status, answer.code) == (424, "FailedDependency")
    assert client.simulator.requests(since=since, host="graph")[-1].items == ()
    client.simulator.fault("batch_424", path="batch", scope="items")
    assert client.batch(item)["1"]["status"] == 424
    assert client.batch(item)["1"]["status"] == 200


def test_a_value_is_replaced_or_taken_away(client: Client) -> None:
    client.simulator.fault("mangle", target="/value/*/displayName", value=5)
    names = {record["displayName"] for record in client.get("/users").json["value"]}
    assert names == {5}
    client.simulator.fault("mangle", target="/value/1/id", remove=True)
    records = client.get("/users").json["value"]
    assert [number for number, one in enumerate(records) if "id" not in one] == [1]
    client.simulator.fault("mangle", target="/@odata.deltaLink", remove=True)
    client.simulator.set(users_page_size=999)
    page = client.get(START).json
    assert not any(name.endswith("Link") for name in page)
    client.simulator.fault("mangle", target="/value/*", remove=True)
    assert client.get("/users").json["value"] == []


def test_an_answer_can_have_more_headers(client: Client) -> None:
    headers = {"x-ms-throttle-limit-percentage": "0.9"}
    client.simulator.fault("headers", headers=headers)
    assert client.get("/users").headers["x-ms-throttle-limit-percentage"] == "0.9"


def test_several_faults_at_once(client: Client) -> None:
    client.simulator.fault("reorder")
    client.simulator.fault("wrong_content_type")
    straight = client.get("/users?$select=id")
    assert straight.headers["content-type"] == "text/plain"
    plain = client.get("/users?$select=id").json["value"]
    assert straight.json["value"] == plain[::-1]


def test_a_change_in_the_middle_of_a_faulty_round_is_not_lost(
    client: Client, directory: Directory
) -> None:
    client.simulator.set(users_page_size=20)
    client.simulator.fault("empty_page", path="/users/delta", nth=2)
    pages = client.pages(START)
    first = next(pages)["value"][0]["id"]
    directory.change(op("update_user", user=first, set={"displayName": "Changed"}))
    link = list(pages)[-1]["@odata.deltaLink"]
    [record], _ = client.round(link)
    assert record["displayName"] == "Changed"
