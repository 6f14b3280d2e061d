"""Accounts of others: a tenant's for its administrators, and those of the system."""

import re
from dataclasses import dataclass

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollcall.accounts.factor_operations import factor_of_account
from rollcall.accounts.operations import NewAccount, add_account
from rollcall.telephony.operations import add_extension
from rollcall.tenants.queries import TenantView
from rollcall.wiring.machine import Machine
from tests.integration.portal.arrival import (
    EMAIL,
    PASSWORD,
    audited,
    give_device,
    is_in,
    links_in,
    mails,
    new_account,
    new_tenant,
    set_mail_server,
    sign_in_by,
)
from tests.integration.portal.conftest import SignIn, make_client

LIST = "/t/contoso/accounts"
INVITE = "/t/contoso/accounts/invite"


@dataclass
class House:
    """A tenant, its administrator, and the database."""

    tenant: TenantView
    administrator: Client
    conninfo: str

    def account(self, email: str) -> int:
        """Return the id of an account."""
        return int(self.value("SELECT id FROM accounts_account WHERE email = %s", email))

    def value(self, query: str, *given: object) -> "int | str":
        """Return the one value of a query."""
        with psycopg.connect(self.conninfo) as client:
            row = client.execute(query.encode(), given).fetchone()
        assert row is not None
        found: int | str = row[0]
        return found


@pytest.fixture
def house(nobody: Client, sign_in: SignIn, conninfo: str) -> House:
    """A tenant with an administrator who is signed in."""
    tenant = new_tenant()
    return House(
        tenant, sign_in("administrator", tenant.id, email="boss@contoso.example"), conninfo
    )


def test_somebody_is_invited_by_mail_with_an_extension(house: House, nobody: Client) -> None:
    set_mail_server(house.conninfo)
    add_extension(house.tenant.id, number=2001, fields={"display_name": "Ada Lovelace"})
    given = {"email": EMAIL, "name": "Ada", "role": "user", "extension": " 2001 "}

    assert "They get a mail" in house.administrator.get(INVITE).content.decode()
    assert house.administrator.post(INVITE, given)["Location"] == LIST

    page = house.administrator.get(LIST).content.decode()
    assert f"An invitation is on its way to {EMAIL}" in page
    assert "2001" in page
    assert "Ada Lovelace" in page
    assert "invited" in page
    ((_, text),) = mails(house.conninfo)
    (path,) = links_in(text)
    nobody.post(path, {"name": "Ada", "password": PASSWORD, "again": PASSWORD})
    assert is_in(nobody)
    assert "active" in house.administrator.get(f"{LIST}?q=ada@").content.decode()


def test_without_a_mail_server_the_link_is_shown_to_be_handed_over(
    house: House, nobody: Client
) -> None:
    given = {"email": EMAIL, "name": "", "role": "administrator", "extension": ""}

    page = house.administrator.post(INVITE, given).content.decode()

    (path,) = links_in(re.sub(r"[<>\"]", " ", page))[:1]
    assert path.startswith("/invitation/")
    answer = nobody.post(path, {"name": "Ada", "password": PASSWORD, "again": PASSWORD})
    assert answer["Location"] == "/sign-in/second-factor/set-up"
    assert mails(house.conninfo) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "not an address", "is not a mail address"),
        ("email", "boss@CONTOSO.example", "There is an account with the address"),
        ("email", "a@" + "b" * 300 + ".example", "at most 254 characters"),
        ("email", "", "This field is required"),
        ("extension", "2999", "There is no extension 2999"),
        ("extension", "007", "not"),
        ("role", "system", "Select a valid choice"),
        ("role", "", "This field is required"),
    ],
)
def test_what_is_wrong_stands_at_the_field_and_what_was_typed_stays(
    house: House, field: str, value: str, sentence: str
) -> None:
    given = {"email": EMAIL, "name": "Ada L.", "role": "user", "extension": "", field: value}

    answer = house.administrator.post(INVITE, given)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert 'value="Ada L."' in page
    assert 'aria-invalid="true"' in page
    assert mails(house.conninfo) == []


def test_one_extension_has_one_account(house: House) -> None:
    add_extension(house.tenant.id, number=2001, fields={"display_name": "Ada"})
    given = {"name": "", "role": "user", "extension": "2001"}
    house.administrator.post(INVITE, {"email": EMAIL, **given})

    page = house.administrator.post(INVITE, {"email": "b@b.example", **given}).content.decode()

    assert "This extension has an account already" in page


