"""How the explanation of a person is shown."""

from rollcall.cli.output import cell, console, make_table, say
from rollcall.wiring.explain import Explanation


def show_person(explanation: Explanation) -> None:
    """Print the five steps."""
    who = explanation.principal_name or explanation.email or ""
    say(f"{explanation.name}  {who}", "bold")
    say(explanation.directory_object_id, "dim")
    table = make_table("", "", "")
    table.show_header = False
    steps = explanation.steps
    for number, (step, answer) in enumerate(
        (
            ("read", steps.read),
            ("in scope", steps.in_scope),
            ("match", steps.match),
            ("number", steps.number),
            ("action", steps.action),
        ),
        start=1,
    ):
        table.add_row(cell(number, "dim"), cell(step, "dim"), cell(answer))
    console.print(table)
