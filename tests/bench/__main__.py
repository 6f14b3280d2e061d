"""make bench: run the scenarios and print a table.

    python -m tests.bench [--people N] [--contacts-each N] [--people-only] [--large] [--nights-only]
                          [--portal-only] [--sign-in-only] [--names-only] [--switch-only]

Ratios are what counts: machines are shared and noisy. The floor (floor.py) does the same work with
nothing else, in the same run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import django
from rich.console import Console
from rich.table import Table

from tests.bench.company import Company, Cost, connected_company, settle
from tests.bench.peers import Peer, read_by_sdk
from tests.bench.sign_in import measure_sign_in, show_sign_in
from tests.simulator.control import Simulator
from tests.simulator.graph import Client, KeyPair

console = Console(width=140)
SDK_PAGES = 3


@dataclass(frozen=True)
class Line:
    """One measured scenario."""

    name: str
    cost: Cost
    floor: float | None


def main() -> None:
    """Run all scenarios, or those that were named."""
    options = read_options()
    without_simulator = (
        (options.portal_only, portal_lists),
        (options.names_only, partial(names_on_calls, options.contacts)),
        (options.switch_only, partial(switch_on_two_cores, options.extensions)),
    )
    chosen = [measure for wanted, measure in without_simulator if wanted]
    if not chosen:
        simulated(options)
    if not (chosen or options.nights_only or options.sign_in_only):
        chosen = [measure for _, measure in without_simulator]
    for measure in chosen:
        measure()


def read_options() -> argparse.Namespace:
    """Read what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--contacts-each", type=int, default=5)
    parser.add_argument("--mailboxes", type=int, default=1_000)
    parser.add_argument("--people-only", action="store_true", help="no contacts, no photos")
    parser.add_argument("--large", action="store_true", help="200,000 people, too")
    parser.add_argument("--tenants", type=int, default=400, help="of a night")
    parser.add_argument("--nights-only", action="store_true", help="only nights of many tenants")
    parser.add_argument("--portal-only", action="store_true", help="only long lists of the portal")
    parser.add_argument("--sign-in-only", action="store_true", help="only signing in")
    parser.add_argument("--names-only", action="store_true", help="only names on calls, search")
    parser.add_argument("--switch-only", action="store_true", help="only registrations and calls")
    parser.add_argument("--contacts", type=int, default=1_000_000, help="among which names are")
    parser.add_argument("--extensions", type=int, default=20_000, help="of the switch")
    return parser.parse_args()


def simulated(options: argparse.Namespace) -> None:
    """Run what needs the simulator."""
    with (
        tempfile.TemporaryDirectory(prefix="rollcall-bench-") as place,
        Simulator.started(Path(place) / "sim") as simulator,
    ):
        Path(place).chmod(0o755)
        if options.nights_only:
            nights_of_many(Path(place), simulator, options.tenants)
            return
        if options.sign_in_only:
            sign_ins(Path(place), simulator)
            return
        homes = (Path(place) / f"home{number}" for number in range(9))
        lines = people_only(next(homes), simulator, options.people)
        if not options.people_only:
            lines += whole_company(next(homes), simulator, options.people, options.contacts_each)
            lines += large_books(next(homes), simulator, options.mailboxes)
        if options.large:
            lines += people_only(next(homes), simulator, 200_000)
        nights_of_many(Path(place), simulator, options.tenants)
        sign_ins(Path(place), simulator)
        show(lines, measure_peers(simulator), options.people)


def nights_of_many(place: Path, simulator: Simulator, tenants: int) -> None:
    """Nights of many small tenants, by the number of workers."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
    django.setup()
    from tests.bench.nights import measure_nights, show_nights  # it imports the apps' models

    show_nights(console, list(measure_nights(place, simulator, tenants)))
    simulator.reset(directories=True)


def sign_ins(place: Path, simulator: Simulator) -> None:
    """Signing in with Microsoft, 50 a second and more."""
    show_sign_in(console, measure_sign_in(place / "sign-in", simulator))


def portal_lists() -> None:
    """The long lists of the portal: 5,000 tenants, 200,000 extensions."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
    django.setup()
    from tests.bench.portal import measure_portal, show_portal  # it imports the apps' models

    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as place:
        Path(place).chmod(0o755)
        show_portal(console, measure_portal(Path(place), tenants=5_000, people=200_000))


def names_on_calls(contacts: int) -> None:
    """Who calls, and what is found while one types."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
    django.setup()
    from tests.bench.names import measure_names, show_names  # it imports the apps' models

    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as place:
        Path(place).chmod(0o755)
        show_names(console, measure_names(Path(place), contacts=contacts), contacts=contacts)


def switch_on_two_cores(extensions: int) -> None:
    """Registrations and calls a second."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "rollcall.config.settings"
    django.setup()
    from tests.bench.switch import measure_switch, show_switch  # it imports the apps' models

    with tempfile.TemporaryDirectory(prefix="rollcall-bench-") as place:
        Path(place).chmod(0o755)
        served = measure_switch(Path(place), extensions=extensions)
        show_switch(console, served, extensions=extensions)


