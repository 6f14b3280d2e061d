"""A night of many small tenants: how many a minute, by workers, and what bounds it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rollcall.host.cluster import find_cluster
from rollcall.host.postmaster import find_postmaster
from tests.integration.nights.plant import Plant, Service, children_of, plant
from tests.simulator.control import Simulator

PEOPLE = 50
WORKERS = (1, 2, 4)
TICKS = os.sysconf("SC_CLK_TCK")
PARTS = ("workers", "PostgreSQL", "Microsoft")


@dataclass(frozen=True)
class Night:
    """One night: its length, and the CPU seconds of each part."""

    name: str
    workers: int
    tenants: int
    seconds: float
    cpu: dict[str, float]

    @property
    def busy(self) -> float:
        """How many of the machine's cores were busy with it, on average."""
        return sum(self.cpu.values()) / self.seconds


def measure_nights(place: Path, simulator: Simulator, tenants: int) -> Iterator[Night]:
    """Let a first night and one without news pass, by each number of workers."""
    for workers in WORKERS:
        simulator.reset(directories=True)
        with plant(place / f"nights{workers}", simulator) as made:
            names = (f"people:{PEOPLE}:0,name=firm{number}" for number in range(tenants))
            made.found_firms(names)
            with Service.started(made, workers=workers) as service:
                made.await_schedules()
                for name in ("first night", "a night without news"):
                    yield _measure(name, made, service, workers)


def _measure(name: str, made: Plant, service: Service, workers: int) -> Night:
    before, began = _spent(made, service), time.monotonic()
    made.await_morning(made.begin_night(), seconds=900)
    seconds = time.monotonic() - began
    after = _spent(made, service)
    cpu = {part: after[part] - before[part] for part in PARTS}
    return Night(name, workers, len(made.firms), seconds, cpu)


def _spent(made: Plant, service: Service) -> dict[str, float]:
    cluster = find_cluster(made.program.home)
    server = find_postmaster(cluster.data) if cluster else None
    backends = [server.pid, *(pid for pid, _ in children_of(server.pid))] if server else []
    return {
        "workers": sum(map(_cpu, service.pids("worker"))),
        "PostgreSQL": sum(map(_cpu, backends)),
        "Microsoft": _cpu(made.simulator.pid),
    }


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process and of its children that have ended."""
    try:
        fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def show_nights(console: Console, nights: list[Night]) -> None:
    """Print them as a table."""
    if not nights:
        return
    cores = os.cpu_count()
    table = Table(
        title=f"{nights[0].tenants:,} tenants of {PEOPLE} people at one moment, {cores} cores"
    )
    heads = (
        "night",
        "workers",
        "seconds",
        "tenants/min",
        *(f"ms {part}" for part in PARTS),
        "busy cores",
    )
    for head in heads:
        table.add_column(head, justify="left" if head == "night" else "right")
    for night in nights:
        table.add_row(
            night.name,
            str(night.workers),
            f"{night.seconds:.1f}",
            f"{night.tenants / night.seconds * 60:,.0f}",
            *(f"{night.cpu[part] / night.tenants * 1000:.0f}" for part in PARTS),
            f"{night.busy:.1f}",
        )
    console.print(table)
