"""Lists of people and mailboxes: their lines are bound to directory objects, once and for good."""

from collections.abc import Sequence

from rollcall.core.errors import SetupError
from rollcall.core.matching import Match, match_lines
from rollcall.core.policy import ListedSelection, Mode, Selection, Stage
from rollcall.core.records import SourceId, UserRecord
from rollcall.core.report import Problem
from rollcall.sync.context import RunContext


async def resolve_list(
    run: RunContext,
    stage: Stage,
    subject: str,
    listed: ListedSelection,
    fresh: Sequence[UserRecord] = (),
) -> tuple[Selection, list[Problem]]:
    """Return whom the list means, and a problem for each line that means nobody.

    Lines are looked up in `fresh` (records of this reading) and in the memory of the directory;
    where there is no memory because people are not synchronised, in the live directory. Raises
    SetupError when the list is needed and none of its lines means anybody.
    """
    if listed.mode is Mode.ALL or not listed.lines:
        return Selection(mode=listed.mode), []
    matches = await _match(run, listed.unbound, fresh) if listed.unbound else []
    found = {match.line: match.source_id for match in matches if match.source_id is not None}
    if found and not run.dry_run:
        await run.store.bind_lines(subject, found)
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


async def resolve_numbers(run: RunContext, fresh: Sequence[UserRecord]) -> dict[SourceId, int]:
    """Bind the lines of imported numbers; return those that were bound just now."""
    numbers = await run.store.unbound_numbers()
    if not numbers:
        return {}
    matches = await _match(run, tuple(numbers), fresh)
    found = {match.line: match.source_id for match in matches if match.source_id is not None}
    if found and not run.dry_run:
        await run.store.bind_lines("numbers", found)
    return {source_id: numbers[line] for line, source_id in found.items()}


async def _match(run: RunContext, lines: Sequence[str], fresh: Sequence[UserRecord]) -> list[Match]:
    records = {record.source_id: record for record in await run.store.records_like(lines)}
    records.update((record.source_id, record) for record in fresh)
    if not run.settings.users:
        live = await run.source.find_users(lines)
        records.update((record.source_id, record) for record in live)
    return match_lines(lines, records.values())
