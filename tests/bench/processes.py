"""Processor time of processes of this machine, as the kernel counts it (Linux)."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat after the name in brackets, counted from nought.
PARENT, OWN, OF_THE_ENDED = 1, slice(11, 13), slice(13, 15)


def spent(processes: Iterable[int]) -> float:
    """Return the seconds that these processes worked, with those of theirs that have ended."""
    ticks = 0
    for process in processes:
        fields = _fields(process)
        ticks += sum(int(each) for each in [*fields[OWN], *fields[OF_THE_ENDED]])
    return ticks / TICKS


def children(parent: int) -> list[int]:
    """Return the processes that a process started, those that they started, and so on."""
    found = [parent]
    for process in found:
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            with suppress(OSError):  # a thread that has ended
                found += [int(each) for each in task.read_text().split()]
    return found[1:]


def parent(process: int) -> int:
    """Return the process that started one."""
    return int(_fields(process)[PARENT])


def _fields(process: int) -> list[str]:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return ["0"] * OF_THE_ENDED.stop  # it has ended; its parent has its time
    return stat.rpartition(")")[2].split()
