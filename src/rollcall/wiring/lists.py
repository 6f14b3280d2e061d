"""Bind the lines of a list when it is given, as far as that can be done then."""

from rollcall.core.matching import Match
from rollcall.integrations.operations import bind_lines
from rollcall.integrations.people import match_record
from rollcall.integrations.queries import IntegrationView
from rollcall.wiring.check import look_up
from rollcall.wiring.machine import Machine


def bind_now(machine: Machine, integration: IntegrationView, subject: str) -> list[str]:
    """Bind what can be bound; return a sentence for each line that means nobody, or too many.

    Lines are looked up in what was last read, and then in the live directory. Before the first
    connection there is nothing to look in: the first run binds them.
    """
    lines = dict(integration.selection(subject).lines)
    matches = [
        Match(line, source_id, problem)
        for line in lines
        for source_id, problem in [match_record(integration.tenant_id, line)]
    ]
    missing = [
        each.line for each in matches if each.problem == "not-found" and not lines[each.line]
    ]
    live = look_up(machine, integration, missing) if missing else []
    if live is not None:
        matches = [match for match in matches if match.line not in missing] + live
    found = {match.line: match.source_id for match in matches if match.source_id is not None}
    bind_lines(integration.tenant_id, subject, found)
    if live is None:
        return [f"{len(missing)} lines of the list are looked up by the first sync."]
    return [match.sentence for match in matches if match.problem and not lines[match.line]]
