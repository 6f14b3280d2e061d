"""users/delta: rounds, what appears in them and in which form, and how tokens end."""

import random
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.graph import Client

SELECT = "displayName,mail,mobilePhone,accountEnabled,businessPhones"
START = f"/users/delta?$select={SELECT}"


def by_id(records: list[Any]) -> dict[str, Any]:
    return {record["id"]: record for record in records}


def somebody(directory: Directory, place: int = 0) -> str:
    members = [one for one in directory.users() if one.properties.get("mobilePhone")]
    return members[place].id


def test_a_first_round_brings_everybody_once(client: Client, directory: Directory) -> None:
    client.simulator.set(users_page_size=7)
    pages = list(client.pages(START))
    for page in pages[:-1]:
        assert "@odata.nextLink" in page
        assert "@odata.deltaLink" not in page
        assert len(page["value"]) == 7
    assert "@odata.deltaLink" in pages[-1]
    assert "@odata.nextLink" not in pages[-1]
    ids = [record["id"] for page in pages for record in page["value"]]
    assert sorted(ids) == sorted(one.id for one in directory.users())


def test_a_record_holds_what_was_selected_and_ever_set(
    client: Client, directory: Directory
) -> None:
    records, _ = client.round(START)
    truth = {one.id: one.properties for one in directory.users()}
    assert any("mobilePhone" not in record for record in records)
    for record in records:
        wanted = {
            name: truth[record["id"]][name]
            for name in SELECT.split(",")
            if name in truth[record["id"]]
        }
        assert record == wanted | {"id": record["id"]}


def test_without_select_the_default_properties_come(client: Client) -> None:
    records, _ = client.round("/users/delta")
    names = set().union(*records)
    assert "givenName" in names
    assert "accountEnabled" not in names


@pytest.mark.parametrize(
    "spelling", ["delta", "delta()", "microsoft.graph.delta", "microsoft.graph.delta()", "Delta"]
)
def test_all_spellings_of_delta_are_understood(client: Client, spelling: str) -> None:
    answer = client.get(f"/users/{spelling}?%24select=displayName")
    assert answer.status == 200
    assert answer.json["@odata.nextLink"] if len(answer.json["value"]) == 100 else True


@pytest.mark.parametrize("name", ["$deltatoken", "$deltaToken", "%24DELTATOKEN"])
def test_the_case_of_token_parameters_does_not_matter(client: Client, name: str) -> None:
    _, link = client.round(START)
    token = parse_qs(urlsplit(link).query)["$deltatoken"][0]
    assert client.get(f"/users/delta?{name}={token}").json["value"] == []


def test_a_quiet_directory_gives_an_empty_round_and_a_new_link(client: Client) -> None:
    _, link = client.round(START)
    answer = client.get(link).json
    assert answer["value"] == []
    assert answer["@odata.deltaLink"]


def test_only_changes_of_selected_properties_appear(client: Client, directory: Directory) -> None:
    _, link = client.round(START)
    first, second = somebody(directory, 0), somebody(directory, 1)
    directory.change(
        op("update_user", user=first, set={"jobTitle": "Not selected"}),
        op("update_user", user=second, set={"displayName": "Selected"}),
    )
    records, _ = client.round(link)
    assert [record["id"] for record in records] == [second]


def test_an_update_carries_the_full_selected_state(client: Client, directory: Directory) -> None:
    _, link = client.round(START)
    who = somebody(directory)
    directory.change(op("update_user", user=who, set={"displayName": "New Name"}))
    truth = directory.user(who).properties
    [record], _ = client.round(link)
    assert record["displayName"] == "New Name"
    assert record["mail"] == truth["mail"]
    assert record["mobilePhone"] == truth["mobilePhone"]


def test_a_cleared_property_is_null_and_one_never_set_is_missing(
    client: Client, directory: Directory
) -> None:
    _, link = client.round(START)
    [added] = directory.change(op("add_user", set={"displayName": "Bare"}))
    cleared = somebody(directory)
    directory.change(op("update_user", user=cleared, set={"mobilePhone": None}))
    records = by_id(client.round(link)[0])
    assert records[cleared]["mobilePhone"] is None
    assert records[added["id"]] == {
        "id": added["id"],
        "displayName": "Bare",
        "accountEnabled": True,
    }


def test_minimal_answers_hold_only_what_changed(client: Client, directory: Directory) -> None:
    _, link = client.round(START)
    who = somebody(directory)
    directory.change(op("update_user", user=who, set={"mobilePhone": "+1 425 555 0199"}))
    [record], _ = client.round(link, Prefer="return=minimal")
    assert record == {"id": who, "mobilePhone": "+1 425 555 0199"}


