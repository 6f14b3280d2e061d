"""Signing in with Microsoft under load: milliseconds, processor time, requests, the highest rate.

A sign-in is what our server does of it: the press of the button, and the callback. The code is got
from the simulator in between, and does not count. People come by the clock (crowd.py).
"""

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from time import monotonic
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import psycopg
from rich.console import Console
from rich.table import Table

from tests.bench.company import Company, connected_company
from tests.bench.crowd import Answer, Came, Door, come
from tests.bench.floor_of_sign_in import Floor, measure_floor
from tests.bench.processes import children, parent, spent
from tests.integration.commands.program import Program
from tests.integration.web.server import Web, anybody, running_web
from tests.simulator.control import Simulator

RATE = 50
SECONDS = 20
CPU_LIMIT_MS = 8.0
P95_LIMIT_MS = 150.0
PEOPLE = 400
HOST = "localhost"
ORIGIN = f"https://{HOST}"
CALLBACK = f"{ORIGIN}/ms365/callback"
WARM = 100
STEP = 1.25
STEP_SECONDS = 8
MOST_RATE = 1000
FIELD = 'name="csrfmiddlewaretoken" value="'


@dataclass(frozen=True)
class Load:
    """People at one rate: what each sign-in took, and what it cost."""

    name: str
    rate: float
    came: Came
    ours: float
    """Milliseconds of processor time of our web processes a sign-in."""
    database: float
    entra: float
    """Requests to Entra a sign-in."""
    again: float
    """Of these, those that were not for a token."""

    @property
    def good(self) -> bool:
        """Whether everybody was served in time."""
        return not self.came.failures and self.came.quantile(0.95) <= P95_LIMIT_MS


@dataclass(frozen=True)
class Measured:
    """All that was measured."""

    loads: list[Load]
    highest: dict[str, float]
    floor: Floor


class Visitors:
    """People who sign in at one web server, by one kind of connection."""

    def __init__(self, company: Company, web: Web, *, keep: bool) -> None:
        self._simulator = company.simulator
        self._people = _people(company)
        self._web = Door(f"https://{web.host}:{web.port}", anybody(), keep=keep)
        self._control = Door(company.simulator._wire.url, None, keep=True)
        self._token = self._cookie = ""

    async def __aenter__(self) -> Self:
        page = await self._ask("GET", "/sign-in")
        self._token = unescape(page.body.decode().split(FIELD, 1)[1].split('"', 1)[0])
        self._cookie = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._web.close()
        self._control.close()

    async def sign_in(self, number: int) -> float:
        """Sign somebody in; return the seconds that our server took."""
        form = urlencode({"csrfmiddlewaretoken": self._token, "tenant": "contoso"}).encode()
        begun = monotonic()
        start = await self._ask("POST", "/sign-in/microsoft", cookie=self._cookie, body=form)
        took = monotonic() - begun
        _require(start, "__Host-flow-")
        person = self._people[number % len(self._people)]
        back = await self._code(start.header("refresh").partition("url=")[2], person)
        flow = "; ".join(f"{name}={value}" for name, value in start.cookies.items())
        begun = monotonic()
        callback = await self._ask("GET", back, cookie=flow)
        took += monotonic() - begun
        _require(callback, "__Host-session")
        return took

    async def look(self, number: int) -> float:
        """Ask for the page that costs least; return the seconds."""
        begun = monotonic()
        answer = await self._ask("GET", "/healthz")
        if answer.body != b"ok\n":
            raise RuntimeError(f"the server is not well: {answer}")
        return monotonic() - begun

    async def _code(self, url: str, person: str) -> str:
        body = json.dumps({"url": url, "user": person}).encode()
        answer = await self._control.ask("POST", "/sign_in", body=body)
        if answer.status != 200:
            raise RuntimeError(f"the simulator says {answer}")
        parts = urlsplit(json.loads(answer.body)["redirect"])
        return f"{parts.path}?{parts.query}"

    async def _ask(self, method: str, path: str, *, cookie: str = "", body: bytes = b"") -> Answer:
        headers = {"host": HOST, "origin": ORIGIN, "user-agent": "tests.bench"}
        if cookie:
            headers["cookie"] = cookie
        if body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        return await self._web.ask(method, path, headers=headers, body=body)


def _people(company: Company) -> list[str]:
    """Return the object ids of those who may sign in."""
    with psycopg.connect(company.conninfo) as connection:
        rows = connection.execute(
            "SELECT directory_object_id FROM telephony_extension WHERE state = 'active'"
        ).fetchall()
    return [object_id for (object_id,) in rows]


def _require(answer: Answer, cookie: str) -> None:
    if not any(name.startswith(cookie) and value for name, value in answer.cookies.items()):
        raise RuntimeError(f"{answer.status} without {cookie}")


