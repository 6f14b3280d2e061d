"""What the simulator accepts and answers, on every route, is what the contract's OpenAPI says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from m365sim.graph.router import Route
from m365sim.graph.routes import all_routes
from tests.simulator.conftest import Connect
from tests.simulator.contract import OPENAPI, Contract, Spoken, parsed, read_contract
from tests.simulator.control import Directory, Simulator, op
from tests.simulator.graph import Client
from tests.simulator.shown import ExchangeSeen

NOT_DESCRIBED = (
    "checkMemberGroups",  # asked of each user instead of a group's members, and not in the subset
    "/childFolders/*/childFolders",  # the subset ends one level higher
    "/childFolders/*/childFolders/*",
    "/childFolders/*/contacts/*/photo",
    "/childFolders/*/contacts/$count",
    "/contactFolders/*/contacts/$count",
    "/groups/*/transitiveMembers/user/$count",
    "/users/*/transitiveMemberOf",
)
SPELLED = {"user": "microsoft.graph.user", "group": "microsoft.graph.group"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The judge."""
    found = read_contract()
    if found is None:
        pytest.skip(f"{OPENAPI.name} of the contract is not beside the repository")
    return found


@pytest.fixture
def directory(simulator: Simulator) -> Directory:
    """A directory in which every route finds something."""
    directory = simulator.add_directory("people:60:15,folders=6,guests=0.05,mailless=0.1")
    users = directory.users()
    directory.change(
        op("delete_user", user=users[-8].id),
        op("update_user", user=users[2].id, set={"mobilePhone": None, "faxNumber": "1"}),
    )
    return directory


class Session:
    """Concrete paths for all routes, in one mailbox and one group."""

    def __init__(self, client: Client, directory: Directory) -> None:
        self.client = client
        self.directory = directory
        self.user = next(one.id for one in directory.users() if one.mailbox == "user" and one.photo)
        self.nobody = next(one.id for one in directory.users() if one.mailbox == "none")
        directory.change(op("remove_photo", user=self.nobody))
        mailbox = directory.mailbox(self.user)
        self.mailbox = mailbox
        self._folders = {one.path: one.id for one in mailbox.folders}

    def path(self, route: Route) -> str | None:
        """Return a path for a route, None where it goes too deep for the contract."""
        found: list[str] = []
        folder = "Contacts"
        segments = route.path.strip("/").split("/")
        if route.path.count("childFolders/*") > 1:
            return None
        for place, segment in enumerate(segments):
            if segment != "*":
                cast = segment if place == 0 else SPELLED.get(segment, segment)
                found.append(cast)
                continue
            holder = segments[place - 1]
            if holder in ("contactFolders", "childFolders"):
                folder = {"Contacts": "Contacts/Customers"}.get(folder, f"{folder}/Europe")
                found.append(self._folders[folder])
            elif holder == "contacts":
                inside = folder if "contactFolders" in segments else "Contacts"
                found.append(next(c.id for c in self.mailbox.contacts if c.folder == inside))
            else:
                found.append(
                    {
                        "users": self.user,
                        "directoryObjects": self.user,
                        "photos": "48x48",
                        "groups": self.directory.groups()[0].id,
                        "organization": self.directory.directory_id,
                    }[holder]
                )
        return "/" + "/".join(found)

    def body(self, route: Route) -> dict[str, object]:
        """Return a body for a route that is posted to."""
        if route.path.endswith("checkMemberGroups"):
            return {"groupIds": [group.id for group in self.directory.groups()]}
        ids = [contact.id for contact in self.mailbox.contacts][:3]
        return {
            "inputIds": [*ids, "nonsense"],
            "sourceIdType": "restId",
            "targetIdType": "restImmutableEntryId",
        }


def described(route: Route) -> bool:
    return not any(part in route.path for part in NOT_DESCRIBED)


def spoken_in(exchange: ExchangeSeen) -> Iterator[Spoken]:
    """Yield an exchange, and the items of a batch as exchanges of their own."""
    kind = exchange.response_headers["Content-Type"]
    request: Any = json.loads(exchange.request_body) if exchange.request_body else None
    body: Any = parsed(kind, exchange.response_body)
    path = exchange.path.removeprefix("/v1.0")
    yield Spoken(exchange.method, path, request, exchange.status, kind, body)
    if path != "/$batch" or exchange.status != 200:
        return
    asked = {one["id"]: one for one in request["requests"]}
    for one in body["responses"]:
        item = asked[one["id"]]
        kind = one["headers"]["Content-Type"]
        body = str(one["body"]) if kind.startswith("text/") else one["body"]
        yield Spoken(item["method"], item["url"], item.get("body"), one["status"], kind, body)


