"""The plan of the people: what becomes of one, and what they share with others."""

import random
from datetime import timedelta

import pytest
from tests.unit.core.samples import (
    NOW,
    gist,
    known,
    local,
    met,
    newcomer,
    plan,
    policy,
    reasons,
    record,
    seat,
    settled,
)

from rollcall.core.people import Person
from rollcall.core.plan import (
    Change,
    Create,
    ExtensionState,
    Link,
    LinkDecision,
    RefusalReason,
    Release,
    Return,
    World,
)
from rollcall.core.policy import Leavers, LinkPolicy
from rollcall.core.records import Removal, SourceId, Unreadable
from rollcall.core.users import wants_numbers

ANNA, BOB, CLEO = record("anna"), record("bob"), record("cleo")
BLOCKED, RELEASED = ExtensionState.BLOCKED, ExtensionState.RELEASED
GONE = Removal(ANNA.source_id, permanent=True)
LEAVER = record("anna", enabled=False)
KEEP, BLOCK = Leavers(keep=True), Leavers()


def world(*taken: int, kept: dict[str, int] | None = None) -> World:
    assigned = {SourceId(name): number for name, number in (kept or {}).items()}
    return World(taken=frozenset(taken), kept=frozenset(assigned.values()), assigned=assigned)


# numbers


def test_new_people_get_the_gaps_lowest_first_by_case_folded_name_then_by_id() -> None:
    people = [
        newcomer(record("3", display_name="bob")),
        newcomer(record("9", display_name="Anna")),
        newcomer(record("2", display_name="BOB")),
    ]
    expected = [("created", "9", 200), ("created", "2", 202), ("created", "3", 204)]
    for seed in range(6):
        random.Random(seed).shuffle(people)
        made = plan(*people, world=world(201), by=policy(reserved=frozenset({203})))
        assert gist(made) == expected


def test_a_full_range_refuses_the_rest_with_that_reason() -> None:
    people = [newcomer(record(f"p{number}")) for number in range(7)]
    made = plan(*people)
    assert [number for _, _, number in gist(made)] == [200, 201, 202, 203, 204]
    assert reasons(made) == {"p5": "range-full", "p6": "range-full"}
    assert "200–204" in made.refused[0].detail


def test_whoever_waits_gets_the_number_that_comes_free() -> None:
    first = plan(newcomer(ANNA), world=world(200, 201, 202, 203, 204))
    (refused,) = first.refused
    waiting = settled(ANNA, None, refusal=refused.reason, detail=refused.detail)
    still = plan(waiting, world=world(200, 201, 202, 203, 204))
    assert still.is_empty
    then = plan(waiting, world=world(200, 202, 203, 204))
    assert gist(then) == [("created", "anna", 201)]
    assert then.cleared == ("anna",)


def test_a_number_released_in_the_same_plan_is_free_again() -> None:
    blocked = seat(200, BLOCKED, blocked_at=NOW - timedelta(days=9))
    made = plan(
        settled(LEAVER, blocked),
        newcomer(BOB),
        world=world(200, 201, 202, 203, 204),
        by=policy(leavers=Leavers(release_days=9)),
    )
    assert gist(made) == [("released", "anna", 200), ("created", "bob", 200)]


def test_returners_come_before_new_people_and_get_their_own_number_back() -> None:
    made = plan(
        newcomer(ANNA),
        settled(CLEO, seat(200, RELEASED, blocked_at=NOW)),
        settled(BOB, seat(201, RELEASED, blocked_at=NOW)),
        world=world(201),
    )
    assert gist(made) == [
        ("returned", "cleo", 200),
        ("returned", "bob", 202),
        ("created", "anna", 203),
    ]


def test_a_returner_who_finds_the_range_full_waits_and_the_fields_follow() -> None:
    renamed = record("anna", office="Berlin")
    released = known(ANNA, seat(300, RELEASED, blocked_at=NOW))
    made = plan(met(released, ANNA, renamed), world=world(300, 200, 201, 202, 203, 204))
    assert gist(made) == [("changed", "anna", 300)]
    assert reasons(made) == {"anna": "range-full"}


def test_a_reserved_number_is_never_given_not_even_an_own_or_an_imported_one() -> None:
    made = plan(
        settled(ANNA, seat(200, RELEASED, blocked_at=NOW)),
        newcomer(BOB),
        world=world(kept={"bob": 203}),
        by=policy(reserved=frozenset({200, 203})),
    )
    assert gist(made) == [("returned", "anna", 201), ("created", "bob", 202)]


def test_an_imported_number_is_kept_for_its_person_even_outside_the_range() -> None:
    made = plan(newcomer(ANNA), newcomer(BOB), world=world(kept={"bob": 200, "cleo": 201}))
    assert gist(made) == [("created", "bob", 200), ("created", "anna", 202)]
    outside = plan(newcomer(ANNA), world=world(kept={"anna": 7000}))
    assert gist(outside) == [("created", "anna", 7000)]


