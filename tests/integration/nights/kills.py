"""Killing processes at random, but the same ones at the same moments for the same seed."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from typing_extensions import override

from rollcall.host.cluster import find_cluster
from rollcall.host.postmaster import find_postmaster
from tests.integration.nights.plant import Plant, Service

TARGETS = {"worker": 5, "scheduler": 2, "database": 2, "up": 1, "web": 1}
"""What is killed, and how often in comparison."""


@dataclass(frozen=True)
class Kill:
    """One kill: so many seconds after the night began, one process of a kind."""

    seconds: float
    target: str
    pick: float

    @override
    def __str__(self) -> str:
        return f"{self.target} after {self.seconds:.2f} s"


def draw_kills(seed: str, count: int, *, within: float) -> list[Kill]:
    """Return `count` kills of one night, in their order."""
    dice = random.Random(seed)
    moments = sorted(dice.uniform(0.0, within) for _ in range(count))
    targets = dice.choices(list(TARGETS), weights=list(TARGETS.values()), k=count)
    return [
        Kill(seconds, target, dice.random())
        for seconds, target in zip(moments, targets, strict=True)
    ]


def carry_out_kills(kills: list[Kill], plant: Plant, service: Service) -> Iterator[str]:
    """Kill at each moment; yield what was really killed."""
    began = time.monotonic()
    for kill in kills:
        time.sleep(max(0.0, began + kill.seconds - time.monotonic()))
        pid = _pick(kill, plant, service)
        if pid is None:
            yield f"{kill}: there was none"
            continue
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        yield str(kill)


def _pick(kill: Kill, plant: Plant, service: Service) -> int | None:
    if kill.target == "database":
        cluster = find_cluster(plant.program.home)
        server = find_postmaster(cluster.data) if cluster else None
        return server.pid if server else None
    pids = sorted(service.pids(kill.target))
    return pids[int(kill.pick * len(pids))] if pids else None
