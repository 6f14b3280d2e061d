"""Two companies of one machine for the tests of a module, in a database of its own."""

from collections.abc import Iterator
from itertools import count

import msgspec
import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo

from rollcall.config.wsgi import prepare_pages
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine
from tests.databases import point_django
from tests.hashers import quick_passwords
from tests.integration.conftest import simulated_cloud
from tests.integration.signin.company import Company, make_company, with_domains
from tests.simulator.control import Simulator

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Passwords that take little work."""
    with quick_passwords():
        yield


@pytest.fixture(scope="module")
def town(
    server: str, environment: Environment, running_simulator: Simulator
) -> Iterator[dict[str, Company]]:
    """The companies “contoso” and “fabrikam”, each with a directory and people."""
    name = f"town_{next(_numbers)}"
    own = make_conninfo(server, dbname=name)
    running_simulator.reset(directories=True)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
        point_django(own)
        known = msgspec.structs.replace(environment, clouds=(simulated_cloud(running_simulator),))
        machine = with_domains(Machine(known, own))
        prepare_pages(machine.environment)
        yield {
            slug: make_company(machine, running_simulator, slug=slug)
            for slug in ("contoso", "fabrikam")
        }
        connections.close_all()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    running_simulator.reset(directories=True)


@pytest.fixture
def company(town: dict[str, Company]) -> Company:
    """The company whose people sign in."""
    return town["contoso"]


@pytest.fixture
def other(town: dict[str, Company]) -> Company:
    """Another company of the same machine."""
    return town["fabrikam"]
