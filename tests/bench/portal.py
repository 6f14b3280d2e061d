"""Long lists of the portal: server time and number of queries, asked for as a browser would.

The table of all tenants and, where there is such a page, the list of extensions. What is measured
is the whole of Django's answer: session, scope in PostgreSQL, queries, template.
"""

import html
import os
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from rich.console import Console
from rich.table import Table

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session
from rollcall.config.wsgi import prepare_pages
from rollcall.environment import read_environment
from rollcall.host.postgres import running_database
from rollcall.tenants.queries import get_tenant
from rollcall.tenants.statements import load_statements
from rollcall.wiring.machine import Machine, utc_now
from tests.databases import point_django
from tests.integration.portal.conftest import make_client

LIMIT_MS = 150
TIMES = 20
WARM = 2
FEW = 12
NIGHTS = 60
WIDE = ("large_tenant", "people")
MANY = ("books", "contacts", "phones")
NEXT = re.compile(r'<a rel="next" href="([^"]+)"')

OF_TENANTS = (
    "",
    "?state=needs-action",
    "?state=connected&page=40",
    "?q=firm49",
    "?q=manufacturing&sort=-people",
    "?sort=tenant",
    "?sort=-certificate",
    "?sort=lag&page=20",
)
OF_EXTENSIONS = ("", "?q=mül", "?q=anna+mül", "?q=10012", "?q=nobody-like-this")
OF_PHONE = (
    "",
    "?q=a",
    "?q=mül",
    "?q=anna+mül",
    "?q=firm+4",
    "?q=1",
    "?q=03000",
    "?q=0170123",
    "?q=nobody-like-this",
    "?q=ann&in=company",
)


@dataclass(frozen=True)
class Measured:
    """One address: milliseconds of the server, and the least and the most queries."""

    name: str
    address: str
    median: float
    p95: float
    queries: tuple[int, int]

    @property
    def good(self) -> bool:
        """Whether it is quick enough, with a number of queries that does not change."""
        return self.p95 < LIMIT_MS and self.queries[0] == self.queries[1]


def measure_portal(place: Path, *, tenants: int, people: int) -> list[Measured]:
    """Fill a database of its own, and ask for the long pages in it."""
    home = place / "portal"
    home.mkdir()
    environ = {"ROLLCALL_HOME": str(home), "PATH": "/usr/bin:/bin"}
    environment = read_environment(environ=environ, cwd=home)
    with running_database(environment) as address:
        point_django(address.conninfo)
        call_command("migrate", verbosity=0)
        machine = Machine(environment, address.conninfo)
        prepare_pages(environment)
        try:
            return list(_measure(machine, tenants=tenants, people=people))
        finally:
            connections.close_all()


def _measure(machine: Machine, *, tenants: int, people: int) -> Iterator[Measured]:
    path = reverse("system-tenants")
    fill_tenants(machine.conninfo, tenants=FEW)
    provider = _sign_in(machine, "system", None)
    few = [_count(provider, path + query) for query in OF_TENANTS]
    fill_tenants(machine.conninfo, tenants=tenants)
    for query, before in zip(OF_TENANTS, few, strict=True):
        yield _ask(provider, f"{tenants:,} tenants", path + query, {before})
    fill_people(machine.conninfo, people=people)
    tenant = get_tenant("large")
    try:
        path = reverse("extensions", kwargs={"tenant": tenant.slug})
    except NoReverseMatch:
        return
    administrator = _sign_in(machine, "administrator", tenant.id)
    addresses = [path + query for query in OF_EXTENSIONS]
    addresses += _following(administrator, path)
    for address in addresses:
        yield _ask(administrator, f"{people:,} people", address, set())
    yield from _measure_phone(machine, tenant.id, contacts=people // 2)


def _measure_phone(machine: Machine, tenant_id: int, *, contacts: int) -> Iterator[Measured]:
    """Search in the web phone, among the same people and as many contacts in each of two books."""
    fill_contacts(machine.conninfo, contacts=contacts)
    person = _sign_in(machine, "user", tenant_id, extension_id=_first_extension(machine))
    for query in OF_PHONE:
        name = f"web phone, 2 × {contacts:,} contacts"
        yield _ask(person, name, "/phone/" + query, set())


def _first_extension(machine: Machine) -> int:
    with psycopg.connect(machine.conninfo) as database:
        row = database.execute("SELECT min(id) FROM telephony_extension").fetchone()
    return int(row[0]) if row else 0


def fill_tenants(conninfo: str, *, tenants: int) -> None:
    """Make tenants with two months of nights, in place of those that there are."""
    with psycopg.connect(conninfo, autocommit=True) as database:
        database.execute("DELETE FROM tenants_tenant")
        for name, text in load_statements("tests.bench", "portal.sql").items():
            if name not in (*WIDE, *MANY):
                database.execute(text.encode(), {"tenants": tenants, "runs": NIGHTS})
        database.execute("VACUUM ANALYZE")


def fill_people(conninfo: str, *, people: int) -> None:
    """Make one tenant with very many extensions."""
    statements = load_statements("tests.bench", "portal.sql")
    with psycopg.connect(conninfo, autocommit=True) as database:
        for name in WIDE:
            database.execute(statements[name].encode(), {"people": people})
        database.execute("VACUUM ANALYZE")


def fill_contacts(conninfo: str, *, contacts: int) -> None:
    """Give the company and its first person very many contacts."""
    statements = load_statements("tests.bench", "portal.sql")
    with psycopg.connect(conninfo, autocommit=True) as database:
        for name in MANY:
            database.execute(statements[name].encode(), {"contacts": contacts})
        database.execute("VACUUM ANALYZE")


def _sign_in(
    machine: Machine, role: str, tenant_id: int | None, *, extension_id: int | None = None
) -> Client:
    account = NewAccount(
        email=f"{role}@bench.example", role=role, tenant_id=tenant_id, extension_id=extension_id
    )
    return make_client(machine, begin_session(add_account(account, actor="bench"), now=utc_now()))


def _following(client: Client, path: str, *, pages: int = 3) -> list[str]:
    """Return the addresses of the pages that follow, as their links name them."""
    found: list[str] = []
    address = path
    while len(found) < pages:
        link = NEXT.search(client.get(address).content.decode())
        if link is None:
            break
        address = path + html.unescape(link[1]).removeprefix(path)
        found.append(address)
    return found


def _count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return len(queries)


def _ask(client: Client, name: str, address: str, counts: set[int]) -> Measured:
    """Ask some times; `counts` are numbers of queries that were needed for less data."""
    found = counts | {_count(client, address) for _ in range(WARM)}
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(address)
        spent.append((time.perf_counter() - began) * 1000)
    p95 = statistics.quantiles(spent, n=20)[-1]
    return Measured(name, address, statistics.median(spent), p95, (min(found), max(found)))


def show_portal(console: Console, measured: list[Measured]) -> None:
    """Print them as a table."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    title = f"Long lists of the portal; the limit is {LIMIT_MS} ms at p95"
    table = Table(title=f"{title} (load {load:.1f}, {cores} cores)")
    for head in ("list", "address", "p50 ms", "p95 ms", "queries", "verdict"):
        table.add_column(head, justify="left" if head in {"list", "address"} else "right")
    for each in measured:
        least, most = each.queries
        table.add_row(
            each.name,
            each.address,
            f"{each.median:.0f}",
            f"{each.p95:.0f}",
            str(most) if least == most else f"{least} to {most}",
            "good" if each.good else "too slow" if each.p95 >= LIMIT_MS else "queries grow",
        )
    console.print(table)
