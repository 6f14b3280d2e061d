"""A store applies a plan for the people wholly, in the version that it was made for, or not."""

from datetime import timedelta

import msgspec
import pytest

from rollcall.core.errors import OutdatedError
from rollcall.core.plan import (
    Block,
    Change,
    ExtensionState,
    KnownUser,
    LinkDecision,
    Profile,
    RefusalReason,
    Refused,
    Release,
    Return,
    UserPlan,
    to_profile,
)
from rollcall.core.ports import HeadCount
from rollcall.core.records import Removal, SourceId, fingerprint
from tests.contract.desk import START, Desk, create, person

ANNA, BOB, CLEO = person("anna"), person("bob", email=""), person("cleo", job_title="Buyer")


# what a plan does


def test_a_new_person_has_the_number_and_the_fields_of_the_plan(desk: Desk) -> None:
    desk.seat((CLEO, 2000))

    seat = desk.pbx.seats()["cleo"]

    assert (seat.number, seat.state, seat.deleted) == (2000, "active", False)
    assert seat.profile == to_profile(CLEO)
    assert seat.profile.job_title == "Buyer"


def test_a_person_who_came_in_is_known_with_record_and_extension(desk: Desk) -> None:
    desk.seat((ANNA, 2000))

    known = desk.known()[ANNA.source_id]

    assert known.fingerprint == fingerprint(ANNA)
    assert known.extension is not None
    assert (known.extension.number, known.extension.working) == (2000, True)
    assert known.refusal is None


