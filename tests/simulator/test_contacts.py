"""Contacts and contact folders: lists, ids that change and ids that do not, delta per folder."""

import random
from typing import Any
from urllib.parse import quote

import pytest

from tests.simulator.control import Directory, op
from tests.simulator.graph import Client

IMMUTABLE = 'IdType="ImmutableId"'


@pytest.fixture
def owner(directory: Directory) -> str:
    """Somebody with twelve contacts in four folders, three in each."""
    return next(one.id for one in directory.users() if one.mailbox == "user")


def folder_id(directory: Directory, owner: str, path: str) -> str:
    return next(one.id for one in directory.mailbox(owner).folders if one.path == path)


def delta_of(owner: str, folder: str, select: str = "displayName") -> str:
    return f"/users/{owner}/contactFolders/{folder}/contacts/delta?$select={select}"


def test_contacts_are_those_of_the_default_folder_alone(
    client: Client, directory: Directory, owner: str
) -> None:
    found = client.get(f"/users/{owner}/contacts?$top=100").json["value"]
    truth = [one for one in directory.mailbox(owner).contacts if one.folder == "Contacts"]
    assert [one["id"] for one in found] == [one.id for one in truth]
    assert len(found) == 3


def test_a_contact_has_all_its_properties(client: Client, directory: Directory, owner: str) -> None:
    [result] = directory.change(
        op(
            "add_contact",
            user=owner,
            set={
                "displayName": "Zahnarzt",
                "businessPhones": ["0171 / 555 0123", "+1 (425) 555-0109 x12"],
                "emailAddresses": [{"name": "Z", "address": "z@home.example"}],
                "homeAddress": {"city": "Ulm"},
            },
        )
    )
    found = client.get(f"/users/{owner}/contacts/{result['id']}").json
    assert found["businessPhones"] == ["0171 / 555 0123", "+1 (425) 555-0109 x12"]
    assert found["homeAddress"] == {"city": "Ulm"}
    assert found["businessAddress"] == {}
    assert found["homePhones"] == []
    assert found["givenName"] is None
    assert found["primaryEmailAddress"]["address"] == "z@home.example"
    assert found["secondaryEmailAddress"] is None
    assert found["@odata.etag"] == f'W/"{found["changeKey"]}"'
    assert found["parentFolderId"] == folder_id(directory, owner, "Contacts")
    short = client.get(f"/users/{owner}/contacts/{result['id']}?$select=displayName").json
    assert set(short) == {"@odata.context", "@odata.etag", "id", "displayName"}


