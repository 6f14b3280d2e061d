"""Accounts that Microsoft's sign-in made, where administrators look after accounts."""

import pytest
from django.test import Client

from rollcall.accounts.operations import NewAccount, add_account
from rollcall.accounts.queries import get_account
from rollcall.accounts.sessions import begin_session
from rollcall.wiring.machine import utc_now
from tests.integration.portal.visitors import make_client
from tests.integration.signin.company import Company
from tests.integration.signin.entering import enter, living, newcomer

LONG = "Wolfeschlegelsteinhausenbergerdorff " * 5


@pytest.fixture
def administrator(company: Company) -> Client:
    """A browser of an administrator with a password."""
    email = f"chief{utc_now().timestamp()}@rollcall.example"
    new = NewAccount(email=email, role="administrator", tenant_id=company.site.tenant.id)
    token = begin_session(add_account(new, actor="test"), now=utc_now())
    return make_client(company.machine, token, HTTP_HOST="pbx.example")


def test_the_list_says_who_signs_in_with_microsoft(company: Company, administrator: Client) -> None:
    enter(company, newcomer(company, displayName=LONG, mail="long@listed.example"))

    page = administrator.get("/t/contoso/accounts?q=long@listed").content.decode()

    assert "long@listed.example" in page
    assert ">Microsoft</td>" in page
    assert "#Microsoft-" not in page, "the key is nobody's business"


def test_an_account_of_microsofts_shows_where_it_comes_from_and_offers_no_password(
    company: Company, administrator: Client
) -> None:
    entry = enter(company, newcomer(company, displayName="Ada Fromthere"))
    path = f"/t/contoso/accounts/{entry.account_id}"

    page = administrator.get(path).content.decode()

    assert "Signs in with Microsoft" in page
    assert "Ada Fromthere" in page
    assert 'name="role"' not in page
    assert "choose another password" not in page
    for action in ("link", "disable"):
        assert f"{action}" in page
    role = {"name": "Other", "role": "administrator", "extension": ""}
    administrator.post(path, role)
    account = get_account(company.site.tenant.id, entry.account_id)
    assert (account.role, account.name) == ("user", "Ada Fromthere")


def test_no_link_is_made_for_it_and_disabling_it_signs_its_owner_out(
    company: Company, administrator: Client
) -> None:
    entry = enter(company, newcomer(company))
    path = f"/t/contoso/accounts/{entry.account_id}"

    answer = administrator.post(f"{path}/send-link", follow=True).content.decode()
    assert "has no password" in answer
    assert living(entry) is not None

    administrator.post(f"{path}/disable")
    assert living(entry) is None
    assert "cannot sign in" in administrator.get(path).content.decode()


def test_another_tenants_account_is_not_there(
    company: Company, other: Company, administrator: Client
) -> None:
    entry = enter(other, other.people[0].id)

    for path in (f"/t/contoso/accounts/{entry.account_id}", "/t/contoso/accounts/987654321"):
        assert administrator.get(path).status_code == 404