def test_deleted_restored_and_purged_people(client: Client, directory: Directory) -> None:
    _, link = client.round(START)
    first, second, third = (somebody(directory, place) for place in range(3))
    directory.change(
        op("delete_user", user=first),
        op("delete_user", user=second),
        op("purge_user", user=second),
        op("delete_user", user=third),
        op("restore_user", user=third),
    )
    assert client.get(f"/users/{first}").code == "Request_ResourceNotFound"
    records, link = client.round(link)
    found = by_id(records)
    assert found[first] == {"id": first, "@removed": {"reason": "changed"}}
    assert found[second] == {"id": second, "@removed": {"reason": "deleted"}}
    assert found[third]["displayName"]
    directory.change(op("restore_user", user=first))
    [record], link = client.round(link)
    assert record["displayName"] == directory.user(first).properties["displayName"]
    directory.change(op("delete_user", user=first), op("purge_user", user=first))
    [record], _ = client.round(link)
    assert record["@removed"] == {"reason": "deleted"}


def test_a_recreated_person_is_another_one(client: Client, directory: Directory) -> None:
    _, link = client.round(START)
    who = somebody(directory)
    name = directory.user(who).properties["userPrincipalName"]
    [result] = directory.change(op("recreate_user", user=who))
    records = by_id(client.round(link)[0])
    assert records[who]["@removed"] == {"reason": "deleted"}
    assert records[result["id"]]["mail"] == directory.user(name).properties["mail"]
    assert client.get(f"/users/{name}").json["id"] == result["id"] != who


@pytest.mark.parametrize("shown", [True, False])
def test_a_first_round_may_name_people_who_are_gone(
    client: Client, directory: Directory, *, shown: bool
) -> None:
    client.simulator.set(removed_in_first_round=shown)
    who = somebody(directory)
    directory.change(op("delete_user", user=who))
    records = by_id(client.round(START)[0])
    assert records.get(who) == ({"id": who, "@removed": {"reason": "changed"}} if shown else None)


def test_a_mail_address_that_is_changed_keeps_the_old_one_as_alias(
    client: Client, directory: Directory
) -> None:
    who = somebody(directory)
    old = directory.user(who).properties["mail"]
    directory.change(op("update_user", user=who, set={"mail": "new@people40.example"}))
    proxies = client.get(f"/users/{who}?$select=proxyAddresses").json["proxyAddresses"]
    assert proxies[0] == "SMTP:new@people40.example"
    assert f"smtp:{old}" in proxies


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_in_between_a_reader_ends_with_the_truth(
    client: Client, directory: Directory, seed: int
) -> None:
    """Changes strike between the pages of every round; after a quiet round nothing differs."""
    client.simulator.set(users_page_size=5)
    dice = random.Random(seed)
    mirror: dict[str, Any] = {}
    link = START
    rounds = 0
    while rounds < 5:
        answer = client.get(link).json
        apply(mirror, answer["value"])
        if rounds < 4 and dice.random() < 0.7:
            disturb(directory, dice)
        rounds += "@odata.deltaLink" in answer
        link = answer.get("@odata.nextLink") or answer["@odata.deltaLink"]
    select = SELECT.split(",")
    truth = {
        one.id: {name: one.properties[name] for name in select if name in one.properties}
        | {"id": one.id}
        for one in directory.users(select=select)
    }
    assert mirror == truth


def apply(mirror: dict[str, Any], records: list[Any]) -> None:
    for record in records:
        if "@removed" in record:
            mirror.pop(record["id"], None)
        else:
            mirror[record["id"]] = record


def disturb(directory: Directory, dice: random.Random) -> None:
    users = directory.users(show="", life="all")
    who = dice.choice(users)
    name = f"Name {dice.randrange(1000)}"
    if who.life == "live":
        choices = [
            op("update_user", user=who.id, set={"displayName": name}),
            op("update_user", user=who.id, set={"mobilePhone": None}),
            op("disable", user=who.id),
            op("delete_user", user=who.id),
            op("recreate_user", user=who.id),
            op("add_user", set={"displayName": name, "mobilePhone": "+1 425 555 0100"}),
        ]
    elif who.life == "deleted":
        choices = [op("restore_user", user=who.id), op("purge_user", user=who.id)]
    else:
        choices = [op("add_user", set={"displayName": name})]
    directory.change(dice.choice(choices))


def test_a_filter_of_ids_is_frozen_into_the_round(client: Client, directory: Directory) -> None:
    first, second = somebody(directory, 0), somebody(directory, 1)
    chosen = f"$filter=id eq '{first}' or id eq '{second}'".replace(" ", "%20")
    records, link = client.round(f"{START}&{chosen}")
    assert set(by_id(records)) == {first, second}
    third = somebody(directory, 2)
    directory.change(
        *(op("update_user", user=who, set={"displayName": "X"}) for who in (first, third))
    )
    records, _ = client.round(link)
    assert set(by_id(records)) == {first}


def test_more_than_fifty_ids_and_other_filters_are_refused(client: Client) -> None:
    many = "%20or%20".join(["id%20eq%20'x'"] * 51)
    for text in (many, "accountEnabled%20eq%20true", "id%20ne%20'x'"):
        assert client.get(f"/users/delta?$filter={text}").status == 400


