"""Bind the lines of a list when it is given, as far as that can be done then."""

from collections.abc import Sequence

import msgspec

from rollcall.core.matching import NOT_FOUND, Match
from rollcall.integrations.directory import match_stored
from rollcall.integrations.operations import bind_lines
from rollcall.integrations.queries import IntegrationView
from rollcall.wiring.check import look_up
from rollcall.wiring.machine import Machine


class Resolution(msgspec.Struct, frozen=True):
    """What lines mean: `matches` were looked up, `later` are looked up by the next run."""

    matches: tuple[Match, ...]
    later: tuple[str, ...] = ()

    @property
    def found(self) -> dict[str, str]:
        """The objects that were found, by their lines."""
        return {each.line: each.source_id for each in self.matches if each.source_id is not None}

    @property
    def problems(self) -> tuple[Match, ...]:
        """The lines that mean nobody, or too many."""
        return tuple(each for each in self.matches if each.problem)


def bind_now(machine: Machine, integration: IntegrationView, subject: str) -> list[str]:
    """Bind what can be bound; return a sentence for each line that means nobody, or too many."""
    lines = dict(integration.selection(subject).lines)
    known = [line for line, object_id in lines.items() if object_id]
    resolution = resolve_lines(machine, integration, tuple(lines), known=known)
    bind_lines(integration.tenant_id, subject, resolution.found)
    if resolution.later:
        return [f"{len(resolution.later)} lines of the list are looked up by the first sync."]
    return [match.sentence for match in resolution.problems if not lines[match.line]]


def resolve_lines(
    machine: Machine,
    integration: IntegrationView,
    lines: Sequence[str],
    *,
    known: Sequence[str] = (),
    most_live: int | None = None,
    patience: float | None = None,
) -> Resolution:
    """Look lines up in what was last read, and those that are not there in the live directory.

    Before the first connection there is nothing to look in: the first run binds them. `known` ones
    are bound already; of the others at most `most_live` are asked for, within `patience` seconds.
    """
    matches = match_stored(integration.tenant_id, lines)
    bound = frozenset(known)
    missing = [
        each.line for each in matches if each.problem == NOT_FOUND and each.line not in bound
    ]
    asked, later = missing[:most_live], missing[len(missing[:most_live]) :]
    live = look_up(machine, integration, asked, patience=patience) if asked else []
    if live is None:
        live, later = [], missing
    kept = [match for match in matches if match.line not in set(missing)]
    return Resolution(matches=(*kept, *live), later=tuple(later))
