"""What the core writes is read in the reader's language, and loses nothing on the way."""

import pytest
from django.utils.translation import override

from rollcall.core.eligibility import entry_refusal
from rollcall.core.explanation import LEAVING, Standing, explain
from rollcall.core.guards import removal_guard
from rollcall.core.numbering import NumberRange
from rollcall.core.plan import ExtensionState, KnownExtension, RefusalReason
from rollcall.core.policy import Leavers, Mode, Selection, UserPolicy
from rollcall.core.records import SourceId, UserRecord
from rollcall.portal.sentences import KNOWN, NUMBER, in_words

POLICY = UserPolicy(scope=NumberRange(2000, 8999))
ANNA = UserRecord(source_id=SourceId("anna"), first_name="Anna", enabled=True)


def known(sentence: str) -> bool:
    return NUMBER.sub("#", sentence) in KNOWN


@pytest.mark.parametrize(
    "sentence", ["", "Yes.", "2000.", "12 of 1,000 people", "Issue #4 of 7 # and #."]
)
def test_a_sentence_without_a_translation_stays_as_it_is(sentence: str) -> None:
    with override("en"):
        assert in_words(sentence) == sentence


def test_the_numbers_of_a_sentence_keep_their_places() -> None:
    with override("en"):
        sentence = "11 of 40 people (28%) would be blocked"
        assert in_words(sentence) == sentence
        assert in_words("Linked to extension 2001.") == "Linked to extension 2001."


def test_what_a_guard_says_is_listed() -> None:
    hold = removal_guard(active=40, removals=30)

    assert hold is not None
    assert known(hold.sentence)


@pytest.mark.parametrize(
    "policy",
    [
        POLICY,
        UserPolicy(scope=POLICY.scope, leavers=Leavers(keep=True)),
        UserPolicy(scope=POLICY.scope, leavers=Leavers(release_days=0)),
        UserPolicy(scope=POLICY.scope, leavers=Leavers(release_days=30)),
        UserPolicy(scope=POLICY.scope, selection=Selection(mode=Mode.ONLY)),
    ],
)
@pytest.mark.parametrize("removed", ["", "restorable", "gone"])
@pytest.mark.parametrize("state", [None, *ExtensionState])
@pytest.mark.parametrize("deleted", [False, True])
def test_each_step_of_an_explanation_is_listed(
    policy: UserPolicy,
    removed: str,
    state: ExtensionState | None,
    deleted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    extension = KnownExtension(1, 0, 2000, state, deleted=deleted) if state else None
    for record in (ANNA, None, UserRecord(source_id=SourceId("bob"))):
        standing = Standing(extension=extension, assigned=2001 if deleted else None)
        steps = explain(record, removed=removed, standing=standing, policy=policy)
        said = [steps.read, steps.in_scope, steps.match, steps.number, steps.action]
        assert [each for each in said if not known(each)] == []


def test_whoever_stays_out_is_told_why_in_a_listed_sentence() -> None:
    assert all(known(f"No: {why}.") for why in LEAVING.values())
    for record in (ANNA, UserRecord(source_id=SourceId("g"), guest=True)):
        refused = entry_refusal(record, POLICY)
        assert refused is None or known(f"No: {refused.detail}")
    waiting = Standing(refusal=RefusalReason.LINK_PENDING, detail="x", decision="")
    assert known(explain(ANNA, removed="", standing=waiting, policy=POLICY).action)