def people_only(home: Path, simulator: Simulator, people: int) -> list[Line]:
    """People, no photos, no contacts."""
    spec = f"people:{people},photos=0"
    settings = ("--start", "1000000", "--photos", "off")
    with connected_company(home, simulator, spec, *settings) as company:
        name = f"{people:,} people"
        floor = warm_floor(company)
        first = company.run()
        settle(company.conninfo)
        night = company.run()
        again = company.run("--full")
        company.directory.evolve(seed=1, renames=people // 100)
        changed = company.run()
        return [
            Line(f"{name}: first sync", first, floor),
            Line(f"{name}: nothing changed, delta", night, None),
            Line(f"{name}: nothing changed, read anew", again, floor),
            Line(f"{name}: 1 % renamed, delta", changed, None),
        ]


def whole_company(home: Path, simulator: Simulator, people: int, contacts: int) -> list[Line]:
    """People, photos of half of them, and contacts in every mailbox."""
    spec = f"people:{people}:{contacts},photos=0.5,folders=0,name=whole"
    settings = ("--start", "1000000", "--personal-contacts", "on")
    with connected_company(home, simulator, spec, *settings) as company:
        name = f"{people:,} people, {people * contacts:,} contacts, photos"
        floor = warm_floor(company, mailboxes=True, photos=True)
        first = company.run()
        settle(company.conninfo)
        night = company.run()
        return [
            Line(f"{name}: first sync", first, floor),
            Line(f"{name}: nothing changed", night, None),
        ]


def large_books(home: Path, simulator: Simulator, mailboxes: int) -> list[Line]:
    """Mailboxes with 200 contacts each; sub-folders are switched off, as in the floor."""
    spec = f"people:{mailboxes}:200,photos=0,folders=0,name=books"
    settings = [*("--start", "1000000"), *("--photos", "off")]
    settings += [*("--personal-contacts", "on"), *("--subfolders", "off")]
    with connected_company(home, simulator, spec, *settings) as company:
        name = f"{mailboxes:,} mailboxes of 200 contacts"
        floor = warm_floor(company, mailboxes=True, folder_lists=False)
        first = company.run()
        settle(company.conninfo)
        night = company.run()
        again = company.run("--full")
        return [
            Line(f"{name}: first sync", first, floor),
            Line(f"{name}: nothing changed, delta", night, None),
            Line(f"{name}: nothing changed, read anew", again, floor),
        ]


def warm_floor(company: Company, **parts: bool) -> float:
    """Return the seconds of the floor once the simulator has made up its people and contacts."""
    measure_floor(company, **parts)
    settle(company.conninfo)
    return measure_floor(company, **parts)


def measure_floor(
    company: Company, *, mailboxes: bool = False, photos: bool = False, folder_lists: bool = True
) -> float:
    """Return the seconds that the floor needs for the same company."""
    users = company.directory.users(show="mailbox")
    ids = [user.id for user in users if user.mailbox]
    task = {
        "graph": company.simulator.graph,
        "ca_file": str(company.simulator.ca_file),
        "token": _token(company),
        "conninfo": company.conninfo,
        "mailboxes": ids if mailboxes else [],
        "photos": ids if photos else [],
        "folder_lists": folder_lists,
    }
    path = company.home / "floor.json"
    path.write_text(json.dumps(task))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.floor", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout)["seconds"])


def _token(company: Company) -> str:
    keys = KeyPair()
    application = company.directory.applications[0]
    application.upload(keys.pem)
    return Client(company.simulator, application, keys).token


def measure_peers(simulator: Simulator) -> list[Peer]:
    """Measure how others read the same people."""
    directory = simulator.add_directory("people:1000,photos=0,name=peers")
    keys = KeyPair()
    application = directory.applications[0]
    application.upload(keys.pem)
    token = Client(simulator, application, keys).token
    return [read_by_sdk(simulator, token, SDK_PAGES)]


def show(lines: list[Line], peers: list[Peer], people: int) -> None:
    """Print the table."""
    table = Table(box=None, header_style="bold")
    for column in (
        "scenario",
        "command s",
        "run s",
        "CPU s",
        "MiB",
        "requests",
        "items",
        "changes",
        "floor s",
        "ratio",
    ):
        table.add_column(column, justify="left" if column == "scenario" else "right")
    for line in lines:
        cost = line.cost
        ratio = f"{cost.inside / line.floor:.1f} ×" if line.floor else ""
        table.add_row(
            line.name,
            f"{cost.seconds:.1f}",
            f"{cost.inside:.1f}",
            f"{cost.cpu:.1f}",
            f"{cost.memory:.0f}",
            f"{cost.requests:,}",
            f"{cost.items:,}",
            f"{cost.changes:,}",
            f"{line.floor:.2f}" if line.floor else "",
            ratio,
        )
    console.print(table)
    for peer in peers:
        console.print(
            f"{peer.name}: {peer.seconds:.1f} s for {peer.people:,} people, "
            f"so about {peer.at(people):,.0f} s for {people:,}."
        )


if __name__ == "__main__":
    main()