def test_another_tenants_extension_is_one_that_does_not_exist(house: House) -> None:
    other = new_tenant("other")
    add_extension(other.id, number=2001, fields={"display_name": "Eve"})

    given = {"email": EMAIL, "name": "", "role": "user", "extension": "2001"}
    page = house.administrator.post(INVITE, given).content.decode()

    assert "There is no extension 2001" in page


def become_of_directory(house: House, number: int, email: str) -> None:
    """Make an extension one that is synchronised."""
    with psycopg.connect(house.conninfo) as client:
        client.execute(
            "UPDATE telephony_extension SET source = 'microsoft365', email = %s, "
            "directory_object_id = 'b1f7c1f2-0000-4000-8000-000000000000' WHERE number = %s",
            [email, number],
        )


def test_an_extension_of_the_directory_goes_to_its_owners_address_alone(house: House) -> None:
    add_extension(house.tenant.id, number=2001, fields={"display_name": "Ada"})
    become_of_directory(house, 2001, EMAIL.upper())
    boss = f"{LIST}/{house.account('boss@contoso.example')}"
    given = {"name": "", "role": "administrator", "extension": "2001"}

    own = house.administrator.post(boss, given).content.decode()
    invented = house.administrator.post(INVITE, {**given, "email": "me@x.example"})
    right = house.administrator.post(INVITE, {**given, "email": EMAIL}).content.decode()

    assert "Only an account with that address gets it" in own
    assert "Only an account with that address gets it" in invented.content.decode()
    assert "/invitation/" in right


def test_whose_extension_is_blocked_is_out_at_once(house: House, nobody: Client) -> None:
    add_extension(house.tenant.id, number=2001, fields={"display_name": "Ada"})
    account = new_account(tenant_id=house.tenant.id)
    given = {"name": "", "role": "user", "extension": "2001"}
    house.administrator.post(f"{LIST}/{account}", given)
    sign_in_by(nobody)
    assert is_in(nobody)
    with psycopg.connect(house.conninfo) as client:
        client.execute(
            "UPDATE telephony_extension SET state = 'blocked', blocked_at = now(), "
            "blocked_reason = 'disabled'"
        )

    assert not is_in(nobody)
    assert sign_in_by(nobody) == ""
    assert audited(house.conninfo, "sign_in.refused")[-1][2]["reason"] == "blocked"


def test_an_account_is_changed_disabled_and_enabled(house: House, nobody: Client) -> None:
    account = new_account(tenant_id=house.tenant.id)
    sign_in_by(nobody)
    path = f"{LIST}/{account}"
    add_extension(house.tenant.id, number=2001, fields={"display_name": "Ada"})

    given = {"name": "Ada King", "role": "user", "extension": "2001"}
    assert house.administrator.post(path, given)["Location"] == LIST
    assert is_in(nobody), "the role is the same"
    assert 'value="2001"' in house.administrator.get(path).content.decode()
    house.administrator.post(path, {**given, "role": "administrator"})
    assert not is_in(nobody), "more is asked of an administrator"
    assert sign_in_by(nobody) == "/sign-in/second-factor/set-up"
    house.administrator.post(path, given)
    sign_in_by(nobody)
    assert is_in(nobody)
    page = house.administrator.post(f"{path}/disable", follow=True).content.decode()
    assert f"{EMAIL} is disabled" in page
    assert not is_in(nobody)
    assert sign_in_by(nobody) == ""
    refused = house.administrator.post(f"{path}/send-link", follow=True).content.decode()
    assert "Enable it first" in refused
    house.administrator.post(f"{path}/enable")
    assert sign_in_by(nobody) == "/"
    actors = [actor for _, actor, _ in audited(house.conninfo, "account.disabled")]
    assert actors == ["boss@contoso.example"]


def test_nobody_disables_or_demotes_themselves(house: House) -> None:
    own = f"{LIST}/{house.account('boss@contoso.example')}"

    page = house.administrator.post(f"{own}/disable", follow=True).content.decode()
    assert "Another administrator can disable it" in page
    given = {"name": "Boss", "role": "user", "extension": ""}
    assert "can change its role" in house.administrator.post(own, given).content.decode()
    given["role"] = "administrator"
    assert house.administrator.post(own, given)["Location"] == LIST
    assert "/disable" not in house.administrator.get(own).content.decode()


