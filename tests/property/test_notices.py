"""Whatever happens to a tenant, each thing is told once, and its end once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rollcall.core.notices import (
    CERTIFICATE_STEPS,
    DAY,
    OK,
    PASSING,
    CertificateFacts,
    Facts,
    Kind,
    Known,
    Recover,
    Tell,
    decide,
    decide_web,
)

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SLOT = BEGIN + timedelta(hours=3)

runs = st.one_of(
    st.just(("", "")),
    st.tuples(st.sampled_from(sorted(OK)), st.just("")),
    st.tuples(
        st.just("failed"), st.sampled_from(["permission-missing", "bad-id", *sorted(PASSING)])
    ),
)
days = st.integers(0, 400)


@st.composite
def moments(draw: st.DrawFn) -> tuple[Facts, datetime]:
    """Draw how a tenant is, and when one looks."""
    now = BEGIN + draw(days) * DAY + timedelta(hours=draw(st.integers(0, 23)))
    run_state, run_code = draw(runs)
    run_ended_at = now - timedelta(hours=draw(st.integers(0, 60))) if run_state else None
    holds = run_state == "held" or draw(st.booleans())
    begins = BEGIN + draw(st.integers(-60, 300)) * DAY
    return (
        Facts(
            active=draw(st.booleans()),
            awake=draw(st.booleans()),
            certificate=draw(
                st.one_of(
                    st.none(),
                    st.builds(
                        CertificateFacts,
                        st.sampled_from(["first", "second"]),
                        st.just(begins),
                        st.integers(1, 400).map(lambda n: begins + n * DAY),
                    ),
                )
            ),
            run=1 if run_state else None,
            run_state=run_state,
            run_code=run_code,
            run_message="",
            run_ended_at=run_ended_at,
            good_at=now - timedelta(hours=draw(st.integers(0, 200))),
            slot_at=draw(st.sampled_from([None, SLOT])),
            held_run=1 if holds else None,
            held_plan=draw(st.sampled_from(["one", "two"])),
            held_at=now if holds else None,
            held_sentence="",
        ),
        now,
    )


def follow(known: dict[Kind, Known], decisions: list[Tell | Recover]) -> None:
    """Do what was decided, as the database does; check that it makes sense."""
    for decision in decisions:
        before = known.get(decision.kind)
        if isinstance(decision, Recover):
            assert before is not None, "an end of what was never told"
            del known[decision.kind]
        else:
            told = before.told if before else frozenset()
            assert decision.standing.step not in told, "told twice"
            known[decision.kind] = Known(decision.kind, told | {decision.standing.step})


@settings(max_examples=300, deadline=None)
@given(st.lists(moments(), max_size=8))
def test_each_step_is_told_once_and_an_end_only_after_a_beginning(
    history: list[tuple[Facts, datetime]],
) -> None:
    known: dict[Kind, Known] = {}
    for facts, now in history:
        before = dict(known)
        decisions = decide(facts, known, now=now)
        follow(known, decisions)

        assert decide(facts, known, now=now) == [], "looking again tells nothing"
        kinds = [decision.kind for decision in decisions]
        assert len(kinds) == len(set(kinds))
        if not facts.awake:
            assert set(kinds) <= {Kind.CERTIFICATE}
        if facts.run_state not in OK:
            assert Recover(Kind.FAILED) not in decisions, "only what went well ends a failure"
        if facts.run_code in PASSING:
            assert (Kind.FAILED in known) == (Kind.FAILED in before)


def facts_of(**values: object) -> Facts:
    """Return a tenant that does well, but for these."""
    good = {
        "active": True,
        "awake": True,
        "certificate": CertificateFacts("pair", BEGIN, BEGIN + 365 * DAY),
        "run": 7,
        "run_state": "applied",
        "run_code": "",
        "run_message": "",
        "run_ended_at": SLOT,
        "good_at": SLOT,
        "slot_at": SLOT + DAY,
        "held_run": None,
        "held_plan": "",
        "held_at": None,
        "held_sentence": "",
    }
    return Facts(**{**good, **values})  # type: ignore[arg-type]  # the table above


def steps_told(facts: Facts, hours: range) -> list[tuple[int, str]]:
    """Look every hour; return after how many hours which step was told, and ends as such."""
    known: dict[Kind, Known] = {}
    told = []
    for hour in hours:
        decisions = decide(facts, known, now=BEGIN + timedelta(hours=hour))
        follow(known, decisions)
        told += [
            (hour, d.standing.step if isinstance(d, Tell) else f"end of {d.kind}")
            for d in decisions
            if d.kind is not Kind.SILENT
        ]
    return told


def test_a_certificate_is_warned_of_at_each_of_its_days() -> None:
    told = steps_told(facts_of(), range(370 * 24))

    assert told == [
        *(((365 - days) * 24, f"pair:{days}") for days in CERTIFICATE_STEPS),
        (365 * 24, "pair:0"),
    ]


def test_a_short_certificate_is_not_warned_of_on_its_first_day() -> None:
    short = CertificateFacts("pair", BEGIN, BEGIN + 30 * DAY)

    assert [step for _, step in steps_told(facts_of(certificate=short), range(800))] == [
        "pair:14",
        "pair:7",
        "pair:1",
        "pair:0",
    ]


def test_a_new_key_pair_ends_the_warning() -> None:
    known = {Kind.CERTIFICATE: Known(Kind.CERTIFICATE, frozenset({"pair:60", "pair:30"}))}
    new = CertificateFacts("new", BEGIN + 340 * DAY, BEGIN + 700 * DAY)
    now = BEGIN + 341 * DAY

    assert decide(facts_of(certificate=new, good_at=now), known, now=now) == [
        Recover(Kind.CERTIFICATE)
    ]


def test_silence_begins_at_the_second_missed_time_and_two_hours() -> None:
    def silent(after: timedelta) -> bool:
        now = SLOT + after
        slot_at = SLOT + (after // DAY + 1) * DAY
        facts = facts_of(slot_at=slot_at, run_state="failed", run_code="try-later")
        decisions = decide(facts, {}, now=now)
        return any(decision.kind is Kind.SILENT for decision in decisions)

    minute = timedelta(minutes=1)
    assert not silent(2 * DAY)
    assert not silent(2 * DAY + timedelta(hours=2) - minute)
    assert silent(2 * DAY + timedelta(hours=2))


def test_a_failure_that_was_told_needs_no_second_mail_for_its_silence() -> None:
    facts = facts_of(run_state="failed", run_code="bad-id")
    known: dict[Kind, Known] = {}
    for day in range(9):
        now = SLOT + day * DAY + timedelta(hours=5)
        decisions = decide(facts, known, now=now)
        follow(known, decisions)
        assert [d.kind for d in decisions] == ([Kind.FAILED] if day == 0 else [])


def test_a_plan_is_told_once_however_many_runs_hold_it() -> None:
    held = {"run_state": "held", "held_run": 7, "held_at": SLOT, "good_at": SLOT}
    known: dict[Kind, Known] = {}
    for plan, expected in (("one", 1), ("one", 0), ("two", 1), ("one", 0)):
        decisions = decide(facts_of(**held, held_plan=plan), known, now=SLOT)
        follow(known, decisions)
        assert len(decisions) == expected
    assert decide(facts_of(), known, now=SLOT) == [Recover(Kind.HELD)]


def test_the_webs_certificate_is_renewed_before_anybody_is_told() -> None:
    ends = BEGIN + 90 * DAY
    certificate = CertificateFacts("web", BEGIN, ends)

    assert decide_web(certificate, {}, now=ends - 30 * DAY) == []
    (told,) = decide_web(certificate, {}, now=ends - 14 * DAY)
    assert isinstance(told, Tell)
    assert decide_web(None, {}, now=ends) == []