def test_an_imported_number_that_was_taken_by_hand_is_simply_not_free() -> None:
    made = plan(newcomer(ANNA), world=world(200, kept={"anna": 200}))
    assert gist(made) == [("created", "anna", 201)]


def test_a_returner_takes_the_imported_number() -> None:
    released = seat(201, RELEASED, blocked_at=NOW)
    made = plan(settled(ANNA, released), world=world(kept={"anna": 203}))
    assert gist(made) == [("returned", "anna", 203)]


# leavers and who returns


@pytest.mark.parametrize(
    ("leavers", "state", "kind"),
    [
        (BLOCK, ExtensionState.ACTIVE, "blocked"),
        (BLOCK, BLOCKED, None),
        (BLOCK, RELEASED, None),
        (KEEP, ExtensionState.ACTIVE, None),
        (KEEP, BLOCKED, "returned"),
        (KEEP, RELEASED, None),
        (Leavers(release_days=0), ExtensionState.ACTIVE, "released"),
        (Leavers(release_days=0), BLOCKED, "released"),
        (Leavers(release_days=3), ExtensionState.ACTIVE, "blocked"),
        (Leavers(release_days=2), BLOCKED, "released"),
        (Leavers(release_days=3), BLOCKED, None),
    ],
)
def test_leavers_go_as_the_policy_says(
    leavers: Leavers, state: ExtensionState, kind: str | None
) -> None:
    blocked_at = None if state is ExtensionState.ACTIVE else NOW - timedelta(days=2)
    made = plan(
        settled(LEAVER, seat(200, state, blocked_at=blocked_at)), by=policy(leavers=leavers)
    )
    assert [each for each, _, _ in gist(made)] == ([kind] if kind else [])


@pytest.mark.parametrize("state", [BLOCKED, RELEASED])
def test_whoever_returns_gets_everything_back(state: ExtensionState) -> None:
    renamed = record("anna", office="Berlin")
    person = met(known(LEAVER, seat(200, state, blocked_at=NOW)), LEAVER, renamed)
    (back,) = plan(person).changes
    assert isinstance(back, Return)
    assert (back.number, back.fields) == (200, {"office": ("", "Berlin")})
    assert back.profile is not None
    assert back.profile.office == "Berlin"


def test_a_name_that_becomes_empty_makes_nobody_a_leaver() -> None:
    nameless = record("anna", first_name="", last_name="", display_name="")
    (change,) = plan(met(known(ANNA, seat(200)), ANNA, nameless)).changes
    assert isinstance(change, Change)
    assert set(change.fields) == {"display_name", "first_name", "last_name"}


def test_a_removed_person_is_blocked_under_the_remembered_name() -> None:
    made = plan(met(known(ANNA, seat(200)), ANNA, GONE))
    (block,) = made.changes
    assert (block.name, block.reason, gist(made)) == (
        "Anna Weber",
        "deleted",
        [("blocked", "anna", 200)],
    )
    assert made.removals == (GONE,)


def test_an_extension_deleted_by_hand_comes_back_and_a_leavers_goes_for_good() -> None:
    deleted = seat(200, deleted=True)
    assert gist(plan(settled(ANNA, deleted))) == [("returned", "anna", 200)]
    for leavers in (BLOCK, KEEP):
        (release,) = plan(settled(LEAVER, deleted), by=policy(leavers=leavers)).changes
        assert isinstance(release, Release)
        assert not release.working


def test_unreadable_answers_leave_everything_as_it_is() -> None:
    garbled = Unreadable(ANNA.source_id, "why")
    made = plan(met(known(ANNA, seat(200)), ANNA, garbled, complete=True))
    assert (made.changes, made.remember, made.unreadable) == ((), (), (garbled,))
    again = met(known(ANNA, seat(200), unreadable="why"), ANNA, garbled, complete=True)
    assert plan(again).is_empty


def test_an_unreadable_stranger_is_listed_as_refused() -> None:
    garbled = Unreadable(ANNA.source_id, "why")
    stranger = Person(ANNA.source_id, record=None, before=None, known=None, unreadable=garbled)
    made = plan(stranger)
    assert reasons(made) == {"anna": "unreadable"}
    assert made.unreadable == (garbled,)


# extensions made by hand with the same mail address


def by_hand(*mails: str, decided: dict[str, int | None] | None = None) -> World:
    locals_ = tuple(local(300 + place, mail) for place, mail in enumerate(mails))
    return World(
        taken=frozenset(each.number for each in locals_),
        locals=locals_,
        decisions={
            SourceId(name): LinkDecision(number and number * 10)
            for name, number in (decided or {}).items()
        },
    )