def test_a_change_is_seen_in_key_and_time(client: Client, directory: Directory, owner: str) -> None:
    [contact, *_] = directory.mailbox(owner).contacts
    path = f"/users/{owner}/contacts/{contact.id}?$select=changeKey,lastModifiedDateTime"
    before = client.get(path).json
    directory.change(
        op("update_contact", user=owner, contact=contact.number, set={"mobilePhone": "1"})
    )
    after = client.get(path).json
    assert after["changeKey"] != before["changeKey"]
    assert after["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    assert after["id"] == before["id"]


def test_the_default_folder_is_not_listed_but_can_be_reached(
    client: Client, directory: Directory, owner: str
) -> None:
    listed = client.get(f"/users/{owner}/contactFolders").json["value"]
    paths = {one.id: one.path for one in directory.mailbox(owner).folders}
    assert [paths[one["id"]] for one in listed] == ["Contacts/Customers", "Contacts/Suppliers"]
    default = client.get(f"/users/{owner}/contactFolders/contacts").json
    assert paths[default["id"]] == default["displayName"] == "Contacts"
    [first] = client.get(f"/users/{owner}/contacts?$top=1&$select=parentFolderId").json["value"]
    assert first["parentFolderId"] == default["id"]
    through = client.get(f"/users/{owner}/contactFolders/contacts/contacts?$top=50").json["value"]
    assert len(through) == 3


def test_folders_below_folders(client: Client, directory: Directory, owner: str) -> None:
    customers = folder_id(directory, owner, "Contacts/Customers")
    europe = folder_id(directory, owner, "Contacts/Customers/Europe")
    [child] = client.get(f"/users/{owner}/contactFolders/{customers}/childFolders").json["value"]
    assert (child["id"], child["parentFolderId"]) == (europe, customers)
    deep = f"/users/{owner}/contactFolders/{customers}/childFolders/{europe}/contacts?$top=50"
    flat = f"/users/{owner}/contactFolders/{europe}/contacts?$top=50"
    assert client.get(deep).json["value"] == client.get(flat).json["value"]
    wrong = f"/users/{owner}/contactFolders/{europe}/childFolders/{customers}/contacts"
    assert client.get(wrong).code == "ErrorItemNotFound"
    assert client.get(f"/users/{owner}/contactFolders/{europe}").json["displayName"] == "Europe"


def test_pages_of_contacts(client: Client, directory: Directory, owner: str) -> None:
    for number in range(12):
        directory.change(op("add_contact", user=owner, set={"displayName": f"N {number}"}))
    plain = client.get(f"/users/{owner}/contacts").json
    assert len(plain["value"]) == 10
    assert "$skip=10" in plain["@odata.nextLink"]
    every = [
        one["displayName"]
        for page in client.pages(f"/users/{owner}/contacts?$top=4&$select=displayName")
        for one in page["value"]
    ]
    assert len(every) == 15
    skipped = client.get(f"/users/{owner}/contacts?$top=4&$skip=4&$select=displayName").json
    assert [one["displayName"] for one in skipped["value"]] == every[4:8]
    counted = client.get(f"/users/{owner}/contacts?$count=true&$top=1").json
    assert counted["@odata.count"] == 15
    assert client.get(f"/users/{owner}/contacts/$count").body == b"15"
    assert client.get(f"/users/{owner}/contacts?$top=1000").status == 200
    assert client.get(f"/users/{owner}/contacts?$top=1001").status == 400


def test_contacts_are_found_by_mail_and_sorted_by_name(
    client: Client, directory: Directory, owner: str
) -> None:
    mail = directory.mailbox(owner).contacts[0].properties["emailAddresses"][0]["address"]
    text = quote(f"emailAddresses/any(a:a/address eq '{mail}')")
    [found] = client.get(f"/users/{owner}/contacts?$filter={text}").json["value"]
    assert found["emailAddresses"][0]["address"] == mail
    refused = client.get(f"/users/{owner}/contacts?$filter=displayName%20eq%20'x'")
    assert refused.code == "ErrorInvalidUrlQueryFilter"
    names = [
        one["displayName"].casefold()
        for one in client.get(f"/users/{owner}/contacts?$orderby=displayName").json["value"]
    ]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("contacts?$select=nonsense", 400, "RequestBroker--ParseUri"),
        ("contactFolders?$select=nonsense", 400, "RequestBroker--ParseUri"),
        ("contacts?$search=x", 400, "Request_BadRequest"),
        ("contacts/nonsense", 400, "ErrorInvalidIdMalformed"),
        ("contactFolders/nonsense/contacts", 400, "ErrorInvalidIdMalformed"),
    ],
)
def test_what_a_mailbox_refuses(
    client: Client, owner: str, path: str, status: int, code: str
) -> None:
    answer = client.get(f"/users/{owner}/{path}")
    assert (answer.status, answer.code) == (status, code)


def test_a_move_changes_the_default_id_and_not_the_immutable_one(
    client: Client, directory: Directory, owner: str
) -> None:
    contact = directory.mailbox(owner).contacts[0]
    [moved] = directory.change(
        op("move_contact", user=owner, contact=contact.id, to="Contacts/Customers")
    )
    assert moved["id"] != contact.id
    assert moved["immutable_id"] == contact.immutable_id
    assert client.get(f"/users/{owner}/contacts/{contact.id}").code == "ErrorItemNotFound"
    for name in (moved["id"], contact.immutable_id):
        found = client.get(f"/users/{owner}/contacts/{name}", Prefer=IMMUTABLE).json
        assert found["id"] == contact.immutable_id
    assert client.get(f"/users/{owner}/contacts/{contact.immutable_id.swapcase()}").status == 400


def test_keys_may_stand_in_parentheses(client: Client, directory: Directory, owner: str) -> None:
    customers = folder_id(directory, owner, "Contacts/Customers")
    contact = next(
        one.id for one in directory.mailbox(owner).contacts if one.folder == "Contacts/Customers"
    )
    path = f"/users('{owner}')/contactFolders('{quote(customers)}')/contacts('{contact}')"
    assert client.get(path).json["id"] == contact
    name = directory.user(owner).properties["userPrincipalName"]
    assert client.get(f"/users(userPrincipalName='{name}')").json["id"] == owner


