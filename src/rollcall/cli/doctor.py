"""rollcall doctor"""

import click

from rollcall.cli.command import Desk, with_desk
from rollcall.cli.findings import show_finding
from rollcall.cli.output import print_json
from rollcall.core.errors import SetupError
from rollcall.core.findings import Light
from rollcall.host.diagnosis import diagnose


@click.command()
@with_desk
def doctor(desk: Desk) -> None:
    """Look over this machine and its tenants."""
    findings = []
    for finding in diagnose(desk.machine):
        findings.append(finding)
        if not desk.as_json:
            show_finding(finding)
    well = all(finding.light is not Light.RED for finding in findings)
    if desk.as_json:
        print_json({"ok": well, "findings": findings})
    if not well:
        raise SetupError("Something needs a hand: see above.", code="doctor")
