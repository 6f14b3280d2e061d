"""Names on calls and search while one types, among 1,000,000 contacts of one tenant.

Asked as the web asks: its role, below row-level security, one connection. Measured are the time
until the answer is here, with the way to the server and back, and the processor time of the
server's process: what the database needs, whoever else is at work on the machine. The limit is for
that. The floor is the same number by the same index, asked as the owner of the tables, without
policies.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from rich.console import Console
from rich.table import Table

from rollcall.environment import read_environment
from rollcall.host.postgres import running_database
from rollcall.phonebook.caller import find_caller, find_callers
from rollcall.phonebook.glance import find_few
from rollcall.tenants.statements import load_statements
from rollcall.web.scope import tenant_scope
from tests.databases import point_django

COUNTRY = "DE"
PEOPLE_IN = 50
"""One extension for so many contacts."""

FEW = 9
TIMES = 1000
TYPED_TIMES = 100
PAGE = 50
CALLER_LIMIT = 1.0
TYPED_LIMIT = 20.0

SOME_NUMBERS = """
    SELECT e164 FROM phonebook_contactnumber WHERE tenant_id = %s AND holder = ANY (%s)
    ORDER BY hashint8(e164) LIMIT %s
"""
FLOOR = """
    SELECT c.id, c.display_name, c.company FROM phonebook_contactnumber n
    JOIN phonebook_contact c ON c.id = n.contact_id
    WHERE n.tenant_id = %s AND n.holder = 0 AND n.e164 = %s ORDER BY n.contact_id LIMIT 1
"""
FLOOR_OF_WORDS = """
    SELECT contact_id, key FROM phonebook_searchkey
    WHERE tenant_id = %s AND holder = 0 AND key >= %s AND key < %s ORDER BY key LIMIT 9
