"""Contoso, the sample company, has everything a demo and a careful reader want to see."""

from collections import Counter

import pytest

from tests.simulator.conftest import Connect
from tests.simulator.control import Directory, Simulator
from tests.simulator.graph import Client


@pytest.fixture
def contoso(simulator: Simulator) -> Directory:
    """The sample company."""
    return simulator.add_directory("contoso")


@pytest.fixture
def client(contoso: Directory, connect: Connect) -> Client:
    """A client of the sample company."""
    return connect(contoso)


def test_who_is_there(contoso: Directory) -> None:
    users = contoso.users()
    kinds = Counter(one.mailbox for one in users)
    assert 55 <= kinds["user"] + kinds["none"] <= 65
    assert (kinds["room"], kinds["shared"]) == (3, 2)
    properties = [one.properties for one in users]
    assert sum(one["userType"] == "Guest" for one in properties) == 2
    people = [one.properties for one in users if one.mailbox in ("user", "none")]
    assert sum(not one["accountEnabled"] for one in people) == 1
    assert sum("mail" not in one for one in people) == 2
    assert len({one.get("country") for one in people if one.get("country")}) >= 12
    nameless = [one for one in people if "givenName" not in one and "surname" not in one]
    assert [one["displayName"] for one in nameless] == ["Front Desk Redmond"]
    assert sum(("givenName" in one) != ("surname" in one) for one in people) == 1
    names = Counter(one["displayName"] for one in people)
    assert names["Anna Schmidt"] == 2
    assert max(len(name) for name in names) > 64
    assert {"佐藤 健", "يوسف الحربي", "Siobhán O'Connor", "Łukasz Wiśniewski"} <= set(names)
    assert sum("mobilePhone" not in one for one in people) > 15


def test_addresses_are_different_and_can_be_mailed(contoso: Directory) -> None:
    addresses = [one.properties["mail"] for one in contoso.users() if "mail" in one.properties]
    assert len(set(addresses)) == len(addresses)
    assert all(address.isascii() and " " not in address for address in addresses)
    members = [address for address in addresses if address.endswith("@contoso.example")]
    assert len(members) >= len(addresses) - 2


def test_about_forty_have_photos_of_several_kinds(client: Client, contoso: Directory) -> None:
    owners = [one.id for one in contoso.users() if one.photo]
    assert 35 <= len(owners) <= 50
    kinds: Counter[bytes] = Counter()
    sizes: set[str] = set()
    for who in owners:
        value = client.get(f"/users/{who}/photo/$value")
        assert value.status == 200
        kinds[value.body[:4]] += 1
        sizes.add(client.get(f"/users/{who}/photo").json["id"])
    assert kinds[b"\x89PNG"] >= 3
    assert kinds[b"\xff\xd8\xff\xfe"] >= 30
    assert len(sizes) >= 4


def test_two_shared_mailboxes_with_nested_folders(contoso: Directory) -> None:
    total = 0
    for name in ("sales.partners@contoso.example", "suppliers@contoso.example"):
        mailbox = contoso.mailbox(name)
        total += len(mailbox.contacts)
        paths = [one.path for one in mailbox.folders]
        assert any(path.count("/") == 2 for path in paths)
        used = {one.folder for one in mailbox.contacts}
        assert "Contacts" in used
        assert len(used) >= 5
        names = [one.properties["displayName"] for one in mailbox.contacts]
        assert len(set(names)) > 0.8 * len(names)
    assert 200 <= total <= 400


def test_own_contacts_have_numbers_as_people_write_them(contoso: Directory) -> None:
    filled = {}
    for one in contoso.users(show="mailbox"):
        if one.mailbox == "user":
            contacts = contoso.mailbox(one.id).contacts
            if contacts:
                filled[one.id] = contacts
    assert 12 <= len(filled) <= 25
    numbers = {
        number
        for contacts in filled.values()
        for contact in contacts
        for number in contact.properties.get("businessPhones", [])
    }
    assert "+1 (425) 555-0109 x12" in numbers
    assert any(number.startswith("089 / ") for number in numbers)
    assert any(not number.isascii() for number in numbers)


def test_groups_within_a_group(contoso: Directory) -> None:
    groups = {one.name: one for one in contoso.groups()}
    assert set(groups["All Sales"].members) == {
        groups["Sales EMEA"].id,
        groups["Sales Americas and Asia-Pacific"].id,
    }
    assert all(group.members for group in groups.values())


def test_a_first_round_fits_one_page(client: Client, contoso: Directory) -> None:
    records, _ = client.round("/users/delta?$select=displayName,mail")
    assert len(records) == len(contoso.users())