def test_from_now_on_gives_only_a_link(client: Client, directory: Directory) -> None:
    records, link = client.round(f"/users/delta?$deltaToken=latest&$select={SELECT}")
    assert records == []
    who = somebody(directory)
    directory.change(op("disable", user=who))
    [record], _ = client.round(link)
    assert (record["id"], record["accountEnabled"]) == (who, False)


def test_the_size_of_pages(client: Client) -> None:
    def size(**headers: str) -> int:
        return len(client.get(START, **headers).json["value"])

    assert size(Prefer="odata.maxpagesize=3") == 3
    assert size(Prefer='IdType="ImmutableId", odata.maxpagesize=4') == 4
    client.simulator.set(users_page_size=6)
    assert size() == 6
    client.simulator.set(users_page_size_follows_prefer=False)
    assert size(Prefer="odata.maxpagesize=3") == 6


def test_the_largest_page_has_999_records(simulator: Simulator, connect: Connect) -> None:
    client = connect(simulator.add_directory("people:1100"))
    answer = client.get(START, Prefer="odata.maxpagesize=5000")
    assert len(answer.json["value"]) == 999


@pytest.mark.parametrize(
    "option", ["$top=5", "$orderby=displayName", "$search=%22x%22", "$expand=manager", "foo=bar"]
)
def test_options_that_delta_does_not_have_are_refused(client: Client, option: str) -> None:
    assert client.get(f"/users/delta?{option}").code == "Request_BadRequest"


def test_a_token_is_lost_after_a_week(client: Client) -> None:
    _, link = client.round(START)
    client.simulator.set(token_lifetime=3600 * 24 * 30)
    client = Client(client.simulator, client.application, client.keys)
    assert client.get(link).status == 200
    client.simulator.set_clock(8 * 24 * 3600)
    answer = client.get(link)
    assert answer.status == 410
    again = client.get(answer.headers["location"])
    assert again.status == 200
    assert again.json["value"]


def test_declared_lost_tokens_are_lost_and_new_ones_are_not(
    client: Client, directory: Directory
) -> None:
    client.simulator.set(users_page_size=10)
    _, link = client.round(START)
    middle = client.get(START).json["@odata.nextLink"]
    directory.expire_delta_tokens(users=True)
    assert client.get(link).status == 410
    assert client.get(middle).status == 200
    _, later = client.round(START)
    assert client.get(later).status == 200
    directory.expire_delta_tokens(
        users=True, next_links=True, status=400, code="SyncStateNotFound", with_location=False
    )
    for lost in (later, middle):
        answer = client.get(lost)
        assert (answer.status, answer.code) == (400, "SyncStateNotFound")
        assert "location" not in answer.headers


def test_a_token_of_another_life_is_lost(
    client: Client, connect: Connect, simulator: Simulator
) -> None:
    """A restarted simulator knows nothing of the changes before: positions alone would lie."""
    first = simulator.add_directory("people:10,name=twice")
    client = connect(first)
    first.change(op("disable", user=first.users()[0].id))
    _, link = client.round(START)
    first.remove()
    again = simulator.add_directory("people:10,name=twice")
    client = connect(again)
    assert client.get(link).status == 410
    again.change(op("disable", user=again.users()[1].id))
    assert client.get(link).status == 410


def test_tokens_that_are_none_are_refused(client: Client) -> None:
    _, link = client.round(START)
    delta = link.partition("=")[2]
    garbled = delta[:20] + ("B" if delta[20] == "A" else "A") + delta[21:]
    for query in (f"$skiptoken={delta}", "$skiptoken=abc", f"$deltatoken={garbled}"):
        assert client.get(f"/users/delta?{query}").status == 400


def test_the_selection_of_a_round_cannot_be_changed(client: Client) -> None:
    _, link = client.round(START)
    assert client.get(f"{link}&$select=surname").status == 400


def test_a_shuffled_round_still_brings_everybody_once(client: Client, directory: Directory) -> None:
    client.simulator.set(users_page_size=7)
    straight = [record["id"] for record in client.round(START)[0]]
    client.simulator.fault("shuffle_pages", path="/users/delta", seed=5)
    shuffled = [record["id"] for record in client.round(START)[0]]
    assert shuffled != straight
    assert sorted(shuffled) == sorted(straight)


def test_links_stay_on_the_host_that_was_called(client: Client) -> None:
    port = urlsplit(client.simulator.graph).port
    answer = client.get(f"https://localhost:{port}/v1.0{START}")
    links = [text for name, text in answer.json.items() if name.endswith("Link")]
    assert links
    assert all(link.startswith(f"https://localhost:{port}/v1.0/users/delta?") for link in links)


def test_a_restarted_simulator_makes_the_same_directory(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        with Simulator.started(tmp_path, "people:15:3,name=again") as simulator:
            [directory] = simulator.directories
            mailbox = directory.mailbox(directory.users()[0].id)
            seen.append((directory.info.directory_id, directory.users(), mailbox))
    assert seen[0] == seen[1]
