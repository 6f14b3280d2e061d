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
class Told:
    """Microsoft said something untrue that nobody can tell from the truth: it is kept as told.

    Only `columns` differ from what is without the fault, and `wanted` is in one of the rows.
    """

    columns: tuple[str, ...]
    wanted: str


@dataclass(frozen=True)
class Believed:
    """Microsoft was silent about something, and nobody can know: what it did not say is not done.

    `untouched` did not change, `done` is as without the fault; `problem` is in the report.
    """

    untouched: Collection[str] = ()
    done: Collection[str] = ()
    problem: str = ""


Outcome = Equal | Held | Failed | Lacking | Told | Believed


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
        case Told(columns=columns, wanted=wanted):
            _check_state(seen.run, "applied")
            assert_same(_less(seen.after, columns), _less(seen.twin, columns))
            assert any(wanted in row for rows in seen.after.values() for row in rows)
            assert _differences(seen.after, seen.twin), "nothing was told"
        case Believed(untouched=untouched, done=done, problem=problem):
            _check_state(seen.run, "applied")
            _check_problem(seen, problem)
            assert_same(parts(seen.after, untouched), parts(seen.before, untouched))
            assert_same(parts(seen.after, done), parts(seen.twin, done))


def assert_nobody_blocked(seen: Seen) -> None:
    """Assert that only those cannot work who could not before, or cannot without the fault."""
    rightly = _stopped(seen.before) | _stopped(seen.twin)
    assert _stopped(seen.after) <= rightly, _stopped(seen.after) - rightly
    gone = _numbered(seen.before) - _numbered(seen.after)
    assert not gone, f"without a number now: {gone}"


def _stopped(tables: Tables) -> set[str]:
    rows = map(json.loads, tables["telephony_extension"])
    return {row["directory_object_id"] for row in rows if row["state"] != "active"}


def _numbered(tables: Tables) -> set[str]:
    rows = map(json.loads, tables["telephony_extension"])
    return {row["directory_object_id"] for row in rows if not row["deleted"]}


def _less(tables: Tables, columns: Collection[str]) -> Tables:
    return {name: sorted(_without(row, columns) for row in rows) for name, rows in tables.items()}


def _without(row: str, columns: Collection[str]) -> str:
    values = json.loads(row)
    return json.dumps({name: values[name] for name in values.keys() - columns}, sort_keys=True)


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
    return _less({name: tables[name] for name in names}, ("purpose",))


def without(tables: Tables, subject: str) -> Tables:
    """Return tables without the rows about `subject`; "" is nobody."""
    if not subject:
        return tables
    return {name: [row for row in rows if subject not in row] for name, rows in tables.items()}
