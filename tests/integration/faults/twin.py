"""The same company read without a fault: its tables are what a row of the matrix must come to.

Directories of the simulator are the same whenever they are made, down to the ids, and databases
can be copied; so a row begins where the twin was, and its tables can be compared to the letter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from rollcall.environment import Environment
from rollcall.wiring.machine import Machine
from tests.integration.conftest import simulated_cloud
from tests.integration.faults.company import found_company, let_night_pass
from tests.integration.faults.states import Databases
from tests.simulator.control import Simulator
from tests.sites import ROLES, Site, Tables, make_site

DAY = 86_400
SLUG = "contoso"


@dataclass(frozen=True)
class Twin:
    """Tables before, after the first run and after the night's; databases to begin with."""

    databases: Databases
    environment: Environment
    simulator: Simulator
    certificate: str
    before: Tables
    first: Tables
    night: Tables
    before_database: str
    first_database: str

    @contextmanager
    def connected(self) -> Iterator[Site]:
        """A site like the twin's before its first run."""
        with self.databases.copied(self.before_database) as conninfo:
            yield self._site(conninfo)

    @contextmanager
    def settled(self) -> Iterator[Site]:
        """A site like the twin's after its first run, a day later; the night has passed."""
        with self.databases.copied(self.first_database) as conninfo:
            site = self._site(conninfo)
            a_day_later(site)
            let_night_pass(site.directory)
            yield site

    def _site(self, conninfo: str) -> Site:
        directory = found_company(self.simulator)
        application = directory.applications[0]
        application.set_roles(*ROLES)
        application.upload(self.certificate)
        machine = simulated_machine(self.environment, self.simulator, conninfo)
        return Site(machine, self.simulator, directory, application, SLUG)


def raise_twin(databases: Databases, environment: Environment, simulator: Simulator) -> Twin:
    """Read the company without any fault."""
    with databases.copied() as conninfo:
        machine = simulated_machine(environment, simulator, conninfo)
        site = make_site(
            machine,
            simulator,
            found_company(simulator),
            slug=SLUG,
            personal_contacts=True,
            company_contacts=True,
        )
        certificate = site.renew_key()
        site.application.upload(certificate)
        before, before_database = site.tables(), databases.keep(conninfo)
        site.sync()
        first, first_database = site.tables(), databases.keep(conninfo)
        a_day_later(site)
        let_night_pass(site.directory)
        site.sync()
        return Twin(
            databases=databases,
            environment=environment,
            simulator=simulator,
            certificate=certificate,
            before=before,
            first=first,
            night=site.tables(),
            before_database=before_database,
            first_database=first_database,
        )


def a_day_later(site: Site) -> None:
    """Let a day pass, here and at Microsoft's."""
    site.clock.forward(days=1)
    site.simulator.set_clock(DAY)


def simulated_machine(environment: Environment, simulator: Simulator, conninfo: str) -> Machine:
    """Return a machine that knows the simulator as a cloud."""
    clouds = (simulated_cloud(simulator),)
    return Machine(msgspec.structs.replace(environment, clouds=clouds), conninfo)
