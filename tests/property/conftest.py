"""Fixtures of the property test, and the count of what happened in its histories."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.contract.postgres_pbx import Connections
from tests.databases import environment, home, server, shared_database, shared_server_database

__all__ = ["environment", "home", "server", "shared_database", "shared_server_database"]

_COUNTED = pytest.StashKey[dict[str, Counter[str]]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the counts."""
    config.stash[_COUNTED] = {}


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Counter[str]:
    """Count events here; they are printed at the end."""
    counts: Counter[str] = Counter()
    request.config.stash[_COUNTED][request.node.name] = counts
    return counts


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how often each kind of event happened."""
    for name, counts in config.stash[_COUNTED].items():
        terminalreporter.section(name)
        for kind, times in sorted(counts.items()):
            terminalreporter.write_line(f"{times:7} {kind}")


@pytest.fixture
def connections(shared_database: str) -> Iterator[Connections]:
    """Connections to the shared database."""
    opened = Connections(shared_database)
    yield opened
    opened.close()