def test_ids_are_of_one_mailbox(client: Client, directory: Directory, owner: str) -> None:
    other = next(one.id for one in directory.users() if one.mailbox == "user" and one.id != owner)
    contact = directory.mailbox(other).contacts[0]
    assert client.get(f"/users/{owner}/contacts/{contact.id}").code == "ErrorItemNotFound"


def test_ids_can_be_translated(client: Client, directory: Directory, owner: str) -> None:
    contact = directory.mailbox(owner).contacts[0]
    body = {
        "inputIds": [contact.id, "nonsense"],
        "sourceIdType": "restId",
        "targetIdType": "restImmutableEntryId",
    }
    good, bad = client.post(f"/users/{owner}/translateExchangeIds", body).json["value"]
    assert good == {"sourceId": contact.id, "targetId": contact.immutable_id}
    assert bad["errorDetails"]["code"] == "ErrorInvalidIdMalformed"
    back = {
        "inputIds": [contact.immutable_id],
        "sourceIdType": "restImmutableEntryId",
        "targetIdType": "restId",
    }
    [found] = client.post(f"/users/{owner}/translateExchangeIds", back).json["value"]
    assert found["targetId"] == contact.id
    many = body | {"inputIds": ["x"] * 1001}
    assert client.post(f"/users/{owner}/translateExchangeIds", many).status == 400
    wrong = body | {"targetIdType": "nonsense"}
    assert client.post(f"/users/{owner}/translateExchangeIds", wrong).status == 400


def test_a_round_over_a_folder(client: Client, directory: Directory, owner: str) -> None:
    records, link = client.round(delta_of(owner, "contacts"), Prefer="odata.maxpagesize=2")
    truth = [one for one in directory.mailbox(owner).contacts if one.folder == "Contacts"]
    assert [one["id"] for one in records] == [one.id for one in truth]
    assert all(one["@odata.type"] == "#microsoft.graph.contact" for one in records)
    assert client.get(link).json["value"] == []
    [added, *_] = directory.change(
        op("add_contact", user=owner, set={"displayName": "New"}),
        op("update_contact", user=owner, contact=truth[0].number, set={"displayName": "Other"}),
        op("delete_contact", user=owner, contact=truth[1].number),
        op("add_contact", user=owner, folder="Contacts/Customers", set={"displayName": "Not here"}),
    )
    records, _ = client.round(link)
    found = {one["id"]: one for one in records}
    assert found[added["id"]]["displayName"] == "New"
    assert found[truth[0].id]["displayName"] == "Other"
    assert found[truth[1].id] == {"id": truth[1].id, "@removed": {"reason": "deleted"}}
    assert len(found) == 3


def test_a_page_of_a_round_is_ten_unless_asked_otherwise(
    client: Client, directory: Directory, owner: str
) -> None:
    for number in range(12):
        directory.change(op("add_contact", user=owner, set={"displayName": f"N {number}"}))
    first = client.get(delta_of(owner, "contacts")).json
    assert len(first["value"]) == 10
    assert len(client.get(first["@odata.nextLink"]).json["value"]) == 5
    large = client.get(delta_of(owner, "contacts"), Prefer="odata.maxpagesize=50")
    assert len(large.json["value"]) == 15
    assert large.headers["preference-applied"] == "odata.track-changes"


def test_a_move_is_a_removal_here_and_an_arrival_there(
    client: Client, directory: Directory, owner: str
) -> None:
    customers = folder_id(directory, owner, "Contacts/Customers")
    links = {}
    for ids in ("", IMMUTABLE):
        for folder in ("contacts", customers):
            links[ids, folder] = client.round(delta_of(owner, folder), Prefer=ids)[1]
    contact = directory.mailbox(owner).contacts[0]
    [moved] = directory.change(
        op("move_contact", user=owner, contact=contact.number, to="Contacts/Customers")
    )
    expected = {"": (contact.id, moved["id"]), IMMUTABLE: (contact.immutable_id,) * 2}
    for ids, (left, arrived) in expected.items():
        [gone], links[ids, "contacts"] = client.round(links[ids, "contacts"], Prefer=ids)
        [come], links[ids, customers] = client.round(links[ids, customers], Prefer=ids)
        assert gone == {"id": left, "@removed": {"reason": "deleted"}}
        assert come["id"] == arrived
    [back] = directory.change(op("move_contact", user=owner, contact=contact.number, to="Contacts"))
    assert back["id"] not in (contact.id, moved["id"])
    [come], _ = client.round(links["", "contacts"])
    assert come["id"] == back["id"]


