"""The simulator at the size the product promises: 200,000 people, 1,000,000 contacts."""

import time
from pathlib import Path

import pytest

from tests.simulator.control import Simulator
from tests.simulator.graph import Client, KeyPair

PEOPLE = 200_000
CONTACTS = 200
MAILBOXES = 5_000
MIB_LIMIT = 2_000


def resident_mib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


@pytest.mark.long
def test_everybody_and_a_million_contacts_are_read(tmp_path: Path, keys: KeyPair) -> None:
    spec = f"people:{PEOPLE}:{CONTACTS}:{MAILBOXES / PEOPLE},shared=0,rooms=0,guests=0,mailless=0"
    with Simulator.started(tmp_path, spec) as simulator:
        [directory] = simulator.directories
        application = directory.applications[0]
        application.upload(keys.pem)
        client = Client(simulator, application, keys)
        people = 0
        for page in client.pages(
            "/users/delta?$select=displayName,mail", Prefer="odata.maxpagesize=999"
        ):
            people += len(page["value"])
        assert people == PEOPLE
        users = directory.users(show="")
        step = PEOPLE // MAILBOXES
        owners = [one.id for one in users[step - 1 :: step]]
        contacts = 0
        for start in range(0, len(owners), 20):
            items = [
                {"id": who, "method": "GET", "url": f"/users/{who}/contacts?$top=999"}
                for who in owners[start : start + 20]
            ]
            for answer in client.batch(*items).values():
                contacts += len(answer["body"]["value"]) if answer["status"] == 200 else 0
        assert contacts == MAILBOXES * CONTACTS
        assert resident_mib(simulator.pid) < MIB_LIMIT


@pytest.mark.long
def test_a_thousand_changes_in_the_largest_directory_are_a_small_round(
    tmp_path: Path, keys: KeyPair
) -> None:
    with Simulator.started(tmp_path, f"people:{PEOPLE}") as simulator:
        [directory] = simulator.directories
        application = directory.applications[0]
        application.upload(keys.pem)
        client = Client(simulator, application, keys)
        _, link = client.round("/users/delta?$deltatoken=latest&$select=displayName,mobilePhone")
        directory.evolve(seed=1, joins=200, leaves=200, renames=300, phone_changes=300)
        began = time.monotonic()
        records, _ = client.round(link, Prefer="odata.maxpagesize=999")
        assert 900 < len({record["id"] for record in records}) <= 1000
        assert time.monotonic() - began < 5