"""
WORST = "two frequent words that nobody has both"
TYPED = (
    ("one letter", ("a", "m", "ş", "z")),
    ("the beginning of a word", ("mü", "schmi", "babagr", "Élod", "gmbh")),
    ("two words", ("anna mü", "müller anna", "hans schi", "rossi gü", "k nowak")),
    ("a word and the company", ("müller firm", "gmbh ska", "firm zi", "trading anna")),
    ("three words", ("hans firm zi", "anna müller gmbh", "m a f")),
    ("words that all contacts have", ("firm", "firm a", "firm gmbh", "f t")),
    ("digits", ("0", "030", "0171", "49170", "+49 30 555", "1000", "100017", "999")),
    ("nobody", ("nobody-like-this", "zziba firm", "anna nobody", "0999123")),
    (WORST, ("anna bernd", "rossi dieter hans")),
)


@dataclass(frozen=True)
class Spent:
    """Milliseconds that one question took: until the answer was here, and of the server."""

    waited: float
    served: float


@dataclass(frozen=True)
class Timed:
    """One way of asking: milliseconds until the answer, and of the server, and their limit."""

    name: str
    spent: Sequence["Spent"]
    limit: float | None
    floor: float | None = None

    def percentile(self, percent: int, *, served: bool) -> float:
        """Return what so many of a hundred stayed below."""
        return _percentile([each.served if served else each.waited for each in self.spent], percent)

    @property
    def good(self) -> bool:
        """Whether the database is quick enough."""
        return self.limit is None or self.percentile(99, served=True) < self.limit


def measure_names(place: Path, *, contacts: int) -> list[Timed]:
    """Fill a database of its own, and look for names in it."""
    home = place / "names"
    home.mkdir()
    environ = {"ROLLCALL_HOME": str(home), "PATH": "/usr/bin:/bin", "ROLLCALL_SWITCH": "off"}
    environment = read_environment(environ=environ, cwd=home)
    with running_database(environment) as address:
        point_django(address.conninfo)
        call_command("migrate", verbosity=0)
        try:
            fill_names(address.conninfo, contacts=contacts)
            return list(measure_filled(address.conninfo))
        finally:
            connections.close_all()


def fill_names(conninfo: str, *, contacts: int) -> None:
    """Make five tenants, the first with so many contacts."""
    statements = load_statements("tests.bench", "names.sql")
    numbers = {"contacts": contacts, "people": contacts // PEOPLE_IN}
    with psycopg.connect(conninfo, autocommit=True) as database:
        for text in statements.values():
            database.execute(text.encode(), numbers)
        database.execute("VACUUM ANALYZE")


def measure_filled(conninfo: str) -> Iterator[Timed]:
    """Ask as the first person of the first tenant."""
    with psycopg.connect(conninfo, autocommit=True) as database:
        row = database.execute(
            "SELECT b.tenant_id, b.owner_id FROM phonebook_addressbook b "
            "JOIN tenants_tenant t ON t.id = b.tenant_id "
            "WHERE t.slug = 'names1' AND b.owner_id IS NOT NULL ORDER BY b.id LIMIT 1"
        ).fetchone()
        assert row is not None
        tenant_id, owner = row
        asked = database.execute(SOME_NUMBERS, [tenant_id, [0, owner], TIMES]).fetchall()
        numbers = [f"+{e164}" for (e164,) in asked]
        pid = database.info.backend_pid
        floor = _time_each(
            pid,
            [int(each) for each in numbers],
            lambda each: database.execute(FLOOR, [tenant_id, each]).fetchall(),
        )
        prefix = _time_each(
            pid,
            ["mul", "schmi", "anna"] * TYPED_TIMES,
            lambda each: database.execute(
                FLOOR_OF_WORDS, [tenant_id, each, each + "\U0010ffff"]
            ).fetchall(),
        )
    with tenant_scope(tenant_id, extension_id=owner):
        yield from _callers(tenant_id, owner, numbers, floor)
        yield from _typed(tenant_id, owner, prefix)


def _callers(
    tenant_id: int, owner: int, numbers: Sequence[str], floor: Sequence[Spent]
) -> Iterator[Timed]:
    def ask(number: str) -> object:
        return find_caller(tenant_id, owner, number, country=COUNTRY)

    pid = _backend()
    kinds = {
        "caller: own and company contacts": numbers,
        "caller: colleagues by number": [f"+49171{1000000 + n}" for n in range(1, TIMES)],
        "caller: colleagues by extension": [str(100000 + n) for n in range(1, TIMES)],
        "caller: nobody": [f"+4915100{100000 + n}" for n in range(TIMES)],
        "caller: a switchboard of thousands": ["+493000000077"] * TIMES,
    }
    middle = _middle(floor)
    for name, asked in kinds.items():
        yield Timed(name, _time_each(pid, asked, ask), CALLER_LIMIT, middle)
    pages = [numbers[n : n + PAGE] for n in range(0, len(numbers), PAGE)] * 5
    spent = _time_each(
        pid, pages, lambda page: find_callers(tenant_id, owner, page, country=COUNTRY)
    )
    yield Timed(f"a page of {PAGE} calls", spent, None)


def _typed(tenant_id: int, owner: int, floor: Sequence[Spent]) -> Iterator[Timed]:
    def ask(text: str) -> object:
        return find_few(tenant_id, owner, text, country=COUNTRY, few=FEW)

    pid, middle = _backend(), _middle(floor)
    everything: list[Spent] = []
    for name, texts in TYPED:
        asked = [text for text in texts for _ in range(TYPED_TIMES)]
        spent = _time_each(pid, asked, ask)
        everything += spent if name != WORST else []
        yield Timed(f"typed: {name}", spent, None if name == WORST else TYPED_LIMIT, middle)
    words = ("müller anna", "schmidt gmbh", "hans nowak", "0301234567")
    letters = [word[:n] for word in words for n in range(1, len(word) + 1)] * 20
    spent = _time_each(pid, letters, ask)
    yield Timed("typed: letter by letter, two words", spent, TYPED_LIMIT, middle)
    yield Timed("typed: all of these but the last kind", everything + spent, TYPED_LIMIT, middle)


def _time_each(pid: int, asked: Sequence[Any], ask: Callable[[Any], object]) -> list[Spent]:
    """Return the milliseconds of each question; the first few are not counted."""
    for each in asked[:FEW]:
        ask(each)
    spent = []
    for each in asked:
        served, began = _served(pid), time.perf_counter()
        ask(each)
        waited = (time.perf_counter() - began) * 1000
        spent.append(Spent(waited, _served(pid) - served))
    return spent


def _backend() -> int:
    """Return the process of the server that serves Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _served(pid: int) -> float:
    """Return the milliseconds that a process has had a processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def _middle(spent: Sequence[Spent]) -> float:
    return _percentile([each.served for each in spent], 50)


def _percentile(spent: Sequence[float], percent: int) -> float:
    return sorted(spent)[min(len(spent) - 1, len(spent) * percent // 100)]


def show_names(console: Console, measured: Sequence[Timed], *, contacts: int) -> None:
    """Print them as a table."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    title = f"Names among {contacts:,} contacts, milliseconds (load {load:.1f}, {cores} cores)"
    table = Table(title=title)
    for head in ("asked", "times", "p50", "p99", "server p50", "server p99", "limit", "floor"):
        table.add_column(head, justify="left" if head == "asked" else "right")
    table.add_column("verdict")
    for each in measured:
        numbers = [
            f"{each.percentile(percent, served=served):.2f}"
            for served in (False, True)
            for percent in (50, 99)
        ]
        table.add_row(
            each.name,
            f"{len(each.spent):,}",
            *numbers,
            f"{each.limit:.0f}" if each.limit else "",
            f"{each.floor:.2f}" if each.floor else "",
            "good" if each.good else "too slow",
        )
    console.print(table)
