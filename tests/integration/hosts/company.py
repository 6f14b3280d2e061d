"""Several tenants in one database, and what they come to when nothing is in the way.

Each scene gets a copy of the database as it was founded, so that all begin with a first run; what
that comes to is known from another copy, in which nothing was cut, killed or stopped.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from django.core.management import call_command
from django.db import connections

from rollcall.environment import read_environment
from rollcall.wiring.machine import Machine
from tests.databases import point_django
from tests.integration.conftest import simulated_cloud
from tests.integration.hosts.hosts import KEYS
from tests.integration.hosts.network import MICROSOFT, Network
from tests.integration.hosts.server import OWNER, Server
from tests.simulator.control import Directory, Simulator, op
from tests.sites import Site, make_site

SLUGS = tuple(f"company{number}" for number in range(1, 7))
SPEC = "people:40:5,folders=1,photos=0.5"
ZONE = "Europe/Berlin"
"""What `make_site` gives to its tenants."""

QUICK = {"directory_latency_ms": 0, "outlook_latency_ms": 0}
SLOW = {"directory_latency_ms": 200, "outlook_latency_ms": 500}
PAGES = {"users_page_size": 20, "users_page_size_follows_prefer": False}

DAY = {"joins": 3, "leaves": 2, "renames": 3, "phone_changes": 5, "photo_changes": 5}
MAILBOXES = 20
"""So many of a directory's mailboxes get a new contact each day."""

TEMPLATE = "pristine"
_numbers = count(1)


@dataclass(frozen=True)
class Company:
    """Tenants that were founded in the database `pristine`, and their directories."""

    network: Network
    server: Server
    simulator: Simulator
    home: Path
    directories: tuple[Directory, ...]

    @property
    def keys(self) -> Path:
        """The keys that seal the secrets of all tenants."""
        return self.home / KEYS

    @contextmanager
    def copied(self) -> Iterator[str]:
        """Have a copy of the database for the block, under a name of its own."""
        name = f"scene_{next(_numbers)}"
        self.server.tell(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE {TEMPLATE}")
        try:
            yield name
        finally:
            self.server.tell(f"DROP DATABASE {name} WITH (FORCE)")

    def set(self, **settings: object) -> None:
        """Set something of the simulated Microsoft."""
        with self.network.inside(MICROSOFT):
            self.simulator.set(**settings)

    def let_a_day_pass(self) -> None:
        """Change something in every directory, but nothing that would hold a run."""
        day = next(_numbers)
        news = {"displayName": f"News of day {day}", "mobilePhone": f"+49 151 {day:07}"}
        with self.network.inside(MICROSOFT):
            for directory in self.directories:
                directory.evolve(seed=day, **DAY)
                owners = [each.id for each in directory.users() if each.mailbox == "user"]
                directory.change(
                    *(op("add_contact", user=each, set=news) for each in owners[:MAILBOXES])
                )

    def sync_quickly(self, database: str) -> None:
        """Synchronise all tenants in this process, without any delay or disturbance."""
        self.set(**QUICK)
        conninfo = self.server.here(database)
        point_django(conninfo)
        machine = _machine(self.simulator, self.home, conninfo)
        try:
            with self.network.inside(MICROSOFT):
                for slug, directory in zip(SLUGS, self.directories, strict=True):
                    application = directory.applications[0]
                    Site(machine, self.simulator, directory, application, slug).sync()
        finally:
            connections.close_all()
            self.set(**SLOW)


@contextmanager
def simulated_microsoft(network: Network, home: Path) -> Iterator[Simulator]:
    """Have a simulated Microsoft 365 on a host of its own."""
    address = f"{network.address(MICROSOFT)}:0"
    with ExitStack() as stack:
        with network.inside(MICROSOFT):
            running = Simulator.started(home, ports=(address, address, "127.0.0.1:0"))
            simulator = stack.enter_context(running)
        yield simulator


def found_company(network: Network, server: Server, simulator: Simulator, home: Path) -> Company:
    """Make the tenants, each connected to a directory of its own and never synchronised."""
    server.tell(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER}")
    point_django(server.here(TEMPLATE))
    call_command("migrate", verbosity=0)
    machine = _machine(simulator, home, server.here(TEMPLATE))
    half_a_day_off = datetime.now(ZoneInfo(ZONE)) + timedelta(hours=12)
    with network.inside(MICROSOFT):
        simulator.set(**PAGES, **SLOW)
        sites = [
            make_site(
                machine,
                simulator,
                f"{SPEC},name={slug}",
                slug=slug,
                personal_contacts=True,
                company_contacts=True,
                sync_time=half_a_day_off.time().replace(microsecond=0),
            )
            for slug in SLUGS
        ]
    connections.close_all()
    directories = tuple(site.directory for site in sites)
    return Company(network, server, simulator, home, directories)


def _machine(simulator: Simulator, home: Path, conninfo: str) -> Machine:
    environment = read_environment(environ={"ROLLCALL_HOME": str(home)}, cwd=home)
    clouds = (simulated_cloud(simulator),)
    return Machine(msgspec.structs.replace(environment, clouds=clouds), conninfo)
