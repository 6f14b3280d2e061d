"""Lists of people and mailboxes: their lines are bound to directory objects, once and for good."""

from collections.abc import Mapping, Sequence

from rollcall.core.errors import SetupError
from rollcall.core.matching import Match, match_lines
from rollcall.core.policy import ListedSelection, Mode, Selection, Stage
from rollcall.core.records import SourceId
from rollcall.core.report import Problem
from rollcall.sync.context import RunContext
from rollcall.sync.reading import PeopleReading


async def resolve_list(
    run: RunContext,
    stage: Stage,
    subject: str,
    listed: ListedSelection,
    reading: PeopleReading | None = None,
) -> tuple[Selection, list[Problem]]:
    """Return whom the list means, and a problem for each line that means nobody.

    Lines are looked up in the memory of the directory as `reading`, which may not be stored yet,
    leaves it; where there is no memory because people are not synchronised, in the live directory.
    Raises SetupError when the list is needed and none of its lines means anybody.
    """
    if listed.mode is Mode.ALL or not listed.lines:
        return Selection(mode=listed.mode), []
    matches = await _match(run, listed.unbound, reading) if listed.unbound else []
    found = {match.line: match.source_id for match in matches if match.source_id is not None}
    await _bind(run, subject, found)
    if not listed.bound and not found:
        raise SetupError(
            f"None of the {len(listed.lines)} lines of the list of {subject} is in the directory. "
            "Nothing of this stage was changed; check the list.",
            code="list-unresolved",
            help_page="lists.md",
        )
    problems = [
        Problem(stage, match.line, match.problem, match.sentence)
        for match in matches
        if match.problem
    ]
    return listed.select(found.values()), problems


async def resolve_numbers(
    run: RunContext, reading: PeopleReading
) -> tuple[dict[SourceId, int], list[Problem]]:
    """Bind the lines of imported numbers; return those that were bound just now, and problems.

    Of two lines that turn out to mean the same person, the first one counts.
    """
    numbers = await run.store.unbound_numbers()
    if not numbers:
        return {}, []
    matches = await _match(run, tuple(numbers), reading)
    found: dict[SourceId, str] = {}
    for match in matches:
        if match.source_id is not None:
            found.setdefault(match.source_id, match.line)
    await _bind(run, "numbers", {line: each for each, line in found.items()})
    left = {} if run.dry_run else await run.store.unbound_numbers()
    used = set(found.values()).difference(left)
    problems = [
        _number_problem(match, numbers[match.line]) for match in matches if match.line not in used
    ]
    return {source_id: numbers[line] for source_id, line in found.items()}, problems


async def _bind(run: RunContext, subject: str, found: Mapping[str, SourceId]) -> None:
    if found and run.dry_run:
        run.bound[subject] = dict(found)
    elif found:
        await run.store.bind_lines(subject, found)


def _number_problem(match: Match, number: int) -> Problem:
    sentence = match.sentence or f"“{match.line}” means somebody who has a number already."
    return Problem(
        Stage.USERS,
        match.line,
        match.problem or "number-not-needed",
        f"{sentence} {number} stays kept for this line of an import until “rollcall extensions "
        "import … --forget” gives it up.",
    )


async def _match(
    run: RunContext, lines: Sequence[str], reading: PeopleReading | None
) -> list[Match]:
    stored = await run.store.records_like(lines)
    records = list(reading.current(stored)) if reading is not None else stored
    if not run.settings.users:
        records += await run.source.find_users(lines)
    return match_lines(lines, records)
