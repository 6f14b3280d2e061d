"""What a run under a fault may come to, and whether it did."""

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from rollcall.integrations.runs import RunView
from tests.sites import Tables

PEOPLE = ("telephony_extension", "integrations_directoryrecord", "integrations_refusal")
PHOTOS = ("telephony_photo",)
CONTACTS = ("phonebook_contact", "phonebook_contactnumber")
EVERYTHING = (*PEOPLE, *PHOTOS, *CONTACTS)
"""All that people see; how far a reading has come, and what is to be read, is not among it."""

SHOWN = 6
"""Differences that a failing test names."""


@dataclass(frozen=True)
class Equal:
    """As if there had been no fault."""


@dataclass(frozen=True)
class Held:
    """A guard stopped the stage of `untouched`; everything else is as without the fault."""

    untouched: Collection[str]


@dataclass(frozen=True)
class Failed:
    """The run failed with this code, `words` are in its sentence, `untouched` is as before.

    Tables that are not untouched are as without the fault.
    """

    code: str
    words: tuple[str, ...] = ()
    untouched: Collection[str] = EVERYTHING


@dataclass(frozen=True)
class Lacking:
    """As without the fault, but for what is of the row's subject; `problem` is in the report."""

    problem: str = ""


@dataclass(frozen=True)
class Believed:
    """Microsoft said something untrue that nobody can tell from the truth: it is applied.

    `untouched` is what did not change because Microsoft said nothing of it.
    """

    untouched: Collection[str] = ()


Outcome = Equal | Held | Failed | Lacking | Believed


@dataclass(frozen=True)
class Seen:
    """A run under a fault: how it ended, the tables before, after, and of the twin."""

    run: RunView
    before: Tables
    after: Tables
    twin: Tables
    subject: str


def check_outcome(outcome: Outcome, seen: Seen) -> None:
    """Assert that the run came to what was expected of it."""
    match outcome:
        case Equal():
            _check_state(seen.run, "applied")
            assert_same(seen.after, seen.twin)
        case Lacking(problem=problem):
            _check_state(seen.run, "applied")
            _check_problem(seen, problem)
            assert_same(without(seen.after, seen.subject), without(seen.twin, seen.subject))
            assert _differences(seen.after, seen.twin), "nothing is lacking"
        case Failed(code=code, words=words, untouched=untouched):
            _check_state(seen.run, "failed")
            _check_error(seen.run, code, words)
            _check_parts(seen, untouched)
        case Held(untouched=untouched):
            _check_state(seen.run, "held")
            assert seen.run.hold
            _check_parts(seen, untouched)
        case Believed(untouched=untouched):
            _check_state(seen.run, "applied")
            assert_same(parts(seen.after, untouched), parts(seen.before, untouched))


def assert_same(found: Tables, wanted: Tables) -> None:
    """Assert that tables hold the same rows."""
    different = _differences(found, wanted)
    assert not different, "\n".join([f"{len(different)} differences", *different[:SHOWN]])


def assert_unchanged(found: Tables, wanted: Tables) -> None:
    """Assert that nothing changed of what people see."""
    assert_same(parts(found, EVERYTHING), parts(wanted, EVERYTHING))


def _differences(one: Tables, other: Tables) -> list[str]:
    return [
        f"{where} in {table}: {row}"
        for table in sorted(one.keys() | other.keys())
        for where, mine, theirs in (
            ("too much", one.get(table, []), other.get(table, [])),
            ("missing", other.get(table, []), one.get(table, [])),
        )
        for row in sorted((Counter(mine) - Counter(theirs)).elements())
    ]


def _check_state(run: RunView, state: str) -> None:
    assert run.state == state, (run.state, run.error, run.hold, run.problems)


def _check_error(run: RunView, code: str, words: Collection[str]) -> None:
    assert run.error is not None
    assert run.error["code"] == code, run.error
    assert all(each in run.error["message"] for each in words), run.error


def _check_problem(seen: Seen, code: str) -> None:
    if code:
        found = {(each["subject"], each["code"]) for each in seen.run.problems}
        assert (seen.subject, code) in found, found


def _check_parts(seen: Seen, untouched: Collection[str]) -> None:
    touched = [table for table in EVERYTHING if table not in untouched]
    assert_same(parts(seen.after, untouched), parts(seen.before, untouched))
    assert_same(parts(seen.after, touched), parts(seen.twin, touched))


def parts(tables: Tables, names: Collection[str]) -> Tables:
    """Return some tables, without what a later stage notes in the rows of an earlier one."""
    return {name: sorted(map(_without_purpose, tables[name])) for name in names}


def _without_purpose(row: str) -> str:
    values = json.loads(row)
    values.pop("purpose", None)
    return json.dumps(values, sort_keys=True)


def without(tables: Tables, subject: str) -> Tables:
    """Return tables without the rows about `subject`; "" is nobody."""
    if not subject:
        return tables
    return {name: [row for row in rows if subject not in row] for name, rows in tables.items()}
