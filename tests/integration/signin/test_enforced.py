"""Enforcing Microsoft's sign-in: passwords off for its people, and never the last way in taken."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from django.db import connection

from rollcall.accounts.arrivals import open_access
from rollcall.accounts.break_glass import has_local_administrator
from rollcall.accounts.entry import begin_entry, recognise
from rollcall.accounts.operations import (
    AccountChange,
    NewAccount,
    add_account,
    change_account,
    disable_account,
    set_password,
)
from rollcall.accounts.sessions import find_session
from rollcall.core.errors import SetupError
from rollcall.integrations.settling import settle_all
from rollcall.integrations.sign_in import enforcing_tenants
from rollcall.wiring.machine import utc_now
from tests.integration.portal.arrival import PASSWORD
from tests.integration.signin.company import Company
from tests.integration.signin.entering import (
    VISITOR,
    enter,
    execute,
    extension_of,
    living,
    newcomer,
    rows,
)

LAST: Final = "last-way-in"


class Office:
    """A company that enforces it, with the accounts of its administrators."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.tenant_id = company.site.tenant.id
        self.glass = self.account("glass@rollcall.example")

    def account(
        self, email: str, role: str = "administrator", *, extension_id: int | None = None
    ) -> int:
        """Add a local account with a password."""
        account_id = add_account(
            NewAccount(email=email, role=role, tenant_id=self.tenant_id, extension_id=extension_id),
            actor="test",
        )
        set_password(account_id, PASSWORD, actor="test", now=utc_now())
        return account_id

    def knows(self, email: str) -> bool:
        """Tell whether the password lets somebody in."""
        found = recognise(
            email,
            PASSWORD,
            visitor=VISITOR,
            tenant_id=self.tenant_id,
            enforced=enforcing_tenants,
            now=utc_now(),
        )
        return bool(found)

    def disable(self, account_id: int) -> None:
        """Disable an account."""
        disable_account(account_id, actor="test", enforced=enforcing_tenants, now=utc_now())

    def change(self, account_id: int, *, role: str, extension_id: int | None = None) -> None:
        """Change an account."""
        change = AccountChange(name="", role=role, extension_id=extension_id)
        change_account(account_id, change, actor="test", enforced=enforcing_tenants)


@pytest.fixture
def office(company: Company) -> Iterator[Office]:
    """The company enforces Microsoft's sign-in; what a test adds goes with it."""
    made = Office(company)
    company.site.set(enforce_sign_in=True)
    yield made
    company.site.set(enforce_sign_in=False)
    execute(company, "DELETE FROM accounts_account WHERE tenant_id = %s", made.tenant_id)


def test_a_password_of_somebody_of_the_directory_is_refused_as_a_wrong_one(office: Office) -> None:
    person = newcomer(office.company)
    key = extension_of(office.company, person)
    office.account("linked@x.example", "user", extension_id=key.id)

    assert not office.knows("linked@x.example")
    assert office.knows("glass@rollcall.example"), "a local administrator still comes in"
    [(reason,)] = rows(
        office.company,
        "SELECT detail ->> 'reason' FROM audit_auditentry "
        "WHERE action = 'sign_in.refused' AND tenant_id = %s ORDER BY id DESC LIMIT 1",
        office.tenant_id,
    )
    assert reason == "enforced"

    office.company.site.set(enforce_sign_in=False)
    assert office.knows("linked@x.example")


def test_nothing_else_that_ends_in_a_password_lets_them_in(office: Office) -> None:
    person = newcomer(office.company)
    key = extension_of(office.company, person)
    account_id = office.account("other-way@x.example", "user", extension_id=key.id)

    with pytest.raises(SetupError) as caught:
        begin_entry(account_id, visitor=VISITOR, enforced=enforcing_tenants, now=utc_now())
    assert caught.value.code == "enforced"
    by_shell = begin_entry(
        account_id, visitor=VISITOR, enforced=enforcing_tenants, now=utc_now(), proven=True
    )
    assert living(by_shell) is not None, "a link that was made at the server's shell is no password"
    assert enter(office.company, person).account_id == account_id