def talk(session: Session) -> None:
    """Touch every route: plainly, with options, with errors, in rounds and in batches."""
    client = session.client
    eventual = {"ConsistencyLevel": "eventual"}
    items: list[dict[str, object]] = []
    for route in all_routes():
        path = session.path(route)
        if path is None or not described(route):
            continue
        if route.method == "POST":
            assert client.post(path, session.body(route)).status == 200
            continue
        answer = client.get(path, **eventual)
        expected = (404,) if "/contacts/*/photo" in route.path else (200,)
        assert answer.status in expected, (route.path, answer.body)
        items.append({"id": str(len(items)), "method": "GET", "url": path, "headers": eventual})
        if "$top" in route.options:
            client.get(f"{path}?$top=2", **eventual)
    for start in range(0, len(items), 3):
        client.batch(*items[start : start + 3])
    every = "id,displayName,mail,accountEnabled,assignedLicenses,proxyAddresses,otherMails,userType"
    for query in (
        f"$select={every},deletedDateTime,faxNumber",
        "$filter=startswith(displayName,'a')",
    ):
        client.get(f"/users?{query}&$count=true&$orderby=displayName", **eventual)
    rounds(session, every)
    errors(session)


def rounds(session: Session, select: str) -> None:
    client, directory, user = session.client, session.directory, session.user
    folder = f"/users/{user}/contactFolders/contacts/contacts"
    links = [
        client.round(path)[1]
        for path in (
            f"/users/delta?$select={select}",
            "/users/delta()",
            "/users/microsoft.graph.delta",
            f"{folder}/delta?$select=displayName,businessPhones",
            f"{folder}/delta()",
            f"/users/{user}/contactFolders/delta",
        )
    ]
    contact = session.mailbox.contacts[0].number
    directory.change(
        op("delete_user", user=directory.users()[-1].id),
        op("update_user", user=user, set={"displayName": "Changed"}),
        op("delete_contact", user=user, contact=contact),
        op("add_contact", user=user, set={"displayName": "New"}),
        op("delete_folder", user=user, folder="Contacts/Suppliers"),
    )
    for link in links:
        assert client.get(link).json["value"]
    client.get("/users/delta?$deltatoken=latest")
    directory.expire_delta_tokens(users=True, contacts=True)
    for link in links:
        assert client.get(link).status == 410


def errors(session: Session) -> None:
    client = session.client
    for path in (
        "/users/nobody",
        f"/users/{session.nobody}/contacts",
        f"/users/{session.nobody}/photo",
        "/users?$select=mailboxSettings",
        "/users?$select=skills",
        "/groups/nothing",
    ):
        assert client.get(path).status >= 400
    client.get("/users", Authorization="Bearer nonsense")
    client.post("/$batch", {"requests": []})
    client.simulator.fault("throttle", path="/users")
    client.get("/users")
    client.simulator.fault("status", path="/users", status=503)
    client.get("/users")


def test_everything_said_on_every_route_is_what_the_contract_says(
    contract: Contract, directory: Directory, connect: Connect
) -> None:
    client = connect(directory)
    assert client.token
    session = Session(client, directory)
    with client.simulator.recording() as exchanges:
        talk(session)
    wrong = [
        f"{spoken.method} {spoken.path[:120]} {spoken.status}: {complaint}"
        for exchange in exchanges
        for spoken in spoken_in(exchange)
        for complaint in contract.complaints(spoken)
    ]
    assert not wrong, "\n".join(wrong[:20])
    routes = {
        f"{route.method} {template}"
        for route in all_routes()
        if described(route)
        if (path := session.path(route)) is not None
        if (template := contract.template(path)) is not None
    }
    assert routes <= contract.used
    assert len(exchanges) > 100


def test_the_judge_is_strict(contract: Contract) -> None:
    """A property that Graph does not have, a wrong type, an unknown option: each is found."""
    good = Spoken("GET", "/users?$top=5", None, 200, "application/json", {"value": []})
    assert not list(contract.complaints(good))
    page = {"value": [{"id": "1", "shoeSize": 42}, {"id": 5}]}
    bad = Spoken("GET", "/users?$skip=5", None, 200, "application/json", page)
    assert len(list(contract.complaints(bad))) == 3
    nowhere = Spoken("GET", "/nonsense", None, 200, "application/json", {})
    assert list(contract.complaints(nowhere)) == ["no such path"]
