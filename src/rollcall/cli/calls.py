"""rollcall calls …"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.text import Text

from rollcall.calling.calls import (
    DIRECTIONS,
    RESULTS,
    CallsWanted,
    CallView,
    Party,
    list_calls,
)
from rollcall.cli.command import Desk, with_desk
from rollcall.cli.output import cell, plural, print_json_list, print_rows, say, show_duration
from rollcall.core.numbering import parse_number
from rollcall.telephony.queries import get_key
from rollcall.tenants.key_pages import Place
from rollcall.tenants.queries import get_tenant
from rollcall.wiring.calling_documents import to_call_json

CHUNK = 500
SHOWN = 200
NARROW = ("when", "from", "to", "result")
"""What is shown of calls where there is no room for more."""

STYLES = {"answered": "green", "failed": "red", "refused": "red"}
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group()
def calls() -> None:
    """Calls that ended: who, whom, when, how long, and what became of them."""


@calls.command("list")
@click.argument("slug")
@click.option("--extension", metavar="NUMBER", help="Calls that one extension made or got.")
@click.option("--since", type=MOMENT, help="From then on, in the tenant's time zone.")
@click.option("--until", type=MOMENT, help="Before then; a day counts with all of it.")
@click.option("--direction", type=click.Choice(list(DIRECTIONS)), help="Only such calls.")
@click.option("--result", type=click.Choice(list(RESULTS)), help="Only what ended so.")
@with_desk
def list_(
    desk: Desk,
    slug: str,
    extension: str | None,
    since: datetime | None,
    until: datetime | None,
    direction: str | None,
    result: str | None,
) -> None:
    """List calls, the newest first; this is audited."""
    tenant = get_tenant(slug)
    zone = ZoneInfo(tenant.time_zone)
    key = get_key(tenant.id, parse_number(extension)) if extension else None
    wanted = CallsWanted(
        extension_id=key.id if key else None,
        since=since.replace(tzinfo=zone) if since else None,
        until=_until(until).replace(tzinfo=zone) if until else None,
        direction=direction or "",
        result=result or "",
        size=CHUNK,
    )
    desk.audit("calls.listed", subject=extension or "all", tenant_id=tenant.id)
    found = _every_call(tenant.id, wanted)
    if desk.as_json:
        print_json_list(to_call_json(call) for call in found)
        return
    _show_calls(list(islice(found, SHOWN + 1)), zone)


def _until(moment: datetime) -> datetime:
    """Return the end of a day, or a moment as it is."""
    whole_day = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment + timedelta(days=1) if whole_day else moment


def _every_call(tenant_id: int, wanted: CallsWanted) -> Iterator[CallView]:
    while True:
        page = list_calls(tenant_id, wanted)
        yield from page.rows
        if not page.later:
            return
        wanted = msgspec.structs.replace(wanted, place=Place(after=page.rows[-1].place))


def _show_calls(found: list[CallView], zone: ZoneInfo) -> None:
    if not found:
        say("There are no such calls.")
        return
    print_rows([_row(call, zone) for call in found[:SHOWN]], narrow=NARROW)
    if len(found) > SHOWN:
        say(f"The newest {SHOWN}; --json shows all.", "dim")
    else:
        say(plural(len(found), "call"), "dim")


def _row(call: CallView, zone: ZoneInfo) -> dict[str, Text]:
    return {
        "when": cell(f"{call.began_at.astimezone(zone):%Y-%m-%d %H:%M}"),
        "direction": cell(call.direction, "dim"),
        "from": cell(_party(call.caller)),
        "to": cell(_party(call.callee)),
        "result": cell(call.result.replace("-", " "), STYLES.get(call.result, "yellow")),
        "talked": cell(show_duration(call.seconds) if call.seconds else None),
        "": cell("emergency" if call.emergency else " ", "red"),
    }


def _party(party: Party) -> str:
    if party.name:
        return f"{party.name} ({party.extension or party.number})"
    return party.number or "withheld"
