"""A PBX for tests: a real database, a simulated Microsoft 365, and runs in this process.

site = make_site(machine, simulator, "people:40:5")
run = site.sync()
assert run.state == "applied"
before = site.tables()
"""

import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from rollcall.core.policy import Stage
from rollcall.integrations.operations import (
    Connection,
    NewList,
    change_integration,
    new_key_pair,
)
from rollcall.integrations.queries import IntegrationView, get_integration
from rollcall.integrations.run_operations import RunRequest, request_run
from rollcall.integrations.runs import RunView
from rollcall.phonebook.queries import ContactView, list_contacts
from rollcall.providers.http.pace import Pace
from rollcall.telephony.queries import ExtensionView, list_extensions
from rollcall.tenants.operations import add_tenant
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.wiring.approval import approve_run
from rollcall.wiring.machine import Machine
from rollcall.wiring.sync import carry_out
from tests.clocks import FixedClock, Naps
from tests.simulator.control import Application, Directory, Simulator

ROLES = ("User.Read.All", "Contacts.Read", "MailboxSettings.Read")
CLOUD = "SIMULATED"
ACTOR = "test"

PRODUCT_TABLES = {
    "telephony_extension": "SELECT number, state, source, directory_object_id, blocked_reason, "
    "blocked_at IS NOT NULL AS was_blocked, deleted_at IS NOT NULL AS deleted, principal_name, "
    "first_name, last_name, display_name, email, mobile_phone, business_phone, job_title, "
    "department, office, company FROM telephony_extension",
    "telephony_photo": "SELECT e.directory_object_id, p.tag, p.sha256, p.problem "
    "FROM telephony_photo p JOIN telephony_extension e ON e.id = p.extension_id",
    "phonebook_addressbook": "SELECT b.scope, b.mailbox, e.directory_object_id AS owner, b.status "
    "FROM phonebook_addressbook b LEFT JOIN telephony_extension e ON e.id = b.owner_id",
    "phonebook_bookfolder": "SELECT b.mailbox, b.scope, f.folder_id, f.parent_id, f.path, "
    "f.contacts FROM phonebook_bookfolder f JOIN phonebook_addressbook b ON b.id = f.book_id",
    "phonebook_contact": "SELECT b.scope, b.mailbox, c.directory_contact_id, c.folder_id, "
    "c.fingerprint, c.display_name, c.first_name, c.last_name, c.company, c.job_title, "
    "c.department, c.emails, c.addresses FROM phonebook_contact c "
    "LEFT JOIN phonebook_addressbook b ON b.id = c.book_id",
    "phonebook_contactnumber": "SELECT c.directory_contact_id, b.mailbox, n.position, n.kind, "
    "n.number, n.e164, n.extension FROM phonebook_contactnumber n "
    "JOIN phonebook_contact c ON c.id = n.contact_id "
    "LEFT JOIN phonebook_addressbook b ON b.id = c.book_id",
    "integrations_directoryrecord": "SELECT object_id, fingerprint, record, removed, "
    "unreadable, purpose FROM integrations_directoryrecord",
    "integrations_refusal": "SELECT object_id, reason, detail FROM integrations_refusal "
    "WHERE until_run IS NULL",
    "integrations_reading": "SELECT complete, shape FROM integrations_reading",
    "integrations_stagedpage": "SELECT position FROM integrations_stagedpage",
}
"""All that a sync writes, without what differs from run to run: row ids, times, cursors."""

Tables = dict[str, list[str]]


@dataclass
class Site:
    """One tenant of one machine, connected to one directory of the simulator."""

    machine: Machine
    simulator: Simulator
    directory: Directory
    application: Application
    slug: str
    clock: FixedClock = field(default_factory=FixedClock)
    naps: Naps = field(default_factory=Naps)

    @property
    def tenant(self) -> TenantView:
        """The tenant, read anew."""
        return get_tenant(self.slug)

    @property
    def integration(self) -> IntegrationView:
        """The integration, read anew."""
        return get_integration(self.tenant.id)

    @property
    def pace(self) -> Pace:
        """Waiting takes no time."""
        return Pace(
            sleep=self.naps.sleep,
            now=self.clock,
            steady=self.naps.steady,
            jitter=lambda: 0.5,
        )

    def set(self, *, lists: dict[str, NewList] | None = None, **values: Any) -> None:
        """Change settings: plain columns by name, and lists."""
        change_integration(
            self.tenant.id,
            actor=ACTOR,
            connection=Connection(),
            values=values,
            lists=lists or {},
        )

    def sync(
        self,
        *stages: Stage,
        dry_run: bool = False,
        full: bool = False,
        expect: str | None = "applied",
    ) -> RunView:
        """Run a sync in this process; by default it must end applied."""
        request = RunRequest(
            trigger="manual", asked_by=ACTOR, stages=stages, dry_run=dry_run, full=full
        )
        summary, new = request_run(self.integration, request)
        assert new, f"run {summary.id} is {summary.state}"
        run = carry_out(self.machine, summary, clock=self.clock, pace=self.pace)
        wanted = "planned" if dry_run and expect == "applied" else expect
        assert wanted is None or run.state == wanted, (run.state, run.error, run.hold)
        return run

    def approve(self, run: RunView) -> RunView:
        """Approve what a run holds."""
        return approve_run(self.machine, run.id, actor=ACTOR, clock=self.clock)

    def extensions(self) -> list[ExtensionView]:
        """Return all extensions."""
        return list(list_extensions(self.tenant.id))

    def extension_of(self, object_id: str) -> ExtensionView | None:
        """Return a person's extension."""
        return next((e for e in self.extensions() if e.directory_object_id == object_id), None)

    def contacts(self) -> list[ContactView]:
        """Return all contacts."""
        return list(list_contacts(self.tenant.id))

    def tables(self) -> Tables:
        """Return the contents of all product tables, in a form that two sites can share."""
        return read_tables(self.machine.conninfo)

    def renew_key(self) -> str:
        """Make another key pair; return its certificate."""
        _, pem = new_key_pair(
            self.tenant.id,
            actor=ACTOR,
            name="test",
            days=365,
            ring=self.machine.key_ring(),
            now=self.clock(),
        )
        return pem


def read_tables(conninfo: str) -> Tables:
    """Return the rows of the product's tables as sorted JSON."""
    with psycopg.connect(conninfo) as connection:
        return {
            table: sorted(
                json.dumps(row[0], sort_keys=True)
                for row in connection.execute(f"SELECT to_jsonb(t) FROM ({query}) t")
            )
            for table, query in PRODUCT_TABLES.items()
        }


def make_site(
    machine: Machine,
    simulator: Simulator,
    directory: Directory | str,
    *,
    slug: str = "contoso",
    sip_domain: str | None = None,
    **values: Any,
) -> Site:
    """Make a tenant, connect it to a directory (or a new one by its spec), upload its key."""
    if isinstance(directory, str):
        directory = simulator.add_directory(directory)
    application = directory.applications[0]
    application.set_roles(*ROLES)
    add_tenant(
        slug=slug,
        name=slug.title(),
        sip_domain=sip_domain or f"{slug}.example",
        time_zone="Europe/Berlin",
        country="DE",
    )
    site = Site(machine, simulator, directory, application, slug)
    connection = Connection(application.application_id, directory.directory_id, CLOUD)
    settings = {"first_extension": 2000, "last_extension": 8999, **values}
    change_integration(
        site.tenant.id, actor=ACTOR, connection=connection, values=settings, lists={}
    )
    application.upload(site.renew_key())
    return site
