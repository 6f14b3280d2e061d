"""Answers are kept between requests; every change that shows in one must end it."""

from collections.abc import Callable

import pytest

from tests.simulator.control import Directory, op
from tests.simulator.graph import Client

Change = Callable[[Directory, str], object]


def contact_of(directory: Directory, who: str) -> int:
    return directory.mailbox(who).contacts[0].number


CHANGES: dict[str, tuple[str, Change]] = {
    "a user's properties": (
        "/users/{who}",
        lambda d, who: d.change(op("update_user", user=who, set={"jobTitle": "Other"})),
    ),
    "a list of users": (
        "/users?$select=displayName",
        lambda d, who: d.change(op("delete_user", user=who)),
    ),
    "a round of users": (
        "/users/delta?$select=displayName",
        lambda d, who: d.change(op("update_user", user=who, set={"displayName": "Other"})),
    ),
    "the recycle bin": (
        "/directory/deletedItems/microsoft.graph.user",
        lambda d, who: d.change(op("delete_user", user=who)),
    ),
    "contacts": (
        "/users/{who}/contacts",
        lambda d, who: d.change(op("delete_contact", user=who, contact=contact_of(d, who))),
    ),
    "contacts of somebody who leaves": (
        "/users/{who}/contacts",
        lambda d, who: d.change(op("delete_user", user=who)),
    ),
    "contacts hidden by a policy": (
        "/users/{who}/contacts",
        lambda d, who: d.change(op("set_mailbox", user=who, denied=True)),
    ),
    "folders": (
        "/users/{who}/contactFolders",
        lambda d, who: d.change(op("add_folder", user=who, name="New")),
    ),
    "a round of contacts": (
        "/users/{who}/contactFolders/contacts/contacts/delta",
        lambda d, who: d.change(op("add_contact", user=who, set={"displayName": "New"})),
    ),
    "a photo": (
        "/users/{who}/photo",
        lambda d, who: d.change(op("set_photo", user=who, seed="other", size=96)),
    ),
    "the purpose of a mailbox": (
        "/users/{who}/mailboxSettings/userPurpose",
        lambda d, who: d.change(op("set_mailbox", user=who, kind="shared")),
    ),
    "whether there is a mailbox": (
        "/users/{who}/settings/exchange",
        lambda d, who: d.change(op("set_mailbox", user=who, kind="none")),
    ),
    "groups": ("/groups", lambda d, who: d.change(op("add_group", name="New"))),
    "members": (
        "/groups/{group}/members",
        lambda d, who: d.change(op("add_member", group="Everybody in a team", member=who)),
    ),
    "memberships": (
        "/users/{who}/transitiveMemberOf",
        lambda d, who: d.change(op("add_group", name="New", members=[who])),
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen_at_once(client: Client, directory: Directory, what: str) -> None:
    path, change = CHANGES[what]
    who = next(one.id for one in directory.users() if one.mailbox == "user" and one.photo)
    group = next(one.id for one in directory.groups() if one.name == "Everybody in a team")
    path = path.format(who=who, group=group)
    before = client.get(path)
    assert (client.get(path).status, client.get(path).body) == (before.status, before.body)
    change(directory, who)
    after = client.get(path)
    assert (after.status, after.body) != (before.status, before.body)


def test_a_setting_is_seen_at_once(client: Client) -> None:
    assert len(client.get("/users").json["value"]) > 5
    client.simulator.set(users_page_size=5)
    assert len(client.get("/users").json["value"]) == 5


def test_packed_answers_are_what_the_plain_ones_are(client: Client, directory: Directory) -> None:
    """Parts of a batch are packed apart and kept; put together they must make one body."""
    people = [one.id for one in directory.users() if one.mailbox == "user"][:6]
    items = [
        {"id": str(number), "method": "GET", "url": f"/users/{who}/{path}"}
        for number, (who, path) in enumerate(
            (who, path) for who in people for path in ("contacts", "photo/$value", "photos")
        )
    ]
    plain = client.post("/$batch", {"requests": items}).json
    for _ in range(2):
        packed = client.post("/$batch", {"requests": items}, **{"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert normal(packed.json) == normal(plain)


def normal(answer: dict[str, list[dict[str, object]]]) -> object:
    """Without what differs from request to request: the ids in errors."""
    return [one for one in answer["responses"] if one["status"] == 200]
