"""Who may come in, and as what: every rule with what it lets in and what it keeps out."""

import pytest

from rollcall.core.admission import (
    Admitted,
    DirectoryPerson,
    EntryRefusal,
    EntryRole,
    EntryRules,
    ExtensionStanding,
    GrantKind,
    RoleGrant,
    decide_entry,
)
from rollcall.core.policy import Mode, Selection
from rollcall.core.records import SourceId

ANNA = SourceId("0a")
BERT = SourceId("0b")
GROUP = SourceId("f0")

USER = Admitted(EntryRole.USER, 7)
ADMINISTRATOR = Admitted(EntryRole.ADMINISTRATOR, 7)

ALL = EntryRules(sign_in=True)
OFF = EntryRules()


def anna(**values: object) -> DirectoryPerson:
    return DirectoryPerson(object_id=ANNA, **{"extension_id": 7, **values})  # type: ignore[arg-type]


def listed(*, sign_in: bool = False, mode: Mode = Mode.ALL) -> EntryRules:
    grant = RoleGrant(EntryRole.ADMINISTRATOR, GrantKind.PERSON, ANNA)
    return EntryRules(sign_in=sign_in, selection=Selection(mode), grants=(grant,))


def chosen(mode: Mode, *ids: SourceId) -> EntryRules:
    return EntryRules(sign_in=True, selection=Selection(mode, frozenset(ids)))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (ALL, USER),
        (OFF, EntryRefusal.OFF),
        (chosen(Mode.ONLY, ANNA), USER),
        (chosen(Mode.ONLY, BERT), EntryRefusal.NOT_SELECTED),
        (chosen(Mode.ONLY), EntryRefusal.NOT_SELECTED),
        (chosen(Mode.EXCEPT, BERT), USER),
        (chosen(Mode.EXCEPT, ANNA), EntryRefusal.NOT_SELECTED),
        (listed(), ADMINISTRATOR),
        (listed(sign_in=True), ADMINISTRATOR),
        (listed(sign_in=True, mode=Mode.ONLY), ADMINISTRATOR),
    ],
)
def test_the_settings_say_who_comes_in(
    rules: EntryRules, expected: Admitted | EntryRefusal
) -> None:
    assert decide_entry(anna(), rules) == expected


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (None, EntryRefusal.NOT_SYNCHRONISED),
        (anna(extension_id=None), EntryRefusal.NOT_SYNCHRONISED),
        (anna(extension_id=None, guest=True), EntryRefusal.GUEST),
        (anna(guest=True), USER),
        (anna(deleted=True), EntryRefusal.NOT_SYNCHRONISED),
        (anna(state=ExtensionStanding.BLOCKED), EntryRefusal.BLOCKED),
        (anna(state=ExtensionStanding.RELEASED), EntryRefusal.BLOCKED),
        (anna(state=ExtensionStanding.BLOCKED, guest=True), EntryRefusal.BLOCKED),
    ],
)
def test_only_a_synchronised_person_whose_extension_works_comes_in(
    person: DirectoryPerson | None, expected: Admitted | EntryRefusal
) -> None:
    assert decide_entry(person, ALL) == expected


@pytest.mark.parametrize("state", [ExtensionStanding.BLOCKED, ExtensionStanding.RELEASED])
def test_the_list_of_administrators_opens_nothing_to_who_is_blocked(
    state: ExtensionStanding,
) -> None:
    assert decide_entry(anna(state=state), listed()) is EntryRefusal.BLOCKED
    assert decide_entry(anna(extension_id=None), listed()) is EntryRefusal.NOT_SYNCHRONISED


def test_who_is_on_no_list_learns_nothing_but_that_it_is_off() -> None:
    for person in (None, anna(state=ExtensionStanding.BLOCKED), anna(extension_id=None)):
        assert decide_entry(person, OFF) is EntryRefusal.OFF


def test_an_administrator_of_another_id_is_not_this_one() -> None:
    bert = DirectoryPerson(object_id=BERT, extension_id=8)

    assert decide_entry(bert, listed()) is EntryRefusal.OFF
    assert decide_entry(bert, listed(sign_in=True)) == Admitted(EntryRole.USER, 8)


def test_a_role_may_come_by_a_group_and_a_group_is_no_person() -> None:
    grant = RoleGrant(EntryRole.ADMINISTRATOR, GrantKind.GROUP, GROUP)
    rules = EntryRules(grants=(grant,))

    assert decide_entry(anna(), rules, groups={GROUP}) == ADMINISTRATOR
    assert decide_entry(anna(), rules) is EntryRefusal.OFF
    same_id = DirectoryPerson(object_id=GROUP, extension_id=9)
    assert decide_entry(same_id, rules) is EntryRefusal.OFF


def test_the_highest_role_of_several_counts() -> None:
    grants = (
        RoleGrant(EntryRole.USER, GrantKind.PERSON, ANNA),
        RoleGrant(EntryRole.ADMINISTRATOR, GrantKind.GROUP, GROUP),
    )

    assert decide_entry(anna(), EntryRules(grants=grants), groups={GROUP}) == ADMINISTRATOR
    assert decide_entry(anna(), EntryRules(grants=grants)) == USER
