"""The control interface: directories by specification, the truth, days that repeat, the log."""

import time

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import ControlCallError, Directory, Simulator, op
from tests.simulator.graph import Client, KeyPair


def test_a_directory_holds_what_its_specification_says(simulator: Simulator) -> None:
    directory = simulator.add_directory(
        "people:200:6:0.25,name=bigco,guests=0.1,disabled=0.05,shared=4,rooms=9,folders=2,mailless=0"
    )
    users = directory.users()
    assert len(users) == directory.info.users == 213
    assert directory.info.domains == ("bigco.onmicrosoft.com", "bigco.example")
    assert sum(one.properties["userType"] == "Guest" for one in users) == 20
    kinds = [one.mailbox for one in users]
    assert (kinds.count("shared"), kinds.count("room"), kinds.count("equipment")) == (4, 8, 1)
    people = users[:200]
    filled = [one for one in people if directory.mailbox(one.id).contacts]
    assert len(filled) == 50
    assert {len(directory.mailbox(one.id).contacts) for one in filled} == {6}
    paths = [one.path for one in directory.mailbox(filled[0].id).folders]
    assert paths == ["Contacts", "Contacts/Customers", "Contacts/Customers/Europe"]
    enabled = [one for one in people if one.properties["accountEnabled"]]
    assert 188 <= len(enabled) <= 192


def test_values_by_name_say_the_same(simulator: Simulator) -> None:
    by_spec = simulator.add_directory("people:10:2,name=one,seed=s")
    by_name = simulator.add_directory(kind="people", people=10, contacts=2, name="two", seed="t")
    assert by_spec.directory_id != by_name.directory_id
    assert len(by_spec.users()) == len(by_name.users())


@pytest.mark.parametrize(
    "spec",
    ["nonsense", "people:x", "people:5,colour=red", "people:5,guests", "people:-1", "empty:a b"],
)
def test_specifications_that_are_none_are_refused(simulator: Simulator, spec: str) -> None:
    with pytest.raises(ControlCallError):
        simulator.add_directory(spec)


def test_a_name_is_given_once(simulator: Simulator) -> None:
    simulator.add_directory("empty:once")
    with pytest.raises(ControlCallError, match="409"):
        simulator.add_directory("people:5,name=once")


def test_ids_follow_from_the_name(simulator: Simulator) -> None:
    first = simulator.add_directory("people:5,name=same")
    first.remove()
    assert simulator.directories == ()
    second = simulator.add_directory("people:5,name=same")
    assert second.info == first.info


def test_the_same_day_is_the_same_everywhere(simulator: Simulator) -> None:
    days = []
    for _ in range(2):
        directory = simulator.add_directory("people:60:5,name=days")
        happened = directory.evolve(
            seed=3,
            joins=2,
            leaves=2,
            renames=2,
            disables=1,
            phone_changes=3,
            photo_changes=1,
            contact_changes=6,
        )
        days.append((happened, [one.id for one in directory.users()]))
        assert len(happened) == 17
        directory.remove()
    assert days[0] == days[1]


def test_nothing_happens_where_nobody_is(simulator: Simulator) -> None:
    with pytest.raises(ControlCallError, match="nobody"):
        simulator.add_directory("empty:desert").evolve(renames=1)


def test_changes_stop_at_the_first_that_cannot_be_made(directory: Directory) -> None:
    who = directory.users()[0].id
    with pytest.raises(ControlCallError, match="Change 1"):
        directory.change(
            op("disable", user=who),
            op("update_contact", user=who, contact=999, set={}),
            op("enable", user=who),
        )
    assert directory.user(who).properties["accountEnabled"] is False


@pytest.mark.parametrize(
    "change",
    [
        op("nonsense"),
        op("disable"),
        op("disable", user="nobody"),
        op("restore_user", user="nobody"),
        op("add_user", set={}),
        op("set_photo", user="shared1@people40.example", photo="???"),
        op("add_folder", user="shared1@people40.example", name="X", parent="Nowhere"),
        op("delete_folder", user="shared1@people40.example", folder="Contacts"),
        op("add_member", group="none", member="nobody"),
    ],
)
def test_changes_that_are_none_are_refused(directory: Directory, change: dict[str, object]) -> None:
    with pytest.raises(ControlCallError):
        directory.change(change)