def test_there_and_back_between_two_rounds(
    client: Client, directory: Directory, owner: str
) -> None:
    """With default ids it is another contact now; with immutable ones nothing but a change."""
    contact = directory.mailbox(owner).contacts[0]
    plain = client.round(delta_of(owner, "contacts"))[1]
    immutable = client.round(delta_of(owner, "contacts"), Prefer=IMMUTABLE)[1]
    _, back = directory.change(
        op("move_contact", user=owner, contact=contact.number, to="Contacts/Customers"),
        op("move_contact", user=owner, contact=contact.number, to="Contacts"),
    )
    records = {one["id"]: one for one in client.round(plain)[0]}
    assert set(records) == {contact.id, back["id"]}
    assert "@removed" in records[contact.id]
    [record] = client.round(immutable, Prefer=IMMUTABLE)[0]
    assert record["id"] == contact.immutable_id
    assert "@removed" not in record


@pytest.mark.parametrize("ids", ["", IMMUTABLE])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_between_a_reader_ends_with_the_truth(
    client: Client, directory: Directory, owner: str, ids: str, seed: int
) -> None:
    dice = random.Random(seed)
    folders = directory.mailbox(owner).folders
    mirrors: dict[str, dict[str, Any]] = {one.path: {} for one in folders}
    links = {one.path: delta_of(owner, one.id) for one in folders}
    headers = f"{ids}, odata.maxpagesize=2" if ids else "odata.maxpagesize=2"
    for number in range(5):
        for path, mirror in mirrors.items():
            link = links[path]
            while link:
                answer = client.get(link, Prefer=headers).json
                for one in answer["value"]:
                    if "@removed" in one:
                        mirror.pop(one["id"], None)
                    else:
                        mirror[one["id"]] = one["displayName"]
                links[path] = answer.get("@odata.deltaLink", links[path])
                link = answer.get("@odata.nextLink", "")
                if number < 4 and dice.random() < 0.5:
                    disturb(directory, owner, dice, list(mirrors))
    truth: dict[str, dict[str, Any]] = {path: {} for path in mirrors}
    for one in directory.mailbox(owner).contacts:
        shown = one.immutable_id if ids else one.id
        truth[one.folder][shown] = one.properties["displayName"]
    assert mirrors == truth


def disturb(directory: Directory, owner: str, dice: random.Random, paths: list[str]) -> None:
    contacts = directory.mailbox(owner).contacts
    name, path = f"N {dice.randrange(1000)}", dice.choice(paths)
    choices = [op("add_contact", user=owner, folder=path, set={"displayName": name})]
    if contacts:
        number = dice.choice(contacts).number
        choices += [
            op("update_contact", user=owner, contact=number, set={"displayName": name}),
            op("move_contact", user=owner, contact=number, to=path),
            op("delete_contact", user=owner, contact=number),
        ]
    directory.change(dice.choice(choices))


def test_a_round_over_the_folders(client: Client, directory: Directory, owner: str) -> None:
    records, link = client.round(f"/users/{owner}/contactFolders/delta")
    truth = {one.id: one.path for one in directory.mailbox(owner).folders}
    listed = sorted(path for path in truth.values() if path != "Contacts")
    assert sorted(truth[one["id"]] for one in records) == listed
    [added, renamed, *_] = directory.change(
        op("add_folder", user=owner, name="New", parent="Contacts/Suppliers"),
        op("rename_folder", user=owner, folder="Contacts/Customers/Europe", name="EMEA"),
        op("delete_folder", user=owner, folder="Contacts/Suppliers"),
    )
    records, _ = client.round(link)
    found = {one["id"]: one for one in records}
    assert found[renamed["id"]]["displayName"] == "EMEA"
    assert "@removed" in found[added["id"]]
    assert sum("@removed" in one for one in records) == 2


