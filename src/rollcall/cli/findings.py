"""How findings are shown: a light, a step, a sentence."""

from rollcall.cli.output import cell, console, make_table, say
from rollcall.core.findings import Finding, Light

LIGHTS = {
    Light.GREEN: ("ok", "green"),
    Light.AMBER: ("mind", "yellow"),
    Light.RED: ("fail", "red"),
    Light.SKIPPED: ("–", "dim"),
}


def show_finding(finding: Finding) -> None:
    """Print one finding."""
    word, style = LIGHTS[finding.light]
    table = make_table("light", "step", "finding")
    table.show_header = False
    table.columns[0].width = 4
    table.columns[1].width = 16
    table.add_row(cell(word, style), cell(finding.step), cell(finding.message))
    console.print(table)
    if finding.help and finding.light in {Light.RED, Light.AMBER}:
        say(f"{'':24}More: docs/howto/{finding.help}", "dim")
