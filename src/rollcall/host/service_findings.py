"""What doctor says of the service: is anybody there to carry runs out, and is it keeping up?"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version

from rollcall.core.findings import Finding, Light
from rollcall.fleet.queries import ProcessView, living_processes
from rollcall.integrations.queue import oldest_waiting
from rollcall.integrations.schedules import overdue

LATE = timedelta(minutes=10)
LATE_PAGE = "my-nightly-sync-is-late.md"


def service_findings(*, now: datetime) -> Iterator[Finding]:
    """Yield a finding for the processes, the schedule and the queue."""
    processes = living_processes()
    yield _processes(processes)
    if processes:
        yield _schedule(now)
        yield _queue(now)


def _processes(processes: list[ProcessView]) -> Finding:
    kinds = Counter(process.kind for process in processes)
    if not processes:
        return Finding(
            "service",
            Light.AMBER,
            "Nothing runs, so no sync comes by itself: start it with “rollcall up”.",
            "one-machine.md",
        )
    words = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    missing = [kind for kind in ("scheduler", "worker") if not kinds[kind]]
    if missing:
        sentence = f"There is no {' and no '.join(missing)} ({words}): no sync comes by itself."
        return Finding("service", Light.RED, sentence, LATE_PAGE)
    here = version("rollcall")
    others = sorted({process.version for process in processes} - {here})
    if others:
        sentence = f"{words}. Some are of version {', '.join(others)}, and this is {here}."
        return Finding("service", Light.AMBER, sentence, "upgrading.md")
    return Finding("service", Light.GREEN, f"{words}.")


def _schedule(now: datetime) -> Finding:
    late = overdue(by=LATE, now=now)
    if late:
        sentence = f"{late} tenants should have been synchronised more than ten minutes ago."
        return Finding("schedule", Light.RED, sentence, LATE_PAGE)
    return Finding("schedule", Light.GREEN, "Nobody is late.")


def _queue(now: datetime) -> Finding:
    oldest = oldest_waiting()
    if oldest is not None and now - oldest > LATE:
        minutes = (now - oldest).total_seconds() / 60
        sentence = f"A run has been waiting for {minutes:.0f} minutes: the workers are too few."
        return Finding("queue", Light.AMBER, sentence, LATE_PAGE)
    return Finding("queue", Light.GREEN, "Nothing waits for long.")
