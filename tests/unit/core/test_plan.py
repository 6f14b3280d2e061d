"""A plan as a value: what it says, what survives being kept, what its digest is about."""

import msgspec
from tests.unit.core.samples import newcomer, plan, record, seat

from rollcall.core.plan import (
    Block,
    Change,
    Create,
    ExtensionState,
    Profile,
    RefusalReason,
    Refused,
    Release,
    Return,
    UserPlan,
    compare_profiles,
    decode_plan,
    encode_plan,
    plan_digest,
    shown_name,
    to_profile,
)
from rollcall.core.records import Removal, SourceId, Unreadable

ANNA = SourceId("anna")


def act(
    kind: type[Block | Change | Release | Return], *, working: bool = True, number: int = 200
) -> Block | Change | Release | Return:
    return kind(
        source_id=ANNA,
        name="Anna",
        number=number,
        reason="test",
        extension_id=1,
        version=3,
        working=working,
        profile=Profile(display_name="Anna"),
        fields={"display_name": ("A", "Anna")},
    )


def test_the_best_name_there_is_is_shown() -> None:
    anna = record("anna")
    names = []
    for missing in ("", "display_name", "first_name", "last_name", "principal_name", "email"):
        anna = msgspec.structs.replace(anna, **{missing: ""}) if missing else anna
        names.append(shown_name(anna))
    assert names == [
        "Anna Weber",
        "Anna Weber",
        "Weber",
        "anna@login.example",
        "anna@contoso.example",
        "anna",
    ]
    assert to_profile(anna).display_name == "anna"


def test_profiles_are_compared_field_by_field() -> None:
    old = Profile(display_name="Anna", office="Berlin")
    new = Profile(display_name="Anna", office="Lisbon", job_title="Operator")
    assert compare_profiles(old, new) == {
        "office": ("Berlin", "Lisbon"),
        "job_title": ("", "Operator"),
    }
    assert compare_profiles(old, old) == {}


def test_only_working_phones_are_taken_away() -> None:
    changes = (
        act(Block),
        act(Release),
        act(Release, working=False),
        act(Block, working=False),
        act(Change),
        act(Return, working=False),
    )
    assert UserPlan(changes=changes).takes_away == 2


def test_an_extension_works_when_it_is_active_and_was_not_deleted() -> None:
    assert seat(200).working
    assert not seat(200, deleted=True).working
    assert not seat(200, ExtensionState.BLOCKED).working


def test_a_plan_is_empty_when_it_writes_nothing() -> None:
    anna = record("anna")
    parts = (
        UserPlan(changes=(act(Change),)),
        UserPlan(refused=(Refused(ANNA, RefusalReason.GUEST, ""),)),
        UserPlan(cleared=(ANNA,)),
        UserPlan(added=(anna,)),
        UserPlan(remember=(anna,)),
        UserPlan(removals=(Removal(ANNA, permanent=True),)),
        UserPlan(unreadable=(Unreadable(ANNA, "why"),)),
    )
    assert UserPlan().is_empty
    assert [each.is_empty for each in parts] == [False] * len(UserPlan.__struct_fields__)


def test_a_plan_survives_being_kept() -> None:
    anna = record("anna", aliases=("a@contoso.example",))
    made = UserPlan(
        changes=(act(Block), act(Return), *plan(newcomer(anna)).changes),
        refused=(Refused(ANNA, RefusalReason.RANGE_FULL, "full"),),
        cleared=(ANNA,),
        added=(anna,),
        removals=(Removal(ANNA, permanent=False),),
        unreadable=(Unreadable(ANNA, "why"),),
    )
    assert decode_plan(encode_plan(made)) == made


def test_a_digest_is_about_what_is_done_to_whom() -> None:
    same = UserPlan(changes=(act(Block),))
    later = UserPlan(changes=(msgspec.structs.replace(act(Block), version=9),), added=())
    others = [
        UserPlan(changes=(act(Release),)),
        UserPlan(changes=(act(Block, number=201),)),
        UserPlan(),
    ]
    assert plan_digest(same) == plan_digest(later)
    assert plan_digest(same) not in {plan_digest(each) for each in others}


def test_new_people_come_with_the_fields_of_their_record() -> None:
    (created,) = plan(newcomer(record("anna", office="Berlin"))).changes
    assert isinstance(created, Create)
    assert created.profile == to_profile(record("anna", office="Berlin"))
