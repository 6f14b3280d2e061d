"""One arena for all attacks: a simulator, a database and three tenants of their own."""

from collections.abc import Iterator

import msgspec
import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from rollcall.config.wsgi import prepare_pages
from rollcall.environment import Environment
from rollcall.environment.values import HostPort
from rollcall.wiring.machine import Machine
from tests.databases import point_django
from tests.hashers import quick_passwords
from tests.integration.conftest import simulated_cloud
from tests.integration.signin.attacks.arena import Arena
from tests.integration.signin.attacks.browser import SBC, WEB
from tests.integration.signin.attacks.ground import ALIAS, ALIAS_ISSUER
from tests.integration.signin.attacks.ledger import logging_to
from tests.simulator.control import Simulator


def _domain(text: str) -> HostPort:
    host, _, port = text.partition(":")
    return HostPort(host, int(port or 443))


@pytest.fixture(scope="package")
def arena(
    server: str, environment: Environment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Arena]:
    """The machine that is attacked; its log is kept as the service keeps it."""
    own = make_conninfo(server, dbname="attacks")
    home = tmp_path_factory.mktemp("attacks")
    with (
        Simulator.started(home / "m365sim") as simulator,
        psycopg.connect(server, autocommit=True) as connection,
        quick_passwords(),
        logging_to(environment, home) as log,
    ):
        connection.execute("CREATE DATABASE attacks TEMPLATE template")
        point_django(own)
        known = msgspec.structs.replace(
            environment,
            web_domain=_domain(WEB),
            sbc_domain=_domain(SBC),
            clouds=(
                simulated_cloud(simulator),
                simulated_cloud(simulator, name=ALIAS, issuer=ALIAS_ISSUER),
            ),
        )
        prepare_pages(known)
        with psycopg.connect(own, autocommit=True) as database:
            arena = Arena(Machine(known, own), simulator, log, database)
            arena.open()
            yield arena
        connections.close_all()
        connection.execute("DROP DATABASE attacks WITH (FORCE)")


@pytest.fixture(autouse=True)
def nothing_secret_is_logged(arena: Arena) -> Iterator[None]:
    """After each attack the log is read: neither tokens nor names stand in it."""
    yield
    arena.check_log()
    arena.simulator.clear_faults()
