"""Groups: members, members of members, and in which groups somebody is."""

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.graph import Client


@pytest.fixture
def nested(simulator: Simulator) -> Directory:
    """Five people: two in Inner, one in Outer, which holds Inner; two in no group."""
    directory = simulator.add_directory(
        "people:5,name=nested,groups=0,shared=0,rooms=0,guests=0,mailless=0"
    )
    first, second, third, *_ = (one.id for one in directory.users())
    directory.change(
        op("add_group", name="Inner", members=[first, second]),
        op("add_group", name="Outer", members=["Inner", third]),
    )
    return directory


@pytest.fixture
def reader(nested: Directory, connect: Connect) -> Client:
    """A client of the nested groups."""
    return connect(nested)


def ids(client: Client, path: str) -> list[str]:
    return [one["id"] for page in client.pages(path) for one in page["value"]]


def test_members_and_members_of_members(reader: Client, nested: Directory) -> None:
    first, second, third, *_ = (one.id for one in nested.users())
    inner, outer = (group.id for group in nested.groups())
    assert ids(reader, f"/groups/{outer}/members") == [inner, third]
    assert ids(reader, f"/groups/{outer}/members/microsoft.graph.user") == [third]
    assert set(ids(reader, f"/groups/{outer}/transitiveMembers")) == {inner, first, second, third}
    casts = ("microsoft.graph.user", "graph.user")
    for cast in casts:
        found = ids(reader, f"/groups/{outer}/transitiveMembers/{cast}?$select=displayName&$top=2")
        assert sorted(found) == sorted([first, second, third])
    kinds = [one["@odata.type"] for one in reader.get(f"/groups/{outer}/members").json["value"]]
    assert kinds == ["#microsoft.graph.group", "#microsoft.graph.user"]


def test_members_are_counted_for_those_who_can_wait(reader: Client, nested: Directory) -> None:
    outer = nested.groups()[1].id
    for path, count in (("members", b"2"), ("transitiveMembers", b"4")):
        assert reader.get(f"/groups/{outer}/{path}/$count").status == 400
        eventual = reader.get(f"/groups/{outer}/{path}/$count", ConsistencyLevel="eventual")
        assert eventual.body == count
    assert reader.get("/groups/$count", ConsistencyLevel="eventual").body == b"2"


def test_deleted_people_leave_their_groups(reader: Client, nested: Directory) -> None:
    inner = nested.groups()[0]
    nested.change(op("delete_user", user=inner.members[0]))
    assert ids(reader, f"/groups/{inner.id}/members") == list(inner.members[1:])


def test_groups_are_listed_found_and_shown(reader: Client, nested: Directory) -> None:
    inner, outer = (group.id for group in nested.groups())
    assert ids(reader, "/groups?$top=1") == [inner, outer]
    assert ids(reader, "/groups?$filter=displayName%20eq%20'outer'") == [outer]
    assert ids(reader, "/groups?$filter=startswith(displayName,'in')") == [inner]
    assert reader.get("/groups?$filter=visibility%20eq%20'x'").code == "Request_UnsupportedQuery"
    shown = reader.get(f"/groups/{inner}?$select=displayName").json
    assert (shown["id"], shown["displayName"]) == (inner, "Inner")
    assert "mail" not in shown
    assert reader.get("/groups/nothing").code == "Request_ResourceNotFound"
    search = reader.get("/groups?$search=%22displayName:out%22", ConsistencyLevel="eventual")
    assert [one["id"] for one in search.json["value"]] == [outer]


def test_in_which_groups_somebody_is(reader: Client, nested: Directory) -> None:
    inner, outer = nested.groups()
    first, third = inner.members[0], outer.members[1]
    assert ids(reader, f"/users/{first}/transitiveMemberOf") == [inner.id, outer.id]
    assert ids(reader, f"/users/{third}/transitiveMemberOf/microsoft.graph.group") == [outer.id]
    body = {"groupIds": [outer.id, inner.id]}
    for path in (f"/users/{third}", f"/directoryObjects/{third}"):
        assert reader.post(f"{path}/checkMemberGroups", body).json["value"] == [outer.id]
    too_many = {"groupIds": [outer.id] * 21}
    assert reader.post(f"/users/{third}/checkMemberGroups", too_many).status == 400


def test_members_come_and_go(reader: Client, nested: Directory) -> None:
    inner = nested.groups()[0]
    newcomer = nested.users()[4].id
    assert ids(reader, f"/groups/{inner.id}/members") == list(inner.members)
    nested.change(
        op("add_member", group="Inner", member=newcomer),
        op("remove_member", group=inner.id, member=inner.members[0]),
    )
    assert ids(reader, f"/groups/{inner.id}/members") == [inner.members[1], newcomer]
    nested.change(op("delete_group", group="Inner"))
    assert reader.get(f"/groups/{inner.id}").status == 404
    assert ids(reader, f"/groups/{nested.groups()[0].id}/members") == [nested.users()[2].id]
