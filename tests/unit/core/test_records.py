"""Records, and fingerprints that are the same in any process on any machine."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.unit.core.samples import record

from rollcall.core.records import (
    ContactId,
    ContactRecord,
    FolderId,
    Phone,
    UserRecord,
    fingerprint,
)

ROOT = Path(__file__).parents[3]
PROGRAM = """
from rollcall.core.plan import UserPlan, plan_digest
from rollcall.core.policy import Mode, Selection, policy_digest
from rollcall.core.records import fingerprint
from tests.unit.core.samples import newcomer, plan, policy, record
people = [record(name, aliases=("a@x.example", "b@x.example")) for name in ("anna", "bob", "émile")]
ids = frozenset(each.source_id for each in people)
selection = Selection(mode=Mode.ONLY, ids=ids)
chosen = policy(selection=selection, reserved=frozenset(range(100, 150)))
made = plan(*map(newcomer, people), by=chosen)
print(*(fingerprint(each).hex() for each in people))
print(policy_digest(chosen).hex(), plan_digest(made).hex())
"""


def said_in_a_process(seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_fingerprints_and_digests_are_equal_in_processes_that_hash_otherwise() -> None:
    said = {said_in_a_process(seed) for seed in ("0", "1", "4242")}
    assert len(said) == 1
    assert len(said.pop().split()) == 5


def test_a_fingerprint_changes_with_every_field_of_a_person() -> None:
    anna = record("anna")
    prints = {fingerprint(anna)}
    for name in UserRecord.__struct_fields__:
        before = getattr(anna, name)
        other: object
        if isinstance(before, bool):
            other = not before
        elif isinstance(before, tuple):
            other = (*before, "z@contoso.example")
        else:
            other = f"{before}!"
        prints.add(fingerprint(msgspec.structs.replace(anna, **{name: other})))
    assert len(prints) == len(UserRecord.__struct_fields__) + 1


def test_a_value_in_another_field_is_another_fingerprint() -> None:
    assert fingerprint(record("anna", office="Berlin")) != fingerprint(
        record("anna", department="Berlin")
    )


def test_a_contacts_fingerprint_knows_the_country_it_is_dialled_from() -> None:
    ada = ContactRecord(ContactId("ada"), FolderId("contacts"), phones=(Phone("home", "1"),))
    assert fingerprint(ada, "DE") != fingerprint(ada, "AT")
    assert fingerprint(ada, "DE") == fingerprint(ada, "DE")


@pytest.mark.parametrize(
    ("first", "last", "named"), [("", "", False), ("Anna", "", True), ("", "Weber", True)]
)
def test_one_name_is_a_name(
    first: str,
    last: str,
    *,
    named: bool,
) -> None:
    assert record("anna", first_name=first, last_name=last).named is named


def test_people_stand_in_the_order_of_their_case_folded_names_then_of_their_ids() -> None:
    people = [
        record("4", display_name="bob"),
        record("3", display_name="Änne"),
        record("2", display_name="STRASSE"),
        record("1", display_name="straße"),
        record("0", display_name="Anna"),
        record("5", display_name="BOB"),
    ]
    ordered = sorted(people, key=lambda each: each.sort_key)
    assert [each.source_id for each in ordered] == ["0", "4", "5", "1", "2", "3"]
