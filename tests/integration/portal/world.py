"""Two tenants of one machine, each with everything, and visitors of every kind.

world.id_of("extension", world.theirs) is an id that exists, at the other tenant;
world.missing("extension") one that exists nowhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import psycopg
from django.http import HttpResponse
from django.test import Client

from rollcall.access.operations import make_token
from rollcall.access.scopes import OF_SYSTEM, OF_TENANT
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session, enter_tenant, find_session
from rollcall.calling.device_operations import add_device
from rollcall.calling.number_operations import add_numbers
from rollcall.telephony.operations import add_extension
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.portal.visitors import make_client
from tests.simulator.control import Simulator
from tests.sites import Site, make_site

IDS: Final = {
    "extension": "SELECT min(id) FROM telephony_extension "
    "WHERE tenant_id = %s AND state = 'active'",
    "number": "SELECT max(number) FROM telephony_extension WHERE tenant_id = %s",
    "run": "SELECT max(id) FROM integrations_syncrun WHERE tenant_id = %s",
    "contact": "SELECT min(id) FROM phonebook_contact WHERE tenant_id = %s AND holder = 0",
    "own_contact": "SELECT min(id) FROM phonebook_contact WHERE tenant_id = %s AND holder <> 0",
    "account": "SELECT min(id) FROM accounts_account WHERE tenant_id = %s",
    "person": "SELECT min(object_id::text) FROM integrations_directoryrecord WHERE tenant_id = %s",
    "key": "SELECT min(id) FROM integrations_keypair WHERE tenant_id = %s",
    "device": "SELECT min(id) FROM calling_device WHERE tenant_id = %s",
    "trunk_number": "SELECT min(number) FROM calling_trunknumber WHERE tenant_id = %s",
    "token": "SELECT min(id) FROM access_token WHERE tenant_id = %s",
    "session": "SELECT min(s.public_id::text) FROM accounts_session s "
    "JOIN accounts_account a ON a.id = s.account_id WHERE a.tenant_id = %s",
}
"""What an address or a form may name, and how to find one that is there."""

MISSING: Final = {
    "person": "00000000-0000-4000-8000-000000000000",
    "session": "00000000-0000-4000-8000-000000000000",
}
NUMBER_OF_NOTHING: Final = 987_654_321
NO_TENANT: Final = "no-such-tenant"


@dataclass
class World:
    """The machine, our tenant and theirs."""

    machine: Machine
    ours: Site
    theirs: Site
    tokens: dict[str, str] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        """Return the browser of “nobody”, “user”, “administrator”, “their administrator”,
        “system” (who switched to nobody) or “switched” (to our tenant)."""
        if who == "nobody":
            return make_client(self.machine)
        if who not in self.tokens:
            self.tokens[who] = self._sign_in(who)
        return make_client(self.machine, self.tokens[who])

    def ask_api(
        self, method: str, address: str, bearer: str = "", body: dict[str, object] | None = None
    ) -> HttpResponse:
        """Return the answer of the API: to “our”, “their” or the “system” token, or to none."""
        headers = {"authorization": f"Bearer {self.bearers[bearer]}"} if bearer else {}
        answer = make_client(self.machine).generic(
            method,
            address,
            json.dumps(body or {}) if method != "GET" else "",
            content_type="application/json",
            headers=headers,
        )
        assert answer.status_code < 500, answer.content
        return answer  # type: ignore[return-value]  # the test client's subclass of it

    def make_bearers(self) -> None:
        """Make a token for each tenant and for the system, with all that can be allowed."""
        tenants = {"our": self.ours.tenant.id, "their": self.theirs.tenant.id, "system": None}
        for whose, tenant_id in tenants.items():
            scopes = OF_SYSTEM if tenant_id is None else OF_TENANT
            _, self.bearers[whose] = make_token(
                tenant_id,
                name=f"{whose} token",
                scopes=tuple(scope.value for scope in scopes),
                days=1,
                actor="test",
                now=utc_now(),
            )

    def _sign_in(self, who: str) -> str:
        site = self.theirs if who == "their administrator" else self.ours
        system = who in {"system", "switched"}
        role = "system" if system else who.removeprefix("their ")
        extension = self.id_of("extension", site) if role == "user" else None
        account = NewAccount(
            email=f"{who.replace(' ', '-')}@rollcall.example",
            role=role,
            tenant_id=None if system else site.tenant.id,
            name=who.title(),
            extension_id=int(str(extension)) if extension else None,
        )
        token = begin_session(add_account(account, actor="test"), now=utc_now())
        if who == "switched":
            found = find_session(token, now=utc_now())
            assert found is not None
            enter_tenant(found.session_id, site.tenant.id)
        return token

    def id_of(self, kind: str, site: Site) -> int | str:
        """Return the id of one of these that a tenant has."""
        with psycopg.connect(self.machine.conninfo) as connection:
            row = connection.execute(IDS[kind], [site.tenant.id]).fetchone()
        assert row is not None, kind
        assert row[0] is not None, f"the tenant {site.slug} has no {kind}"
        found: int | str = row[0]
        return found

    @staticmethod
    def missing(kind: str) -> int | str:
        """Return an id of one of these that nobody has."""
        return MISSING.get(kind, NUMBER_OF_NOTHING)

    def thing(self, kind: str, whose: str) -> int | str:
        """Return an id by kind: “ours”, “theirs”, or one that is “missing” everywhere."""
        kind = kind.removesuffix("_id").replace("key_pair", "key")
        if kind == "slug":
            return {"ours": self.ours.slug, "theirs": self.theirs.slug}.get(whose, NO_TENANT)
        if whose == "missing":
            return self.missing(kind)
        return self.id_of(kind, self.ours if whose == "ours" else self.theirs)

    def filled(self, fields: Mapping[str, str], whose: str) -> dict[str, str]:
        """Return what a form sends: “{extension}” becomes such an id."""
        names = {name: self.thing(name, whose) for name in IDS}
        return {field: text.format(**names) for field, text in fields.items()}

    def belongings(self, site: Site) -> dict[str, str]:
        """Return a digest of all rows of a tenant, by table."""
        with psycopg.connect(self.machine.conninfo) as connection:
            tables = connection.execute(
                "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' "
                "AND table_schema = 'public' AND table_name NOT LIKE 'procrastinate%%'"
            ).fetchall()
            return {table: self._digest(connection, table, site.tenant.id) for (table,) in tables}

    @staticmethod
    def _digest(connection: psycopg.Connection, table: str, tenant_id: int) -> str:
        row = connection.execute(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
            f"FROM {table} t WHERE tenant_id = %s",
            [tenant_id],
        ).fetchone()
        assert row is not None
        return str(row[0])


def make_world(machine: Machine, simulator: Simulator) -> World:
    """Make both tenants: synchronised people with photos and contacts, runs, keys, accounts."""
    sites: list[Site] = []
    for slug in ("ours", "theirs"):
        site = make_site(
            machine, simulator, f"people:12:2,shared=1,name={slug}", slug=slug, photos=True
        )
        site.set(personal_contacts=True, company_contacts=True)
        site.sync()
        # A number that the other tenant does not have.
        add_extension(site.tenant.id, number=7001 + len(sites), fields={"display_name": slug})
        sites.append(site)
    world = World(machine, sites[0], sites[1])
    for place, site in enumerate(sites):
        equip(world, site, number=f"+49 30 555000{place}")
    for who in ("user", "administrator", "their administrator", "system", "switched"):
        world.client(who)
    world.make_bearers()
    return world


def equip(world: World, site: Site, *, number: str) -> None:
    """Give a tenant a desk phone, at the first extension, and a number of a carrier."""
    extension_id = int(world.id_of("extension", site))
    add_device(site.tenant.id, extension_id, name=site.slug, actor="test", now=utc_now())
    add_numbers(site.tenant.id, [number], actor="test")