def test_a_lost_device_is_removed_and_a_link_sent(
    house: House, nobody: Client, machine: Machine
) -> None:
    set_mail_server(house.conninfo)
    account = new_account("administrator", house.tenant.id)
    give_device(machine, account)
    path = f"{LIST}/{account}"

    assert "Remove the second factor" in house.administrator.get(path).content.decode()
    house.administrator.post(f"{path}/drop-device")
    house.administrator.post(f"{path}/send-link")

    assert not factor_of_account(account).on
    ((to, text),) = mails(house.conninfo)
    assert to == EMAIL
    assert nobody.get(links_in(text)[0]).status_code == 200
    assert sign_in_by(nobody) == "/sign-in/second-factor/set-up"


def test_another_tenants_account_is_one_that_does_not_exist(house: House, sign_in: SignIn) -> None:
    other = new_account(tenant_id=new_tenant("other").id)
    root = new_account("system", email="root@rollcall.example")
    user = sign_in("user", house.tenant.id)

    for account in (other, root, 999_999, 10**30):
        for path, method in (
            ("", "get"),
            ("", "post"),
            ("/disable", "post"),
            ("/enable", "post"),
            ("/send-link", "post"),
            ("/drop-device", "post"),
        ):
            answer = getattr(house.administrator, method)(f"{LIST}/{account}{path}")
            assert answer.status_code == 404, (account, path)
    assert user.get(LIST).status_code == 404
    assert house.administrator.get("/t/other/accounts").status_code == 404
    assert house.administrator.get("/system/administrators").status_code == 404
    assert EMAIL not in house.administrator.get(f"{LIST}?q=ada").content.decode()


def test_system_administrators_look_after_each_other(
    nobody: Client, sign_in: SignIn, conninfo: str
) -> None:
    root = sign_in("system", email="root@rollcall.example")
    list_path = "/system/administrators"
    page = root.post(f"{list_path}/invite", {"email": EMAIL, "name": "Ada"}).content.decode()
    (path,) = links_in(re.sub(r"[<>\"]", " ", page))[:1]
    tenants_user = new_account(tenant_id=new_tenant().id, email="user@contoso.example")

    nobody.post(path, {"name": "Ada", "password": PASSWORD, "again": PASSWORD})
    page = root.get(list_path).content.decode()
    assert EMAIL in page
    assert "user@contoso.example" not in page
    with psycopg.connect(conninfo) as client:
        ids: dict[str, int] = dict(
            client.execute("SELECT email, id FROM accounts_account").fetchall()
        )
    assert root.get(f"{list_path}/{tenants_user}").status_code == 404
    own = root.post(f"{list_path}/{ids['root@rollcall.example']}/disable", follow=True)
    assert "This is your own account" in own.content.decode()
    ada = f"{list_path}/{ids[EMAIL]}"
    last = root.post(f"{ada}/disable", follow=True).content.decode()
    assert "last system administrator who can sign in" in last, "root has no password"
    new_account("system", email="third@rollcall.example")
    assert "is disabled" in root.post(f"{ada}/disable", follow=True).content.decode()


def test_a_list_is_searched_paged_and_read_by_few_queries(house: House) -> None:
    assert "you" in house.administrator.get(LIST).content.decode()
    empty = house.administrator.get(f"{LIST}?q=nobody%00%25").content.decode()
    assert "No mail address begins with" in empty
    with CaptureQueriesContext(connection) as few:
        house.administrator.get(LIST)
    for each in range(120):
        add_account(
            NewAccount(
                email=f"person{each:03}@contoso.example",
                role="user",
                tenant_id=house.tenant.id,
                name=f"Person {each} " + "long " * 30,
            ),
            actor="test",
        )

    with CaptureQueriesContext(connection) as many:
        page = house.administrator.get(LIST).content.decode()
    assert len(many) == len(few)
    assert page.count("person0") >= 49
    assert 'rel="next"' in page
    last = house.administrator.get(f"{LIST}?page=3").content.decode()
    assert "person119@" in last
    assert 'rel="next"' not in last
    found = house.administrator.get(f"{LIST}?q=PERSON11").content.decode()
    assert found.count("@contoso.example</bdi>") == 10
    by_name = house.administrator.get(f"{LIST}?q=erson+77+").content.decode()
    assert by_name.count("@contoso.example</bdi>") == 1


def test_a_provider_in_a_tenants_scope_looks_after_its_accounts(
    house: House, sign_in: SignIn, machine: Machine
) -> None:
    provider = sign_in("system", switched=(house.tenant.id,))

    assert provider.get(LIST).status_code == 200
    assert make_client(machine).get(LIST).status_code == 303
