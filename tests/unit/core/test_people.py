"""Whom a run plans: those of whom something is new, and those who wait for the PBX."""

from datetime import timedelta

import pytest
from tests.unit.core.samples import NOW, known, met, plan, policy, record, seat

from rollcall.core.people import gather_people, people_to_plan
from rollcall.core.plan import ExtensionState, KnownUser, RefusalReason
from rollcall.core.policy import Leavers
from rollcall.core.records import Fingerprint, Removal, Sighting, SourceId, Unreadable

ANNA, BOB = record("anna"), record("bob")


def chosen(
    *sightings: Sighting,
    about: tuple[KnownUser, ...] = (),
    complete: bool = False,
    replan: bool = False,
    leavers: Leavers | None = None,
) -> set[str]:
    return set(
        people_to_plan(
            {each.source_id: each for each in sightings},
            {each.source_id: each for each in about},
            complete=complete,
            replan=replan,
            policy=policy(leavers=leavers or Leavers()),
            now=NOW,
        )
    )


def test_an_unchanged_night_plans_nobody() -> None:
    about = (known(ANNA, seat(200)), known(BOB, seat(201)))
    assert chosen(about=about) == set()
    assert chosen(ANNA, BOB, about=about, complete=True) == set()


def test_whoever_is_new_or_another_one_is_planned() -> None:
    assert chosen(ANNA) == {"anna"}
    assert chosen(record("anna", office="B"), about=(known(ANNA, seat(200)),)) == {"anna"}


def test_the_absent_of_a_complete_reading_are_planned_and_of_a_delta_are_not() -> None:
    about = (known(ANNA, seat(200)), known(BOB, seat(201)))
    assert chosen(ANNA, about=about, complete=True) == {"bob"}
    assert chosen(ANNA, about=about) == set()


def test_whoever_is_known_to_be_gone_is_not_gone_again() -> None:
    gone = known(ANNA, removed=True)
    assert chosen(about=(gone,), complete=True) == set()
    assert chosen(Removal(ANNA.source_id, permanent=True), about=(gone,)) == set()
    assert chosen(Removal(ANNA.source_id, permanent=True), about=(known(ANNA),)) == {"anna"}
    assert chosen(ANNA, about=(gone,)) == {"anna"}


def test_a_removal_of_a_stranger_is_no_news() -> None:
    assert chosen(Removal(SourceId("stranger"), permanent=True)) == set()


def test_the_same_nonsense_again_is_no_news() -> None:
    garbled = known(ANNA, seat(200), unreadable="why")
    assert chosen(Unreadable(ANNA.source_id, "why"), about=(garbled,)) == set()
    assert chosen(Unreadable(ANNA.source_id, "other"), about=(garbled,)) == {"anna"}
    assert chosen(ANNA, about=(garbled,)) == {"anna"}


def test_another_policy_plans_everybody() -> None:
    about = (known(ANNA, seat(200)), known(BOB, removed=True))
    assert chosen(about=about, replan=True) == {"anna", "bob"}


@pytest.mark.parametrize(
    ("reason", "waits"),
    [(reason, reason.value in {"range-full", "link-pending"}) for reason in RefusalReason],
)
def test_only_those_whom_the_pbx_can_help_wait(
    reason: RefusalReason,
    *,
    waits: bool,
) -> None:
    assert bool(chosen(about=(known(ANNA, refusal=reason),))) is waits


def test_whoever_was_deleted_by_hand_or_lost_the_number_waits() -> None:
    assert chosen(about=(known(ANNA, seat(200, deleted=True)),)) == {"anna"}
    full = known(ANNA, seat(200, ExtensionState.RELEASED), refusal=RefusalReason.RANGE_FULL)
    assert chosen(about=(full,)) == {"anna"}


def test_somebody_who_was_unlinked_is_planned_though_the_directory_is_silent() -> None:
    assert chosen(about=(known(ANNA),)) == {"anna"}
    assert chosen(about=(known(ANNA, removed=True),)) == set()
    assert chosen(about=(known(ANNA, removed=True, unreadable="why"),)) == {"anna"}


@pytest.mark.parametrize(
    ("days", "due"), [(None, False), (0, True), (6, True), (7, True), (8, False)]
)
def test_a_blocked_person_is_due_after_the_days_have_passed(
    days: int | None,
    *,
    due: bool,
) -> None:
    blocked = seat(200, ExtensionState.BLOCKED, blocked_at=NOW - timedelta(days=7))
    leavers = Leavers(release_days=days)
    assert bool(chosen(about=(known(ANNA, blocked),), leavers=leavers)) is due


def test_a_second_too_early_is_not_due() -> None:
    blocked_at = NOW - timedelta(days=7) + timedelta(seconds=1)
    blocked = seat(200, ExtensionState.BLOCKED, blocked_at=blocked_at)
    assert chosen(about=(known(ANNA, blocked),), leavers=Leavers(release_days=7)) == set()


def test_the_last_word_is_what_was_read_else_what_is_stored() -> None:
    newer = record("anna", office="Berlin")
    assert met(known(ANNA), ANNA, newer).record == newer
    assert met(known(ANNA), ANNA, None).record == ANNA
    assert met(known(ANNA), ANNA, Unreadable(ANNA.source_id, "why")).record == ANNA
    assert met(known(ANNA), ANNA, Removal(ANNA.source_id, permanent=False)).record is None
    assert met(known(ANNA, removed=True), ANNA, None).record is None


def test_absence_is_a_removal_only_where_the_reading_was_complete() -> None:
    absent = met(known(ANNA), ANNA, None, complete=True)
    assert absent.removal == Removal(ANNA.source_id, permanent=True)
    assert met(known(ANNA), ANNA, None).removal is None


def test_somebody_who_was_never_readable_stays_unreadable_without_news() -> None:
    never = KnownUser(ANNA.source_id, Fingerprint(b""), unreadable="why")
    person = met(never, None, None)
    assert (person.record, person.removal) == (None, None)
    assert person.unreadable == Unreadable(ANNA.source_id, "why")
    assert not person.is_news


def test_people_are_put_together_for_exactly_the_wanted_ids() -> None:
    people = gather_people(
        [ANNA.source_id], sightings={BOB.source_id: BOB}, known={}, stored={}, complete=False
    )
    assert [person.source_id for person in people] == ["anna"]


def test_whoever_came_back_as_nonsense_and_went_again_is_gone_again() -> None:
    garbled = known(ANNA, removed=True, unreadable="why")
    removal = Removal(ANNA.source_id, permanent=True)
    assert chosen(removal, about=(garbled,)) == {"anna"}
    assert chosen(about=(garbled,), complete=True) == {"anna"}
    assert plan(met(garbled, ANNA, removal)).removals == (removal,)