def test_switching_it_on_ends_the_sessions_that_began_with_a_password(company: Company) -> None:
    person = newcomer(company)
    before = Office(company)
    account_id = before.account(
        "was-in@x.example", "user", extension_id=extension_of(company, person).id
    )
    entry = begin_entry(account_id, visitor=VISITOR, enforced=enforcing_tenants, now=utc_now())
    microsoft = enter(company, person)
    try:
        company.site.set(enforce_sign_in=True)
        assert find_session(entry.token, now=utc_now()) is None
        assert living(microsoft) is not None
    finally:
        company.site.set(enforce_sign_in=False)
        execute(company, "DELETE FROM accounts_account WHERE tenant_id = %s", before.tenant_id)


def test_the_scheduler_ends_them_where_nobody_was_left_to(office: Office) -> None:
    person = newcomer(office.company)
    key = extension_of(office.company, person)
    account_id = office.account("left@x.example", "user", extension_id=key.id)
    execute(
        office.company,
        "INSERT INTO accounts_session (digest, account_id, public_id, proven, switched, "
        "created_at, seen_at, agent) "
        "VALUES ('d', %s, gen_random_uuid(), true, '{}', now(), now(), '')",
        account_id,
    )
    assert settle_all(now=utc_now()) == 1


def test_it_cannot_be_enforced_while_nobody_else_could_come_in(company: Company) -> None:
    with pytest.raises(SetupError) as caught:
        company.site.set(enforce_sign_in=True)
    assert caught.value.code == "no-way-in"


def test_the_last_local_administrator_cannot_be_taken_away(office: Office) -> None:
    key = extension_of(office.company, newcomer(office.company))
    attempts: list[Callable[[], object]] = [
        lambda: office.disable(office.glass),
        lambda: office.change(office.glass, role="user"),
        lambda: office.change(office.glass, role="administrator", extension_id=key.id),
    ]
    for attempt in attempts:
        with pytest.raises(SetupError) as caught:
            attempt()
        assert caught.value.code == LAST
        assert "stop enforcing" in str(caught.value)
        assert has_local_administrator(office.tenant_id)
    office.change(office.glass, role="administrator")


def test_with_another_one_or_without_enforcing_it_can(office: Office) -> None:
    office.account("second@rollcall.example")
    office.disable(office.glass)
    assert has_local_administrator(office.tenant_id)

    office.company.site.set(enforce_sign_in=False)
    second = rows(
        office.company,
        "SELECT id FROM accounts_account WHERE email = 'second@rollcall.example'",
    )[0][0]
    office.disable(second)
    assert not has_local_administrator(office.tenant_id)


@pytest.mark.parametrize("what", ["invited", "user", "microsoft"])
def test_who_has_no_password_or_no_rights_does_not_count_as_a_way_in(
    office: Office, what: str
) -> None:
    if what == "invited":
        new = NewAccount(
            email="invited@x.example", role="administrator", tenant_id=office.tenant_id
        )
        add_account(new, actor="test")
    elif what == "user":
        office.account("user@x.example", "user")
    else:
        person = newcomer(office.company)
        office.company.list_administrators(
            *[each for each in office.company.people if each.id == person]
        )
        enter(office.company, person)
        office.company.list_administrators()
    with pytest.raises(SetupError) as caught:
        office.disable(office.glass)
    assert caught.value.code == LAST


def test_two_who_disable_each_other_at_once_leave_one(office: Office) -> None:
    second = office.account("second@rollcall.example")

    def disable(account_id: int) -> str:
        try:
            office.disable(account_id)
        except SetupError as error:
            return error.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(disable, (office.glass, second))) == ["", LAST]
    assert has_local_administrator(office.tenant_id)


def test_the_servers_shell_opens_the_way_in_again(office: Office) -> None:
    execute(
        office.company,
        "UPDATE accounts_account SET disabled_at = now() WHERE id = %s",
        office.glass,
    )
    assert not office.knows("glass@rollcall.example")

    open_access(office.glass, actor="shell", now=utc_now())

    assert office.knows("glass@rollcall.example")


def test_an_account_of_microsofts_takes_no_password_link_or_role(office: Office) -> None:
    account_id = enter(office.company, newcomer(office.company)).account_id
    attempts: list[Callable[[], object]] = [
        lambda: set_password(account_id, PASSWORD, actor="test", now=utc_now()),
        lambda: open_access(account_id, actor="test", now=utc_now()),
        lambda: office.change(account_id, role="administrator"),
    ]
    for attempt in attempts:
        with pytest.raises(SetupError) as caught:
            attempt()
        assert caught.value.code == "follows-directory"
    office.disable(account_id)
