"""Visitors of the portal: signed in as somebody, or as nobody."""

from collections.abc import Callable, Iterator

import msgspec
import psycopg
import pytest
from django.db import connections
from django.test import Client
from psycopg.conninfo import make_conninfo

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session, enter_tenant, find_session
from rollcall.config.wsgi import prepare_pages
from rollcall.environment import Environment
from rollcall.wiring.machine import Machine, utc_now
from tests.databases import point_django
from tests.hashers import quick_passwords
from tests.integration.conftest import simulated_cloud
from tests.integration.portal.visitors import make_client
from tests.integration.portal.world import World, make_world
from tests.simulator.control import Simulator

__all__ = ["make_client"]

SignIn = Callable[..., Client]


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """Passwords that take little work."""
    with quick_passwords():
        yield


@pytest.fixture
def nobody(machine: Machine) -> Client:
    """A visitor who is not signed in."""
    prepare_pages(machine.environment)
    return make_client(machine)


@pytest.fixture
def sign_in(machine: Machine, nobody: Client) -> SignIn:
    """Sign somebody in: sign_in("administrator", tenant_id), sign_in("system", switched=[…])."""
    count = 0

    def signed_in(
        role: str,
        tenant_id: int | None = None,
        *,
        extension_id: int | None = None,
        switched: tuple[int, ...] = (),
        email: str = "",
    ) -> Client:
        nonlocal count
        count += 1
        account_id = add_account(
            NewAccount(
                email=email or f"{role}{count}@rollcall.example",
                role=role,
                tenant_id=tenant_id,
                name=f"{role.title()} {count}",
                extension_id=extension_id,
            ),
            actor="test",
        )
        token = begin_session(account_id, now=utc_now())
        found = find_session(token, now=utc_now())
        assert found is not None
        for each in switched:
            enter_tenant(found.session_id, each)
        return make_client(machine, token)

    return signed_in


@pytest.fixture(scope="module")
def world(server: str, environment: Environment, running_simulator: Simulator) -> Iterator[World]:
    """Two tenants with people, contacts, runs and keys, in a database of this module's own."""
    own = make_conninfo(server, dbname="walls")
    running_simulator.reset(directories=True)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE walls TEMPLATE template")
        point_django(own)
        known = msgspec.structs.replace(environment, clouds=(simulated_cloud(running_simulator),))
        prepare_pages(known)
        yield make_world(Machine(known, own), running_simulator)
        connections.close_all()
        connection.execute("DROP DATABASE walls WITH (FORCE)")
    running_simulator.reset(directories=True)