def test_fields_follow_and_the_version_grows(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    before = desk.extension("anna")
    moved = to_profile(person("anna", office="Lisbon"))
    desk.apply(UserPlan(changes=(desk.act(Change, "anna", profile=moved),)))

    assert desk.pbx.seats()["anna"].profile == moved
    assert desk.extension("anna").version == before.version + 1


def test_a_change_without_a_profile_leaves_the_fields_alone(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.apply(UserPlan(changes=(desk.act(Block, "anna"),)))

    assert desk.pbx.seats()["anna"].profile == to_profile(ANNA)


def test_a_blocked_person_keeps_the_number_and_the_moment(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.clock.forward(days=1)
    desk.apply(UserPlan(changes=(desk.act(Block, "anna"),)))
    desk.clock.forward(days=1)

    extension = desk.extension("anna")

    assert extension.state is ExtensionState.BLOCKED
    assert (extension.number, extension.blocked_at) == (2000, START + timedelta(days=1))
    assert not extension.working
    assert 2000 in desk.world().taken


def test_changing_a_blocked_person_does_not_move_the_moment(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.apply(UserPlan(changes=(desk.act(Block, "anna"),)))
    desk.clock.forward(days=3)
    desk.apply(UserPlan(changes=(desk.act(Change, "anna", profile=to_profile(ANNA)),)))

    assert desk.extension("anna").blocked_at == START
    assert desk.extension("anna").state is ExtensionState.BLOCKED


def test_a_released_number_is_free_and_remembered(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.release("anna")

    assert 2000 not in desk.world().taken
    assert desk.extension("anna").number == 2000


def test_whoever_returns_works_again_and_was_never_blocked(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.apply(UserPlan(changes=(desk.act(Block, "anna"),)))
    desk.apply(UserPlan(changes=(desk.act(Return, "anna"),)))

    extension = desk.extension("anna")

    assert extension.working
    assert extension.blocked_at is None


def test_whoever_was_deleted_by_hand_is_back_with_the_number(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.pbx.delete_extension(2000, now=desk.clock())
    assert desk.extension("anna").deleted
    assert 2000 in desk.world().taken

    desk.apply(UserPlan(changes=(desk.act(Return, "anna"),)))

    assert desk.extension("anna").working
    assert desk.extension("anna").number == 2000


def test_a_released_person_can_return_with_another_number(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.release("anna")
    desk.apply(UserPlan(changes=(desk.act(Return, "anna", number=2001),)))

    assert desk.pbx.seats()["anna"].number == 2001


def test_a_number_can_be_released_and_given_in_the_same_plan(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.apply(UserPlan(added=(BOB,), changes=(create(BOB, 2000), desk.act(Release, "anna"))))

    assert desk.pbx.seats()["bob"].number == 2000
    assert desk.pbx.seats()["anna"].state == "released"


def test_a_linked_extension_is_the_persons_with_its_number(desk: Desk) -> None:
    desk.pbx.add_local(2005, Profile(display_name="By hand", email="anna@contoso.example"))
    desk.apply(UserPlan(added=(ANNA,), changes=(desk.link(ANNA, 2005),)))

    assert desk.pbx.seats()["anna"].number == 2005
    assert desk.pbx.seats()["anna"].profile == to_profile(ANNA)
    assert desk.pbx.locals() == {}


def test_refusals_begin_change_and_end(desk: Desk) -> None:
    def refuse(reason: RefusalReason, detail: str) -> KnownUser:
        refused = Refused(ANNA.source_id, reason, detail)
        desk.apply(UserPlan(refused=(refused,)))
        return desk.known()[ANNA.source_id]

    desk.apply(UserPlan(added=(ANNA,)))
    first = refuse(RefusalReason.DISABLED, "disabled")
    second = refuse(RefusalReason.RANGE_FULL, "full")
    desk.apply(UserPlan(cleared=(ANNA.source_id,)))

    assert (first.refusal, first.detail) == (RefusalReason.DISABLED, "disabled")
    assert (second.refusal, second.detail) == (RefusalReason.RANGE_FULL, "full")
    assert desk.known()[ANNA.source_id].refusal is None
    assert desk.pbx.refusals() == {}


def test_an_extension_ends_what_was_decided_about_its_person(desk: Desk) -> None:
    desk.apply(UserPlan(added=(ANNA, BOB)))
    desk.pbx.separate_person("anna")
    desk.pbx.separate_person("bob")
    desk.pbx.keep_number("anna", 2007, "anna")
    desk.pbx.keep_number("bob", 2008, "bob")
    desk.apply(UserPlan(changes=(create(ANNA, 2007),)))

    world = desk.world()

    assert dict(world.decisions) == {BOB.source_id: LinkDecision(extension_id=None)}
    assert dict(world.assigned) == {BOB.source_id: 2008}
    assert world.kept == {2008}


# what does not fit any more


@pytest.mark.parametrize("kind", [Change, Block, Release, Return])
def test_a_change_of_a_row_that_has_changed_is_outdated(
    desk: Desk, kind: type[Change | Block | Release | Return]
) -> None:
    desk.seat((ANNA, 2000), (BOB, 2001))
    planned = (desk.act(kind, "bob"), desk.act(kind, "anna"))
    desk.pbx.change_number(2000, 2009)
    before = desk.pbx.contents()

    with pytest.raises(OutdatedError):
        desk.apply(UserPlan(changes=planned))

    assert desk.pbx.contents() == before


def test_a_link_of_an_extension_that_was_deleted_is_outdated(desk: Desk) -> None:
    desk.pbx.add_local(2005, Profile(display_name="By hand"))
    plan = UserPlan(added=(ANNA,), changes=(desk.link(ANNA, 2005),))
    desk.pbx.delete_extension(2005, now=desk.clock())

    with pytest.raises(OutdatedError):
        desk.apply(plan)

    assert desk.known() == {}


@pytest.mark.parametrize(
    "holder", ["somebody by hand", "somebody of the directory", "a deleted one"]
)
def test_a_number_that_is_taken_makes_the_whole_plan_outdated(desk: Desk, holder: str) -> None:
    desk.seat((BOB, 2001))
    if holder == "somebody by hand":
        desk.pbx.add_local(2000, Profile(display_name="By hand"))
    elif holder == "somebody of the directory":
        desk.pbx.change_number(2001, 2000)
    else:
        desk.pbx.change_number(2001, 2000)
        desk.pbx.delete_extension(2000, now=desk.clock())
    before = desk.pbx.contents()
    plan = UserPlan(
        added=(ANNA, CLEO),
        changes=(desk.act(Block, "bob"), create(CLEO, 2002), create(ANNA, 2000)),
        refused=(Refused(BOB.source_id, RefusalReason.GUEST, ""),),
    )

    with pytest.raises(OutdatedError):
        desk.apply(plan, policy=b"another policy")

    assert desk.pbx.contents() == before


def test_a_return_to_a_number_that_is_taken_is_outdated(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.release("anna")
    desk.pbx.add_local(2000, Profile(display_name="By hand"))

    with pytest.raises(OutdatedError):
        desk.apply(UserPlan(changes=(desk.act(Return, "anna"),)))


def test_a_second_extension_for_one_person_is_outdated(desk: Desk) -> None:
    desk.seat((ANNA, 2000))

    with pytest.raises(OutdatedError):
        desk.apply(UserPlan(changes=(create(ANNA, 2001),)))


def test_a_plan_for_somebody_new_who_is_known_by_now_is_outdated(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    before = desk.pbx.contents()

    with pytest.raises(OutdatedError):
        desk.apply(UserPlan(added=(BOB, ANNA)))

    assert desk.pbx.contents() == before


# who is asked for


def test_those_who_wait_come_with_those_who_are_asked_for(desk: Desk) -> None:
    names = ("anna", "bob", "cleo", "full", "pending", "guest", "decided", "deleted", "due", "late")
    people = {name: person(name) for name in names}
    desk.seat(*((people[name], 3000 + at) for at, name in enumerate(("deleted", "due", "late"))))
    desk.apply(
        UserPlan(
            added=tuple(people[name] for name in names[:7]),
            refused=(
                Refused(SourceId("full"), RefusalReason.RANGE_FULL, ""),
                Refused(SourceId("pending"), RefusalReason.LINK_PENDING, ""),
                Refused(SourceId("guest"), RefusalReason.GUEST, ""),
            ),
        )
    )
    desk.pbx.separate_person("decided")
    desk.pbx.delete_extension(3000, now=desk.clock())
    desk.apply(UserPlan(changes=(desk.act(Block, "due"),)))
    desk.clock.forward(days=2)
    desk.apply(UserPlan(changes=(desk.act(Block, "late"),)))

    def found(*, days: int | None) -> set[str]:
        before = None if days is None else START + timedelta(days=days)
        ids = [SourceId("bob"), SourceId("nobody")]
        return set(desk.ask(lambda store: store.known_users(ids, blocked_before=before)))

    waiting = {"bob", "full", "pending", "decided", "deleted"}
    assert found(days=None) == waiting
    assert found(days=0) == waiting | {"due"}
    assert found(days=2) == waiting | {"due", "late"}


def test_everybody_is_known_who_was_ever_read(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    desk.apply(UserPlan(added=(BOB,)))
    desk.apply(UserPlan(removals=(Removal(BOB.source_id, permanent=True),)))

    assert set(desk.known()) == {"anna", "bob"}
    assert desk.known()[BOB.source_id].removed


# the rest of the PBX


def test_the_world_has_numbers_imports_and_hand_made_extensions(desk: Desk) -> None:
    desk.seat((ANNA, 2000), (BOB, 2001))
    desk.release("bob")
    profile = Profile(
        first_name="Dora", display_name="Dora", email="Dora@contoso.example", office="Lisbon"
    )
    desk.pbx.add_local(2002, profile)
    desk.apply(UserPlan(added=(CLEO,)))
    desk.pbx.keep_number("cleo", 2100, "cleo")
    desk.pbx.keep_number("nobody@contoso.example", 2101)
    desk.pbx.link_person("cleo", 2002)

    world = desk.world()
    local = desk.local(2002)

    assert world.taken == {2000, 2002}
    assert world.kept == {2100, 2101}
    assert dict(world.assigned) == {CLEO.source_id: 2100}
    assert local.profile == profile
    assert dict(world.decisions) == {CLEO.source_id: LinkDecision(local.extension_id)}


def test_without_numbers_nothing_is_taken(desk: Desk) -> None:
    desk.seat((ANNA, 2000))

    assert desk.ask(lambda store: store.world(numbers=False)).taken == frozenset()


def test_a_decision_ends_with_the_extension_that_it_is_about(desk: Desk) -> None:
    desk.apply(UserPlan(added=(ANNA,)))
    desk.pbx.add_local(2002, Profile(display_name="By hand"))
    desk.pbx.link_person("anna", 2002)
    desk.pbx.delete_extension(2002, now=desk.clock())

    assert dict(desk.world().decisions) == {}


def test_people_are_counted_by_what_works(desk: Desk) -> None:
    dora, eve = person("dora"), person("eve")
    desk.seat((ANNA, 2000), (BOB, 2001), (CLEO, 2002), (dora, 2003))
    desk.pbx.add_local(2004, Profile(display_name="By hand"))
    desk.apply(
        UserPlan(
            added=(eve,),
            changes=(desk.act(Block, "bob"), desk.act(Release, "cleo")),
            refused=(Refused(eve.source_id, RefusalReason.GUEST, ""),),
        )
    )
    desk.pbx.delete_extension(2003, now=desk.clock())

    assert desk.ask(lambda store: store.head_count()) == HeadCount(linked=2, working=1, refused=1)


def test_numbers_are_counted_within_bounds_that_are_included(desk: Desk) -> None:
    desk.seat((ANNA, 2000), (BOB, 2005), (CLEO, 2009))
    desk.pbx.add_local(2006, Profile(display_name="By hand"))
    desk.release("cleo")

    assert desk.ask(lambda store: store.numbers_within(2000, 2006)) == 3
    assert desk.ask(lambda store: store.numbers_within(2001, 2009)) == 2


def test_applying_nothing_writes_nothing_but_the_place(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    before = desk.pbx.contents()
    desk.apply(UserPlan())

    assert desk.pbx.contents() == before


def test_a_person_who_is_known_can_be_remembered_anew(desk: Desk) -> None:
    desk.seat((ANNA, 2000))
    news = msgspec.structs.replace(ANNA, office="Lisbon")
    desk.apply(UserPlan(remember=(news,)))

    assert desk.known()[ANNA.source_id].fingerprint == fingerprint(news)
    assert desk.ask(lambda store: store.records([ANNA.source_id])) == {ANNA.source_id: news}
