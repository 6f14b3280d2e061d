"""The way in, made at the server's shell."""

from urllib.parse import urlsplit

import psycopg
import pytest
from django.test import Client

from rollcall.accounts.attempts import PAIR
from rollcall.config.wsgi import prepare_pages
from rollcall.wiring.machine import Machine
from tests.integration.commands.office import Office
from tests.integration.portal.arrival import (
    ELSE,
    PASSWORD,
    audited,
    give_device,
    is_in,
    new_tenant,
    sign_in_by,
)
from tests.integration.portal.conftest import make_client

KEYS = {"email", "tenant", "role", "link", "expires_at"}


@pytest.fixture
def visitor(office: Office) -> Client:
    """A browser that has never been here."""
    machine = Machine(office.program.environment, office.conninfo)
    prepare_pages(machine.environment)
    return make_client(machine)


def choose_password(visitor: Client, link: str, password: str = PASSWORD) -> str:
    """Open a link and choose a password; return where that leads."""
    given = {"name": "Ada", "password": password, "again": password}
    answer = visitor.post(urlsplit(link).path, given)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_an_administrator_is_added_without_any_password(office: Office, visitor: Client) -> None:
    added = office.asked("admin", "add", "--email", "root@rollcall.example", "--name", "Root")
    again = office.refused("admin", "add", "--email", "ROOT@rollcall.example")
    words = office.done("admin", "add", "--email", "second@rollcall.example").out

    assert set(added) == KEYS
    assert (added["role"], added["tenant"]) == ("system", None)
    assert added["link"].startswith("https://localhost:")
    assert "There is an account with the address" in again
    assert "within seven days" in words
    assert "https://localhost:" in words.splitlines()[-1]
    assert sign_in_by(visitor, "root@rollcall.example", "") == ""
    assert choose_password(visitor, added["link"]) == "/sign-in/second-factor/set-up"


def test_accounts_of_a_tenant_have_a_role_and_an_extension(office: Office) -> None:
    new_tenant("fabrikam")
    office.done("extensions", "add", "fabrikam", "4000", "--first-name", "Ada")
    tenant = ("--tenant", "fabrikam")

    boss = office.asked("admin", "add", "--email", "boss@f.example", *tenant)
    user = office.asked(
        *("admin", "add", "--email", "ada@f.example", *tenant),
        *("--role", "user", "--extension", "4000"),
    )

    assert (boss["role"], boss["tenant"]) == ("administrator", "fabrikam")
    assert user["role"] == "user"
    add = ("admin", "add", "--email", "x@f.example")
    assert "no tenant" in office.refused(*add, "--tenant", "nobody")
    assert "no extension 4999" in office.refused(*add, *tenant, "--extension", "4999")
    assert "give --tenant" in office.refused(*add, "--role", "user")
    assert "mail address" in office.refused("admin", "add", "--email", "x", *tenant)
    assert office.run(*add, *tenant, "--role", "system").code == 2


def test_reset_is_the_way_in_when_everything_is_lost(office: Office, visitor: Client) -> None:
    email = "lost@rollcall.example"
    link = office.asked("admin", "add", "--email", email)["link"]
    choose_password(visitor, link)
    machine = Machine(office.program.environment, office.conninfo)
    with psycopg.connect(office.conninfo) as connection:
        (account,) = connection.execute(
            "SELECT id FROM accounts_account WHERE email = %s", [email]
        ).fetchone() or (0,)
        give_device(machine, account)
        connection.execute(
            "UPDATE accounts_account SET disabled_at = now() WHERE id = %s", [account]
        )
    stranger = make_client(machine)
    for _ in range(PAIR.free + 1):
        sign_in_by(stranger, email, ELSE)

    reset = office.asked("admin", "reset", "--email", email.upper())
    choose_password(visitor, reset["link"], ELSE)

    assert set(reset) == KEYS
    assert sign_in_by(visitor, email, ELSE) == "/sign-in/second-factor/set-up"
    assert office.refused("admin", "reset", "--email", "nobody@rollcall.example")
    actions = ("account.enabled", "account.second_factor_removed", "account.link_made")
    for action in actions:
        assert audited(office.conninfo, action)[-1][1].startswith("shell:"), action


def test_a_link_signs_in_once_and_adds_the_account_if_need_be(
    office: Office, visitor: Client
) -> None:
    first = office.asked("admin", "link", "--email", "demo@rollcall.example")
    second = office.asked("admin", "link", "--email", "demo@rollcall.example")

    for link in (first["link"], second["link"]):
        assert visitor.post(urlsplit(link).path)["Location"] == "/"
        assert is_in(visitor)
        visitor.post("/sign-out")
        assert visitor.post(urlsplit(link).path).status_code == 404
    assert (
        "signed in as demo@" in office.done("admin", "link", "--email", "demo@rollcall.example").out
    )