def test_a_folder_cannot_be_moved_into_itself(directory: Directory) -> None:
    with pytest.raises(ControlCallError, match="into itself"):
        directory.change(
            op(
                "move_folder",
                user="shared1@people40.example",
                folder="Contacts/Customers",
                to="Contacts/Customers/Europe",
            )
        )


def test_people_are_found_by_any_of_their_names(directory: Directory) -> None:
    who = directory.users()[0]
    alias = who.properties["proxyAddresses"][1].removeprefix("smtp:")
    for name in (who.id, who.properties["userPrincipalName"], alias.upper()):
        assert directory.user(name).id == who.id


def test_the_truth_can_be_asked_for_in_parts(directory: Directory) -> None:
    directory.change(op("delete_user", user=directory.users()[0].id))
    [gone] = directory.users(life="deleted")
    assert gone.life == "deleted"
    assert len(directory.users(life="all")) == len(directory.users()) + 1
    short = directory.users(select=["displayName"], show="properties")
    assert set(short[0].properties) == {"displayName"}
    assert short[0].mailbox == ""


def test_a_new_certificate_s_thumbprints(client: Client) -> None:
    info = client.application.upload(client.keys.pem)
    assert info.thumbprint_sha1 == client.keys.sha1.hex().upper()
    assert info.thumbprint_sha256 == client.keys.sha256.hex().upper()


def test_settings_that_are_none_are_refused(simulator: Simulator) -> None:
    for settings in ({"nonsense": 1}, {"users_page_size": "many"}):
        with pytest.raises(ControlCallError):
            simulator.set(**settings)


def test_paths_and_methods_that_are_none_are_refused(directory: Directory) -> None:
    for method, path in (("GET", "/nonsense"), ("DELETE", "/settings"), ("GET", "/directories/x")):
        with pytest.raises(ControlCallError):
            directory.wire.do(method, path)


def test_a_recording_holds_both_sides_and_no_token(client: Client) -> None:
    assert client.token
    with client.simulator.recording() as exchanges:
        client.get("/organization", Prefer="x")
    client.get("/organization")
    [exchange] = exchanges
    assert exchange.path == "/v1.0/organization"
    assert exchange.request_headers["prefer"] == "x"
    assert "authorization" not in exchange.request_headers
    assert '"verifiedDomains"' in exchange.response_body


def test_two_hundred_thousand_people_are_there_at_once(
    simulator: Simulator, connect: Connect
) -> None:
    began = time.monotonic()
    client = connect(simulator.add_directory("people:200000:5"))
    page = client.get("/users/delta?$select=displayName,mail", Prefer="odata.maxpagesize=999")
    assert len(page.json["value"]) == 999
    assert time.monotonic() - began < 10


def test_what_is_not_named_of_a_directory_or_an_application_stays(
    directory: Directory, keys: KeyPair, simulator: Simulator
) -> None:
    directory.limit_certificates(180)
    directory.set_user_consent("disabled")
    [application] = directory.applications
    with pytest.raises(ControlCallError, match="lifetime exceeds"):
        application.upload(keys.pem)

    application.register("https://pbx.example.com/x", optional_claims=["upn"])
    application.register("https://pbx.example.com/y", logout_url="https://pbx.example.com/z")

    [info] = simulator.directory(directory.directory_id).info.applications
    assert info.redirect_uris == ("https://pbx.example.com/y",)
    assert (info.optional_claims, info.logout_url) == (("upn",), "https://pbx.example.com/z")
    assert set(info.delegated) == {"openid", "profile"}
    assert "User.Read.All" in info.roles
    for nonsense in ("sometimes", ""):
        with pytest.raises(ControlCallError):
            directory.set_user_consent(nonsense)
    with pytest.raises(ControlCallError):
        directory.change_keys("lose")
