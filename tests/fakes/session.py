"""One run's hold on the tables: fenced transactions that happen wholly or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from rollcall.core.errors import FencedError
from tests.fakes.tables import Tables


class MemorySession:
    """Tables, and the fence that says whose turn it is to write them."""

    def __init__(self, tables: Tables, run_id: int) -> None:
        self.tables = tables
        self.run_id = run_id
        self._fence = tables.fence

    @contextmanager
    def write(self) -> Iterator[Tables]:
        """Yield the tables; whatever goes wrong, they are as they were before."""
        if self._fence != self.tables.fence:
            raise FencedError("Another worker has taken over this run.")
        before = self.tables.copy()
        try:
            yield self.tables
        except BaseException:
            self.tables.restore(before)
            raise
