"""The fault matrix: each row under a fault, then without it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from tests.integration.faults.company import shared_mailboxes, staff
from tests.integration.faults.outcomes import (
    Equal,
    Seen,
    assert_nobody_blocked,
    assert_same,
    check_outcome,
    without,
)
from tests.integration.faults.places import Phase
from tests.integration.faults.row import Row
from tests.integration.faults.rows import PROMISED, ROWS
from tests.integration.faults.twin import Twin
from tests.simulator.control import Directory, Simulator
from tests.sites import Site

SHORT = [row for row in ROWS if row.short]


def _cases() -> Iterator[object]:
    for row in ROWS:
        for phase in row.phases:
            marks = () if row.short else (pytest.mark.long,)
            yield pytest.param(row, phase, id=f"{row.name}, {phase}", marks=marks)


@pytest.mark.parametrize(("row", "phase"), list(_cases()))
def test_a_fault_does_what_its_row_says_and_blocks_nobody(
    twin: Twin, row: Row, phase: Phase
) -> None:
    with _beginning(twin, phase) as site:
        before = site.tables()
        goal = twin.first if phase is Phase.FIRST else twin.night
        subject = find_subject(row.subject, site.directory)
        strikes = _strike(site.simulator, row, subject)

        run = site.sync(expect=None)

        assert all(site.simulator.hits(each) for each in strikes), "the fault struck nothing"
        seen = Seen(run=run, before=before, after=site.tables(), twin=goal, subject=subject)
        check_outcome(row.outcome, seen)
        assert_nobody_blocked(seen)

        site.simulator.clear_faults()
        site.sync(full=row.full)
        spared = subject if row.marked else ""
        assert_same(without(site.tables(), spared), without(goal, spared))


@pytest.mark.parametrize("fault", PROMISED)
def test_each_fault_that_was_promised_is_in_every_run_of_the_tests(fault: str) -> None:
    names = [row.name for row in SHORT]
    assert all(any(name.startswith(start) for name in names) for start in PROMISED[fault])


def test_four_rows_of_five_end_as_if_there_had_been_no_fault(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(SHORT) >= 45
    assert len({(row.name, row.phases) for row in ROWS}) == len(ROWS)
    for rows, which in ((SHORT, "in every run"), (ROWS, "in all")):
        counts = Counter(type(row.outcome).__name__.lower() for row in rows)
        shown = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        with capsys.disabled():
            pytestconfig.get_terminal_writer().line(f" {len(rows)} rows {which}: {shown}")
        assert counts[Equal.__name__.lower()] >= 0.8 * len(rows)


def _beginning(twin: Twin, phase: Phase) -> AbstractContextManager[Site]:
    return twin.connected() if phase is Phase.FIRST else twin.settled()


def _strike(simulator: Simulator, row: Row, subject: str) -> list[int]:
    return [
        simulator.fault(
            strike.kind,
            path=strike.place.path.replace("{subject}", subject),
            host=strike.place.host,
            in_batch=strike.place.in_batch,
            times=strike.times,
            after=strike.place.after,
            **strike.options,
        )
        for strike in row.strikes
    ]


def find_subject(name: str, directory: Directory) -> str:
    """Return the object id of whom a row is about."""
    people = staff(directory)
    match name:
        case "person":
            return people[1]
        case "first changed":
            return people[2]
        case "leaver":
            return directory.users(life="deleted", show="")[0].id
        case "shared":
            return shared_mailboxes(directory)[0]
        case "pictured" | "faceless":
            pictured = {user.id for user in directory.users(show="photo") if user.photo}
            return next(each for each in people if (each in pictured) == (name == "pictured"))
        case _:
            return ""
