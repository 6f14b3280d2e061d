"""Fixtures of the property test; what they were told is printed at the end of the tests."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.contract.postgres_pbx import Connections
from tests.databases import environment, home, server, shared_database, shared_server_database

__all__ = ["environment", "home", "server", "shared_database", "shared_server_database"]

_COUNTED = pytest.StashKey[dict[str, Counter[str]]]()
_KILLED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what the tests tell."""
    config.stash[_COUNTED] = {}
    config.stash[_KILLED] = []


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Counter[str]:
    """Count events here."""
    counts: Counter[str] = Counter()
    request.config.stash[_COUNTED][request.node.name] = counts
    return counts


@pytest.fixture
def killed(request: pytest.FixtureRequest) -> list[str]:
    """Say here which wrong planner was killed by what."""
    return request.config.stash[_KILLED]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how often each kind of event happened, and how the wrong planners died."""
    for name, counts in config.stash[_COUNTED].items():
        terminalreporter.section(name)
        for kind, times in sorted(counts.items()):
            terminalreporter.write_line(f"{times:7} {kind}")
    if config.stash[_KILLED]:
        terminalreporter.section("planted planners")
        for line in config.stash[_KILLED]:
            terminalreporter.write_line(line)


@pytest.fixture
def connections(shared_database: str) -> Iterator[Connections]:
    """Connections to the shared database."""
    opened = Connections(shared_database)
    yield opened
    opened.close()
