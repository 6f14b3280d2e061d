"""Visitors of the portal: signed in as somebody, or as nobody."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.sessions import begin_session, enter_tenant, find_session
from rollcall.config.wsgi import prepare_pages
from rollcall.web.context import KEY, WebContext
from rollcall.web.identity import COOKIE
from rollcall.wiring.machine import Machine, utc_now

HOST = "localhost"

SignIn = Callable[..., Client]


def make_client(machine: Machine, token: str = "", **values: Any) -> Client:
    """Return a browser without scripts; with a session's token it is signed in."""
    context = WebContext(machine.environment, machine.conninfo)
    client = Client(HTTP_HOST=HOST, **{KEY: context, "wsgi.url_scheme": "https", **values})
    if token:
        client.cookies[COOKIE] = token
    return client


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
