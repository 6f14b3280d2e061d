"""Selections, and the digest that says that a policy is another one."""

import msgspec
import pytest
from tests.unit.core.samples import POLICY, policy

from rollcall.core.numbering import NumberRange
from rollcall.core.policy import (
    Leavers,
    LinkPolicy,
    ListedSelection,
    ListLine,
    Mode,
    Names,
    Selection,
    UserPolicy,
    policy_digest,
)
from rollcall.core.records import SourceId

ANNA, BOB = SourceId("anna"), SourceId("bob")


@pytest.mark.parametrize(
    ("mode", "there", "absent"),
    [(Mode.ALL, True, True), (Mode.ONLY, True, False), (Mode.EXCEPT, False, True)],
)
def test_a_selection_is_all_only_these_or_all_but_these(
    mode: Mode,
    *,
    there: bool,
    absent: bool,
) -> None:
    selection = Selection(mode=mode, ids=frozenset({ANNA}))
    assert selection.includes(ANNA) is there
    assert selection.includes(BOB) is absent


def test_a_listed_selection_is_what_its_lines_are_bound_to_and_what_was_found() -> None:
    lines = (ListLine("anna", ANNA), ListLine("bob@contoso.example"))
    listed = ListedSelection(mode=Mode.ONLY, lines=lines)
    assert listed.unbound == ("bob@contoso.example",)
    assert listed.select().ids == {ANNA}
    assert listed.select([BOB]) == Selection(mode=Mode.ONLY, ids=frozenset({ANNA, BOB}))


OTHERS = {
    "scope": NumberRange(200, 205),
    "reserved": frozenset({201}),
    "selection": Selection(mode=Mode.ONLY, ids=frozenset({ANNA})),
    "guests": True,
    "names": Names.DISPLAY_NAME,
    "leavers": Leavers(keep=True),
    "link": LinkPolicy.NEVER,
}


def test_every_part_of_a_policy_is_in_its_digest() -> None:
    assert OTHERS.keys() == set(UserPolicy.__struct_fields__)
    digests = {policy_digest(policy(**{name: value})) for name, value in OTHERS.items()}
    assert len({*digests, policy_digest(POLICY)}) == len(OTHERS) + 1


def test_leavers_and_selections_are_in_the_digest_with_all_they_say() -> None:
    some = [
        policy(leavers=Leavers(release_days=1)),
        policy(leavers=Leavers(release_days=2)),
        policy(selection=Selection(mode=Mode.EXCEPT, ids=frozenset({ANNA}))),
        policy(selection=Selection(mode=Mode.ONLY, ids=frozenset({BOB}))),
        policy(selection=Selection(mode=Mode.ONLY, ids=frozenset({ANNA, BOB}))),
    ]
    assert len({policy_digest(each) for each in some}) == len(some)


def test_a_list_that_is_not_in_force_is_not_in_the_digest() -> None:
    listed = policy(selection=Selection(mode=Mode.ALL, ids=frozenset({ANNA})))
    assert policy_digest(listed) == policy_digest(POLICY)


def test_the_digest_does_not_depend_on_the_order_of_sets() -> None:
    names = [SourceId(f"person-{number}") for number in range(50)]
    there = policy(selection=Selection(mode=Mode.ONLY, ids=frozenset(names)))
    back = msgspec.structs.replace(
        there, selection=Selection(mode=Mode.ONLY, ids=frozenset(reversed(names)))
    )
    assert policy_digest(there) == policy_digest(back)