def test_a_round_over_the_folders_below_one(
    client: Client, directory: Directory, owner: str
) -> None:
    customers = folder_id(directory, owner, "Contacts/Customers")
    europe = folder_id(directory, owner, "Contacts/Customers/Europe")
    [record], link = client.round(f"/users/{owner}/contactFolders/{customers}/childFolders/delta()")
    assert record["id"] == europe
    directory.change(
        op("rename_folder", user=owner, folder="Contacts/Suppliers", name="Elsewhere"),
        op("move_folder", user=owner, folder="Contacts/Customers/Europe", to="Contacts"),
    )
    assert client.round(link)[0] == [{"id": europe, "@removed": {"reason": "deleted"}}]


def test_a_deleted_folder_is_not_found(client: Client, directory: Directory, owner: str) -> None:
    customers = folder_id(directory, owner, "Contacts/Customers")
    _, link = client.round(delta_of(owner, customers))
    directory.change(op("delete_folder", user=owner, folder="Contacts/Customers"))
    assert client.get(link).code == "ErrorItemNotFound"
    assert client.get(f"/users/{owner}/contactFolders/{customers}/contacts").status == 404


def test_an_emptied_mailbox_is_empty(client: Client, directory: Directory, owner: str) -> None:
    _, link = client.round(delta_of(owner, "contacts"))
    directory.change(op("empty_mailbox", user=owner))
    assert client.get(f"/users/{owner}/contacts").json["value"] == []
    assert client.get(f"/users/{owner}/contactFolders").json["value"] == []
    assert sum("@removed" in one for one in client.round(link)[0]) == 3


def test_lost_tokens_of_contacts(client: Client, directory: Directory, owner: str) -> None:
    _, link = client.round(delta_of(owner, "contacts"))
    directory.expire_delta_tokens(contacts=True)
    answer = client.get(link)
    assert (answer.status, answer.code) == (410, "SyncStateNotFound")
    assert "location" not in answer.headers
    _, link = client.round(delta_of(owner, "contacts"))
    client.simulator.set(mailbox_generations=2)
    for number in range(3):
        assert client.get(link).status == 200
        directory.change(op("add_contact", user=owner, set={"displayName": f"N {number}"}))
    assert client.get(link).status == 410


def test_a_token_belongs_to_one_folder(client: Client, directory: Directory, owner: str) -> None:
    _, link = client.round(delta_of(owner, "contacts"))
    customers = folder_id(directory, owner, "Contacts/Customers")
    token = link.partition("?")[2]
    stolen = f"/users/{owner}/contactFolders/{customers}/contacts/delta?{token}"
    assert client.get(stolen).code == "SyncStateInvalid"
    assert client.get(f"{delta_of(owner, 'contacts')}&$deltatoken=abc").status == 400


def test_tokens_work_with_both_kinds_of_ids(
    client: Client, directory: Directory, owner: str
) -> None:
    _, link = client.round(delta_of(owner, "contacts"))
    contact = directory.mailbox(owner).contacts[0]
    directory.change(
        op("update_contact", user=owner, contact=contact.number, set={"displayName": "X"})
    )
    assert client.get(link).json["value"][0]["id"] == contact.id
    assert client.get(link, Prefer=IMMUTABLE).json["value"][0]["id"] == contact.immutable_id


def test_immutable_ids_can_be_made_the_default(
    client: Client, directory: Directory, owner: str
) -> None:
    client.simulator.set(immutable_ids=True)
    found = client.get(f"/users/{owner}/contacts").json["value"]
    assert found[0]["id"] == directory.mailbox(owner).contacts[0].immutable_id


@pytest.mark.parametrize("option", ["$top=5", "$filter=x", "$orderby=displayName"])
def test_options_that_delta_does_not_have_are_refused(
    client: Client, owner: str, option: str
) -> None:
    path = f"/users/{owner}/contactFolders/contacts/contacts/delta?{option}"
    assert client.get(path).status == 400


def test_the_unreferenced_delta_of_all_contacts_is_there(client: Client, owner: str) -> None:
    records, _ = client.round(f"/users/{owner}/contacts/delta()")
    assert len(records) == 3
