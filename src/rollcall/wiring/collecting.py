"""Garbage collections while runs are on: rare, because what a run makes has no cycles.

Looking for cycles among values by the hundred thousand, as often as Python does by default, costs
most of a second per 100,000 people. A process that goes on after its runs is set back to what it
was, and what they left is looked through once.
"""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 20, 20)

_lock = threading.Lock()
_runs = 0
_before = gc.get_threshold()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect rarely while the block runs; in several threads, until the last of them is done."""
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _runs, _before  # noqa: PLW0603 - the thresholds are the whole process's, too
    with _lock:
        if _runs == 0:
            _before = gc.get_threshold()
            gc.set_threshold(*RARELY)
        _runs += 1


def _end() -> None:
    global _runs  # noqa: PLW0603 - the same
    with _lock:
        _runs -= 1
        if _runs:
            return
        gc.set_threshold(*_before)
    gc.collect(1)
