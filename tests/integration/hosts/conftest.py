"""Four hosts and the cables between them: the database, Microsoft, and two that work."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.hosts.company import Company, found_company, simulated_microsoft
from tests.integration.hosts.hosts import new_host
from tests.integration.hosts.network import WORKING, Network
from tests.integration.hosts.scene import Scene
from tests.integration.hosts.server import running_server

PARTS = {"one": ("worker", "scheduler"), "two": ("worker", "scheduler", "web")}
FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    """The network, the database, Microsoft, and tenants that were never synchronised."""
    home = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    try:
        with (
            Network.built() as network,
            running_server(network) as server,
            simulated_microsoft(network, home / "microsoft") as simulator,
        ):
            (home / "desk").mkdir()
            yield found_company(network, server, simulator, home / "desk")
    finally:
        shutil.rmtree(home)


@pytest.fixture
def scene(company: Company, pytestconfig: pytest.Config) -> Iterator[Scene]:
    """Workers and schedulers on both hosts, all tenants before their first run, and the twin."""
    home = Path(tempfile.mkdtemp(prefix="rollcall-test-")).resolve()
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home)
        database, twin = (
            stack.enter_context(company.copied()),
            stack.enter_context(company.copied()),
        )
        one, two = (
            stack.enter_context(
                new_host(
                    company.network,
                    name,
                    home / name,
                    company.server.url(database),
                    simulator=company.simulator,
                    keys=company.keys,
                )
            )
            for name in WORKING
        )
        scene = Scene(company, database, twin, one, two, pytestconfig.stash.setdefault(FIGURES, []))
        for host in (one, two):
            for part in PARTS[host.name]:
                host.start(part)
        scene.await_parts()
        yield scene


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how long each recovery took."""
    figures = config.stash.get(FIGURES, [])
    if figures:
        terminalreporter.section("recoveries")
        for line in figures:
            terminalreporter.write_line(line)
