"""The switch on two cores: registrations and calls a second, with 20,000 extensions.

Kamailio, rtpengine and PostgreSQL have the first two cores, sipp the others. Registrations
are offered all at once; calls at rates that rise until one fails or has to be asked for again. The
floor is a Kamailio that asks
nobody who they are and keeps nothing, on the same cores in the same run.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import psycopg
from django.core.management import call_command
from django.db import connections
from rich.console import Console
from rich.table import Table

from rollcall.environment import read_environment
from rollcall.host.postgres import running_database
from rollcall.host.switch_programs import find_switch_programs
from rollcall.service.stopping import Stopping
from rollcall.service.switch import RunningSwitch
from rollcall.sip.kamailio import SwitchLimits
from rollcall.sip.rpc import Control
from rollcall.tenants.statements import load_statements
from rollcall.wiring.machine import Machine, utc_now
from tests.databases import point_django
from tests.ports import free_port

SCENARIOS = Path(__file__).parent / "sipp"
DOMAIN = "switch.example"
PASSWORD = "the-same-for-all-of-them"
LOOPBACK = "127.0.0.1"
SWITCH_CORES = {0, 1}
AT_ONCE = 60
CALL_RATES = (20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, 500, 700, 1000)
CALL_SECONDS = 6
AGAIN = 0.01
"""Of calls at one rate, so many may have been asked for again."""

CALLEES = 50
FIRST = 100_000
PATIENCE = 600
TICKS = os.sysconf("SC_CLK_TCK")
RETRANSMITTED = re.compile(r"-{6,}>\s+\d+\s+(\d+)\s+\d+\s*$", re.MULTILINE)
NO_BRAKES = SwitchLimits(strangers_per_unit=10_000_000, known_per_unit=10_000_000)


@dataclass(frozen=True)
class Served:
    """So many of them in so many seconds, what failed, and the processor seconds it took."""

    name: str
    count: int
    failed: int
    again: int
    seconds: float
    cpu: Mapping[str, float]
    floor: float | None = None

    @property
    def rate(self) -> float:
        """How many a second."""
        return (self.count - self.failed) / self.seconds


@dataclass(frozen=True)
class Target:
    """A proxy under test: its port, and its processes by name, as the ids of their parents."""

    port: int
    programs: Mapping[str, int]


def measure_switch(place: Path, *, extensions: int) -> list[Served]:
    """Fill a database of its own, run the switch on it, then the floor."""
    everything = os.sched_getaffinity(0)
    os.sched_setaffinity(0, everything & SWITCH_CORES or everything)
    try:
        phones = _write_phones(place, extensions)
        with _switch(place, extensions) as target:
            found = list(_measure(target, phones, "", extensions, everything))
        with _floor(place) as target:
            floor = list(_measure(target, phones, "_open", extensions, everything))
    finally:
        os.sched_setaffinity(0, everything)
    return [
        *(replace(each, floor=low.rate) for each, low in zip(found, floor, strict=True)),
        *(replace(each, name=f"floor: {each.name}") for each in floor),
    ]


def _write_phones(place: Path, extensions: int) -> tuple[Path, Path]:
    """Write what sipp reads: number, how they show who they are, domain, and whom they call."""
    shown = f"[authentication username={{}}-bench password={PASSWORD}]"
    rows = [
        f"{number};{shown.format(number)};{DOMAIN};{FIRST + 1 + number % CALLEES}"
        for number in range(FIRST + 1, FIRST + 1 + extensions)
    ]
    phones, callees = place / "phones.csv", place / "callees.csv"
    phones.write_text("\n".join(["SEQUENTIAL", *rows]) + "\n")
    callees.write_text("\n".join(["SEQUENTIAL", *rows[:CALLEES]]) + "\n")
    return phones, callees


@contextlib.contextmanager
def _switch(place: Path, extensions: int) -> Iterator[Target]:
    home = place / "switch"
    home.mkdir()
    port = free_port()
    environ = {
        "ROLLCALL_HOME": str(home),
        "PATH": os.environ.get("PATH", os.defpath),
        "ROLLCALL_SIP_PORT": str(port),
        "ROLLCALL_SIPS_PORT": str(free_port()),
        "ROLLCALL_WSS_PORT": str(free_port()),
        "ROLLCALL_MEDIA_PORTS": "20000-29999",
    }
    environment = read_environment(environ=environ, cwd=home)
    with running_database(environment) as address:
        point_django(address.conninfo)
        call_command("migrate", verbosity=0)
        fill_switch(address.conninfo, extensions=extensions)
        machine = Machine(environment, address.conninfo)
        switch = RunningSwitch(machine, find_switch_programs(), clock=utc_now)
        switch.plan = msgspec.structs.replace(switch.plan, limits=NO_BRAKES)
        try:
            switch.begin(Stopping())
            yield Target(port, {**switch.crew.pids(), "postgres": _postgres(address.conninfo)})
        finally:
            switch.end()
            connections.close_all()


def fill_switch(conninfo: str, *, extensions: int) -> None:
    """Make a tenant with so many extensions, each with a desk phone."""
    values = {"domain": DOMAIN, "people": extensions, "first": FIRST, "password": PASSWORD}
    with psycopg.connect(conninfo, autocommit=True) as database:
        for text in load_statements("tests.bench", "switch.sql").values():
            database.execute(text.encode(), values)
        database.execute("VACUUM ANALYZE")


def _postgres(conninfo: str) -> int:
    with psycopg.connect(conninfo) as database:
        row = database.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return _processes()[int(row[0])].parent


@contextlib.contextmanager
def _floor(place: Path) -> Iterator[Target]:
    home = place / "floor"
    home.mkdir()
    programs, port = find_switch_programs(), free_port()
    text = (SCENARIOS / "floor.cfg").read_text()
    control = home / "control"
    values = {"modules": programs.modules, "port": port, "control": control}
    for name, value in values.items():
        text = text.replace(f"{{{{ {name} }}}}", str(value))
    (home / "kamailio.cfg").write_text(text)
    command = [str(programs.kamailio), "-f", str(home / "kamailio.cfg"), "-Y", str(home)]
    command += ["-w", str(home), "-P", str(home / "pid"), "-m", "256", "-M", "8", "-DD", "-E"]
    with (home / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            _await_answer(Control(str(control)))
            yield Target(port, {"kamailio": process.pid})
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _await_answer(control: Control) -> None:
    for _ in range(100):
        with contextlib.suppress(Exception):
            control.ask("core.version")
            return
        time.sleep(0.1)
    raise RuntimeError("the floor does not start")


def _measure(
    target: Target,
    phones: tuple[Path, Path],
    kind: str,
    extensions: int,
    everything: set[int],
) -> Iterator[Served]:
    cores = sorted(everything - SWITCH_CORES) or sorted(everything)
    play = partial(_sipp, target, cores=",".join(str(each) for each in cores))
    everybody, callees = phones
    register = f"register{kind}.xml"
    served = play(register, count=extensions, phones=everybody, at_once=AT_ONCE)
    yield replace(served, name="registrations, everybody's first")
    served = play(register, count=extensions, phones=everybody, at_once=AT_ONCE)
    yield replace(served, name="registrations, from another port")
    port = free_port()
    play(register, count=CALLEES, phones=callees, at_once=AT_ONCE, port=port)
    with _answering(port, cores):
        yield _most_calls(partial(play, f"call{kind}.xml", phones=everybody))


def _most_calls(play: Callable[..., Served]) -> Served:
    """Offer calls at rising rates; return the last that all went well."""
    best: Served | None = None
    for rate in CALL_RATES:
        count = rate * CALL_SECONDS
        served = play(count=count, at_once=count, rate=rate)
        if served.failed or served.again > count * AGAIN:
            break
        best = replace(served, name=f"calls of 0.3 s, {rate} a second offered")
    if best is None:
        raise RuntimeError(f"{CALL_RATES[0]} calls a second are too many")
    return best


def _sipp(
    target: Target,
    scenario: str,
    *,
    count: int,
    phones: Path,
    at_once: int,
    cores: str,
    rate: int = 20_000,
    port: int | None = None,
) -> Served:
    command = [*_sipp_command(scenario, port or free_port()), "-m", str(count)]
    command += ["-l", str(at_once), "-r", str(rate), "-inf", str(phones), "-aa"]
    command += ["-recv_timeout", "20000", f"{LOOPBACK}:{target.port}"]
    before, began = _cpu(target.programs), time.monotonic()
    done = subprocess.run(
        ["taskset", "-c", cores, *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=phones.parent,
    )
    seconds, after = time.monotonic() - began, _cpu(target.programs)
    failed = re.findall(r"Failed call\s*\|\s*\d+\s*\|\s*(\d+)", done.stdout)
    if not failed or int(failed[-1]) == count:
        raise RuntimeError(f"{scenario}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = {name: after[name] - before[name] for name in after}
    again = sum(
        int(each)
        for each in re.findall(r"-{6,}>\s+\d+\s+(\d+)\s+\d+\s*$", done.stdout, re.MULTILINE)
    )
    return Served(scenario, count, int(failed[-1]), again, seconds, cpu)


@contextlib.contextmanager
def _answering(port: int, cores: Sequence[int]) -> Iterator[None]:
    """Have phones that answer each call at once."""
    names = ",".join(str(each) for each in cores)
    command = ["taskset", "-c", names, *_sipp_command("answer.xml", port), "-aa"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        yield
    finally:
        process.kill()
        process.wait(PATIENCE)


def _sipp_command(scenario: str, port: int) -> list[str]:
    program = shutil.which("sipp")
    if program is None:
        raise RuntimeError("sipp is not installed: make deps")
    command = [program, "-sf", str(SCENARIOS / scenario), "-i", LOOPBACK, "-p", str(port)]
    return [*command, "-mi", LOOPBACK, "-nostdin", "-nd", "-max_socket", "1000"]


def _cpu(programs: Mapping[str, int]) -> dict[str, float]:
    """Return the processor seconds that programs have used, with all their processes."""
    processes = _processes()
    return {
        name: sum(each.seconds for each in processes.values() if each.descends(pid, processes))
        for name, pid in programs.items()
    }


@dataclass(frozen=True)
class _Process:
    pid: int
    parent: int
    seconds: float

    def descends(self, pid: int, processes: "Mapping[int, _Process]") -> bool:
        """Tell whether this is the process `pid`, or was started by it or by one of its own."""
        above = processes.get(self.parent)
        return self.pid == pid or (above is not None and above.descends(pid, processes))


def _processes() -> dict[int, _Process]:
    """Return all processes of the machine, by their ids."""
    found = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = place.read_text().rpartition(")")[2].split()
            used = (int(fields[11]) + int(fields[12])) / TICKS
            pid = int(place.parent.name)
            found[pid] = _Process(pid, int(fields[1]), used)
    return found


def show_switch(console: Console, measured: Sequence[Served], *, extensions: int) -> None:
    """Print them as a table."""
    load, cores = os.getloadavg()[0], os.cpu_count()
    title = f"The switch on two cores, {extensions:,} extensions (load {load:.1f}, {cores} cores)"
    table = Table(title=title)
    for head in (
        "what",
        "count",
        "failed",
        "again",
        "a second",
        "of the floor",
        "CPU ms each, by program",
    ):
        table.add_column(head, justify="left" if head == "what" else "right")
    for each in measured:
        spent = (f"{name} {used * 1000 / each.count:.2f}" for name, used in each.cpu.items())
        table.add_row(
            each.name,
            f"{each.count:,}",
            f"{each.failed:,}",
            f"{each.again:,}",
            f"{each.rate:,.0f}",
            f"{each.rate / each.floor:.0%}" if each.floor else "",
            ", ".join(spent),
        )
    console.print(table)