@pytest.mark.parametrize(
    ("link", "expected", "refused"),
    [
        (LinkPolicy.ASK, [], {"anna": "link-pending"}),
        (LinkPolicy.LINK, [("linked", "anna", 300)], {}),
        (LinkPolicy.NEVER, [("created", "anna", 200)], {}),
    ],
)
def test_a_hand_made_extension_with_the_same_mail_goes_by_the_policy(
    link: LinkPolicy, expected: list[tuple[str, str, int]], refused: dict[str, str]
) -> None:
    anna = record("anna", email="Straße@contoso.example")
    made = plan(newcomer(anna), world=by_hand("STRASSE@Contoso.example"), by=policy(link=link))
    assert (gist(made), reasons(made)) == (expected, refused)


def test_two_hand_made_extensions_with_the_mail_are_no_proposal() -> None:
    made = plan(newcomer(ANNA), world=by_hand(ANNA.email, ANNA.email))
    assert gist(made) == [("created", "anna", 200)]


def test_an_extension_without_a_mail_address_is_nobodys() -> None:
    made = plan(newcomer(record("anna", email="")), world=by_hand(""))
    assert gist(made) == [("created", "anna", 200)]


def test_two_people_with_the_mail_both_wait_for_a_word() -> None:
    twin = record("twin", email=ANNA.email)
    made = plan(
        newcomer(ANNA), newcomer(twin), world=by_hand(ANNA.email), by=policy(link=LinkPolicy.LINK)
    )
    assert reasons(made) == {"anna": "link-pending", "twin": "link-pending"}
    assert "1 more" in made.refused[0].detail


def test_a_decision_is_carried_out_whatever_the_policy_is() -> None:
    for link in LinkPolicy:
        decided = by_hand("x@contoso.example", ANNA.email, decided={"anna": 300, "bob": None})
        made = plan(newcomer(ANNA), newcomer(BOB), world=decided, by=policy(link=link))
        assert gist(made) == [("linked", "anna", 300), ("created", "bob", 200)]


def test_an_extension_decided_for_somebody_is_proposed_to_nobody_else() -> None:
    other = record("other", email=ANNA.email)
    made = plan(newcomer(ANNA), newcomer(other), world=by_hand(ANNA.email, decided={"anna": 300}))
    assert gist(made) == [("linked", "anna", 300), ("created", "other", 200)]


def test_a_link_shows_what_it_changes() -> None:
    (link,) = plan(
        newcomer(ANNA), world=by_hand(ANNA.email), by=policy(link=LinkPolicy.LINK)
    ).changes
    assert isinstance(link, Link)
    assert link.fields["display_name"] == ("By hand", "Anna Weber")
    assert link.working


def test_the_number_kept_for_somebody_who_is_linked_is_free_in_the_same_plan() -> None:
    full = World(
        taken=frozenset({300, 200, 201, 202, 203}),
        kept=frozenset({204}),
        assigned={ANNA.source_id: 204},
        locals=(local(300, ANNA.email),),
    )
    made = plan(newcomer(ANNA), newcomer(BOB), world=full, by=policy(link=LinkPolicy.LINK))
    assert gist(made) == [("linked", "anna", 300), ("created", "bob", 204)]


# the memory


def test_new_records_are_added_and_changed_ones_remembered() -> None:
    newer = record("anna", office="Berlin")
    made = plan(met(known(ANNA, seat(200)), ANNA, newer), newcomer(BOB))
    assert (made.added, made.remember) == ((BOB,), (newer,))


def test_whoever_may_not_come_in_is_remembered_too() -> None:
    guest = record("anna", guest=True)
    made = plan(newcomer(guest))
    assert made.added == (guest,)
    assert reasons(made) == {"anna": "guest"}


def test_a_change_that_no_extension_shows_is_only_remembered() -> None:
    newer = record("anna", employee_id="4711")
    made = plan(met(known(ANNA, seat(200)), ANNA, newer))
    assert (made.changes, made.remember) == ((), (newer,))


def test_taken_numbers_are_needed_only_where_numbers_may_be_given() -> None:
    assert wants_numbers([newcomer(ANNA)])
    assert wants_numbers([settled(ANNA, seat(200, RELEASED))])
    assert not wants_numbers([settled(ANNA, seat(200))])
    assert not wants_numbers([met(known(ANNA), ANNA, GONE)])


def test_created_people_say_why() -> None:
    made = plan(newcomer(ANNA), newcomer(BOB), world=world(kept={"bob": 204}))
    said = {each.source_id: each.reason for each in made.changes if isinstance(each, Create)}
    assert said == {"anna": "new", "bob": "assigned"}


def test_a_removed_person_of_whom_nonsense_is_told_stays_refused_without_news() -> None:
    garbled = known(
        ANNA, removed=True, unreadable="why", refusal=RefusalReason.UNREADABLE, detail="why"
    )
    assert plan(met(garbled, ANNA, None)).is_empty
    assert plan(met(garbled, ANNA, Unreadable(ANNA.source_id, "why"))).is_empty