def measure_sign_in(place: Path, simulator: Simulator) -> Measured:
    """Sign people in at a web server as an administrator runs it."""
    spec = f"people:{PEOPLE},photos=0,name=contoso"
    settings = ("--start", "2000", "--photos", "off", "--sign-in", "on")
    with connected_company(place / "home", simulator, spec, *settings) as company:
        company.directory.applications[0].register(CALLBACK)
        company.run()
        program = Program(company.home)
        with running_web(program, web_domain=HOST) as web:
            return asyncio.run(_measure(company, web))


async def _measure(company: Company, web: Web) -> Measured:
    loads: list[Load] = []
    highest: dict[str, float] = {}
    for name, keep in (("kept connections", True), ("new connections", False)):
        async with Visitors(company, web, keep=keep) as visitors:
            bench = Bench(company, web, visitors, name)
            await bench.load(RATE, WARM / RATE)
            loads.append(await bench.load(RATE, SECONDS))
            highest[name] = await bench.highest()
    async with Visitors(company, web, keep=True) as visitors:
        trivial = await Bench(company, web, visitors, "trivial").cost(visitors.look, 2 * RATE)
    floor = await measure_floor(company.simulator, company.directory.directory_id, trivial)
    return Measured(loads, highest, floor)


@dataclass(frozen=True)
class Bench:
    """What is watched while people come."""

    company: Company
    web: Web
    visitors: Visitors
    name: str

    async def load(self, rate: float, seconds: float) -> Load:
        """Have people come at a rate."""
        simulator = self.company.simulator
        last = simulator.last_request()
        workers, database = self.web.workers(), self._database()
        ours, theirs = spent(workers), spent(database)
        came = await come(self.visitors.sign_in, rate=rate, seconds=seconds)
        ours, theirs = spent(workers) - ours, spent(database) - theirs
        asked = [one.path for one in simulator.requests(since=last, host="login")]
        each = max(1, len(came.seconds))
        return Load(
            name=self.name,
            rate=rate,
            came=came,
            ours=ours * 1000 / each,
            database=theirs * 1000 / each,
            entra=len(asked) / each,
            again=sum(not path.endswith("/token") for path in asked) / each,
        )

    async def highest(self) -> float:
        """Raise the rate until people wait too long; return the last at which they did not."""
        good, rate = 0.0, float(RATE)
        while rate < MOST_RATE:
            load = await self.load(rate, STEP_SECONDS)
            if not load.good:
                break
            good, rate = rate, rate * STEP
        return good

    async def cost(self, visit: Callable[[int], Coroutine[Any, Any, float]], rate: float) -> float:
        """Return the milliseconds of processor time of ours for a visit of another kind."""
        workers = self.web.workers()
        before = spent(workers)
        came = await come(visit, rate=rate, seconds=SECONDS / 2)
        return (spent(workers) - before) * 1000 / len(came.seconds)

    def _database(self) -> list[int]:
        with psycopg.connect(self.company.conninfo) as connection:
            postmaster = parent(connection.info.backend_pid)
        return [postmaster, *children(postmaster)]


def show_sign_in(console: Console, measured: Measured) -> None:
    """Print what was measured, beside what it should be."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    title = (
        f"Signing in with Microsoft, {SECONDS} s; at most {CPU_LIMIT_MS:g} ms of ours each, "
        f"p95 {P95_LIMIT_MS:g} ms"
    )
    table = Table(title=f"{title} (load {load:.1f}, {cores} cores)")
    for head in ("connections", "a second", "p50 ms", "p95 ms", "p99 ms", "failed"):
        table.add_column(head, justify="left" if head == "connections" else "right")
    for head in ("our CPU ms", "PostgreSQL ms", "requests to Entra", "highest rate", "verdict"):
        table.add_column(head, justify="right")
    for each in measured.loads:
        came = each.came
        quick = each.good and each.ours <= CPU_LIMIT_MS
        table.add_row(
            each.name,
            f"{each.rate:g}",
            *(f"{came.quantile(share):.0f}" for share in (0.5, 0.95, 0.99)),
            str(len(came.failures)),
            f"{each.ours:.1f}",
            f"{each.database:.1f}",
            f"{each.entra:.2f}",
            f"{measured.highest[each.name]:.0f}",
            "good" if quick else "too slow",
        )
    console.print(table)
    floor = measured.floor
    console.print(
        f"The floor is {floor.sum:.1f} ms: signature {floor.signature:.1f}, POST by HTTPS "
        f"{floor.post:.1f}, two requests that do nothing {floor.trivial:.1f}; the ratio is "
        f"{measured.loads[0].ours / floor.sum:.1f} ×."
    )
    for failure in sorted({each for load in measured.loads for each in load.came.failures})[:5]:
        console.print(failure)
