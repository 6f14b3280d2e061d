"""Why a person is, or is not, in the PBX: what is said at each step."""

from typing import Any

import pytest
from tests.unit.core.samples import policy, record, seat

from rollcall.core.explanation import Standing, Steps, explain
from rollcall.core.plan import ExtensionState, RefusalReason
from rollcall.core.policy import Leavers

LEAVER = record("anna", enabled=False)
BLOCKED, RELEASED = ExtensionState.BLOCKED, ExtensionState.RELEASED


def said(standing: Standing, *, removed: str = "", **values: Any) -> Steps:
    rules = {"leavers": values.pop("leavers", Leavers())}
    return explain(
        record("anna", **values), removed=removed, standing=standing, policy=policy(**rules)
    )


def test_somebody_who_works_is_up_to_date() -> None:
    assert said(Standing(extension=seat(200))) == Steps(
        read="Read from the directory.",
        in_scope="Yes.",
        match="Linked to extension 200.",
        number="200.",
        action="None: up to date.",
    )


def test_somebody_new_comes_in_with_the_lowest_free_number() -> None:
    steps = said(Standing())
    assert (steps.in_scope, steps.match) == ("Yes.", "No extension is linked.")
    assert "200–204" in steps.number
    assert steps.action == "Comes in with the next run."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"guest": True}, "guest"),
        ({"enabled": False}, "disabled"),
        ({"first_name": "", "last_name": ""}, "Neither first nor last name"),
    ],
)
def test_whoever_may_not_come_in_hears_why(values: dict[str, Any], words: str) -> None:
    steps = said(Standing(), **values)
    assert steps.in_scope.startswith("No: ")
    assert words in steps.in_scope
    assert steps.action == "None: stays out."


def test_an_object_that_was_never_understood_says_so() -> None:
    steps = explain(None, removed="", standing=Standing(), policy=policy())
    assert "could not be understood" in steps.read
    assert steps.in_scope == "No: there is nobody."
    assert steps.action == "None: stays out."


@pytest.mark.parametrize(
    ("removed", "words"), [("restorable", "30 days"), ("gone", "no longer has")]
)
def test_a_removed_person_says_whether_they_can_be_restored(removed: str, words: str) -> None:
    steps = said(Standing(extension=seat(200)), removed=removed)
    assert words in steps.read
    assert steps.in_scope == "No: the directory deleted the account."
    assert steps.action == "Is blocked with the next run."


@pytest.mark.parametrize(
    ("state", "leavers", "action"),
    [
        (ExtensionState.ACTIVE, Leavers(), "Is blocked with the next run."),
        (ExtensionState.ACTIVE, Leavers(keep=True), "Keeps working."),
        (ExtensionState.ACTIVE, Leavers(release_days=0), "Number given back with the next run."),
        (BLOCKED, Leavers(), "None: blocked, and the number is kept."),
        (BLOCKED, Leavers(keep=True), "Works again with the next run: leavers keep working."),
        (
            BLOCKED,
            Leavers(release_days=30),
            "Blocked; the number is given back 30 days after that.",
        ),
        (RELEASED, Leavers(), "Nothing."),
    ],
)
def test_leavers_hear_what_the_policy_does_with_them(
    state: ExtensionState, leavers: Leavers, action: str
) -> None:
    steps = said(Standing(extension=seat(200, state)), enabled=False, leavers=leavers)
    assert steps.in_scope == "No: the account is disabled."
    assert steps.action == action


@pytest.mark.parametrize("state", [BLOCKED, RELEASED])
def test_whoever_is_back_comes_back(state: ExtensionState) -> None:
    assert said(Standing(extension=seat(200, state))).action == "Comes back with the next run."


def test_an_extension_deleted_by_hand_is_kept_for_its_person() -> None:
    deleted = Standing(extension=seat(200, deleted=True))
    assert said(deleted).number == "200, kept until the next run."
    assert said(deleted).action == "Comes back with the next run."
    assert said(deleted, enabled=False).action == "Number given back with the next run."


def test_whoever_waits_hears_for_what() -> None:
    full = Standing(refusal=RefusalReason.RANGE_FULL, detail="No number is free.")
    assert (said(full).number, said(full).action) == (
        "No number is free.",
        "Waits for a number.",
    )
    asked = Standing(refusal=RefusalReason.LINK_PENDING, detail="Extension 300 has the mail.")
    assert (said(asked).match, said(asked).action) == (
        "Extension 300 has the mail.",
        "Waits for your decision.",
    )
    decided = Standing(refusal=RefusalReason.LINK_PENDING, decision="To be linked to 300.")
    assert (said(decided).match, said(decided).action) == (
        "To be linked to 300.",
        "Comes in with the next run.",
    )


def test_whoever_returns_to_a_full_range_waits() -> None:
    full = Standing(extension=seat(200, RELEASED), refusal=RefusalReason.RANGE_FULL)
    assert said(full).action == "Waits for a number."


def test_an_imported_number_is_named() -> None:
    assert said(Standing(assigned=203)).number == "203 is kept by an import."


def test_a_released_number_was_given_back() -> None:
    steps = said(Standing(extension=seat(200, RELEASED)))
    assert steps.number == "200 was given back to the range."
