"""Who has a mailbox, of which kind, and which application may look into it."""

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.graph import Client


def one_of(directory: Directory, mailbox: str) -> str:
    return next(one.id for one in directory.users() if one.mailbox == mailbox)


@pytest.mark.parametrize("kind", ["user", "shared", "room"])
def test_the_purpose_of_a_mailbox(client: Client, directory: Directory, kind: str) -> None:
    who = one_of(directory, kind)
    assert client.get(f"/users/{who}/mailboxSettings/userPurpose").json["value"] == kind
    settings = client.get(f"/users/{who}/mailboxSettings?$select=userPurpose").json
    assert settings["userPurpose"] == kind


def test_shared_mailboxes_look_like_people_who_cannot_sign_in(
    client: Client, directory: Directory
) -> None:
    who = one_of(directory, "shared")
    select = "accountEnabled,assignedLicenses,mail,userType,givenName,surname"
    found = client.get(f"/users/{who}?$select={select}").json
    assert found["accountEnabled"] is False
    assert found["assignedLicenses"] == []
    assert found["userType"] == "Member"
    assert found["givenName"] is found["surname"] is None
    assert client.get(f"/users/{found['mail']}/contacts").json["value"]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("none", 404, "MailboxNotEnabledForRESTAPI"),
        ("inactive", 404, "MailboxNotEnabledForRESTAPI"),
        ("on-premises", 404, "MailboxNotHostedInExchangeOnline"),
    ],
)
def test_mailboxes_that_cannot_be_read(
    client: Client, directory: Directory, kind: str, status: int, code: str
) -> None:
    who = one_of(directory, "user")
    directory.change(op("set_mailbox", user=who, kind=kind))
    for path in ("contacts", "contactFolders", "mailboxSettings/userPurpose"):
        answer = client.get(f"/users/{who}/{path}")
        assert (answer.status, answer.code) == (status, code)
    assert client.get(f"/users/{who}/settings/exchange").json["primaryMailboxId"] is None
    directory.change(op("set_mailbox", user=who, kind="user"))
    assert client.get(f"/users/{who}/contacts").status == 200
    assert client.get(f"/users/{who}/settings/exchange").json["primaryMailboxId"]


def test_a_mailbox_that_is_being_set_up(client: Client, directory: Directory) -> None:
    who = one_of(directory, "user")
    directory.change(op("set_mailbox", user=who, not_ready_reads=2))
    statuses = [client.get(f"/users/{who}/contacts").status for _ in range(4)]
    assert statuses == [404, 404, 200, 200]


def test_a_mailbox_hidden_by_a_policy(client: Client, directory: Directory) -> None:
    who = one_of(directory, "user")
    directory.change(op("set_mailbox", user=who, denied=True))
    answer = client.get(f"/users/{who}/contacts")
    assert (answer.status, answer.code) == (403, "ErrorAccessDenied")
    assert answer.json["error"]["message"] == "Access to OData is disabled."
    assert client.get(f"/users/{who}/photo").status in (200, 404)


def test_people_who_are_not_there(client: Client, directory: Directory) -> None:
    who = one_of(directory, "user")
    directory.change(op("delete_user", user=who))
    assert client.get(f"/users/{who}/contacts").code == "Request_ResourceNotFound"
    answer = client.get("/users/nobody@people40.example/contacts")
    assert (answer.status, answer.code) == (404, "ErrorInvalidUser")


def test_a_grant_in_exchange_works_without_a_role_in_the_token(
    directory: Directory, connect: Connect
) -> None:
    client = connect(directory, "User.Read.All")
    first, second = [one.id for one in directory.users() if one.mailbox == "user"][:2]
    assert client.get(f"/users/{first}/contacts").code == "ErrorAccessDenied"
    client.application.grant_in_exchange("Contacts.Read", [first])
    assert client.get(f"/users/{first}/contacts").status == 200
    assert client.get(f"/users/{second}/contacts").code == "ErrorAccessDenied"
    assert client.get(f"/users/{first}/mailboxSettings/userPurpose").status == 403
    directory.change(op("set_mailbox", user=first, denied=True))
    assert client.get(f"/users/{first}/contacts").status == 200
    client.application.grant_in_exchange("Contacts.Read")
    assert client.get(f"/users/{second}/contacts").status == 200


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/users", "User.Read.All"),
        ("/users/delta", "User.Read.All"),
        ("/users/{user}", "User.Read.All"),
        ("/organization", "Organization.Read.All"),
        ("/groups", "GroupMember.Read.All"),
        ("/groups/{group}/members", "GroupMember.ReadBasic.All"),
        ("/groups/{group}/transitiveMembers", "GroupMember.Read.All"),
        ("/directory/deletedItems/microsoft.graph.user", "User.Read.All"),
        ("/users/{user}/settings/exchange", "User.Read.All"),
        ("/users/{user}/transitiveMemberOf", "User.Read.All"),
        ("/users/{user}/contacts", "Contacts.Read"),
        ("/users/{user}/contactFolders", "Contacts.ReadWrite"),
        ("/users/{user}/contactFolders/contacts/contacts/delta", "Contacts.Read"),
        ("/users/{user}/mailboxSettings/userPurpose", "MailboxSettings.Read"),
        ("/users/{user}/photos", "ProfilePhoto.Read.All"),
    ],
)
def test_each_resource_needs_its_permission(
    directory: Directory, connect: Connect, path: str, role: str
) -> None:
    user = next(one.id for one in directory.users() if one.photo and one.mailbox == "user")
    path = path.format(user=user, group=directory.groups()[0].id)
    without = connect(directory, "Domain.Read.All", name="without")
    refused = without.get(path)
    outlook = "contact" in path or "mailbox" in path or "photo" in path
    code = "ErrorAccessDenied" if outlook else "Authorization_RequestDenied"
    assert (refused.status, refused.code) == (403, code)
    assert connect(directory, role, name="with").get(path).status == 200


def test_basic_reading_shows_basic_properties(directory: Directory, connect: Connect) -> None:
    client = connect(directory, "User.ReadBasic.All")
    [record] = client.get("/users?$top=1").json["value"]
    assert set(record) == {
        *("id", "displayName", "givenName", "surname", "mail", "userPrincipalName")
    }
    assert client.get("/users?$select=displayName").status == 200
    assert client.get("/users?$select=jobTitle").code == "Authorization_RequestDenied"
    assert client.get("/users/delta").code == "Authorization_RequestDenied"


def test_a_lean_cloud_has_no_settings_of_exchange(
    simulator: Simulator, client: Client, directory: Directory
) -> None:
    who = one_of(directory, "user")
    assert simulator.cloud == "global"
    found = client.get(f"/users/{who}/settings/exchange").json["primaryMailboxId"]
    assert found.endswith(f"@{directory.directory_id}")
