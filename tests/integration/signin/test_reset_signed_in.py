"""Reset of an integration while people are signed in with Microsoft."""

import pytest
from django.test import Client

from rollcall.accounts.break_glass import has_local_administrator
from rollcall.accounts.entry import Visitor, recognise
from rollcall.accounts.models import Account, Session
from rollcall.accounts.operations import NewAccount, add_account, disable_account, set_password
from rollcall.config.wsgi import prepare_pages
from rollcall.integrations.models import DirectoryDomain
from rollcall.integrations.operations import Connection, change_integration
from rollcall.integrations.reset_operations import Fate, reset_integration, view_reset
from rollcall.integrations.sign_in import enforcing_tenants, find_offer
from rollcall.telephony.queries import find_by_person
from rollcall.wiring.machine import Machine, utc_now
from tests.integration.signin.company import (
    START,
    Company,
    has_session,
    make_company,
    with_domains,
)
from tests.simulator.control import Simulator
from tests.sites import CLOUD

PASSWORD = "correct horse battery staple"
BOTH = pytest.mark.parametrize("fate", list(Fate))


@pytest.fixture
def firm(machine: Machine, simulator: Simulator) -> Company:
    """A company that signs in with Microsoft, with a local administrator."""
    known = with_domains(machine)
    prepare_pages(known.environment)
    made = make_company(known, simulator)
    account = add_account(
        NewAccount(
            email="glass@contoso.example", role="administrator", tenant_id=made.site.tenant.id
        ),
        actor="test",
    )
    set_password(account, PASSWORD, actor="test", now=utc_now())
    return made


def reset(firm: Company, fate: Fate) -> None:
    reset_integration(firm.site.tenant.id, extensions=fate, actor="test", now=utc_now())


def entered(firm: Company, position: int = 0) -> Client:
    client = firm.browser()
    firm.enter(client, firm.people[position])
    assert has_session(client)
    assert client.get("/account/").status_code == 200
    return client


def account_of(firm: Company, position: int = 0) -> Account | None:
    rows = Account.objects.of(firm.site.tenant.id).filter(
        extension__directory_object_id=firm.people[position].id
    )
    return rows.first()


@BOTH
def test_sessions_end_at_once_and_accounts_go(firm: Company, fate: Fate) -> None:
    client = entered(firm)
    view = view_reset(firm.site.tenant.id)
    assert (view.accounts.accounts, view.accounts.sessions) == (1, 1)
    reset(firm, fate)
    assert client.get("/account/").status_code in {302, 303}
    assert not Account.objects.of(firm.site.tenant.id).filter(local=False).exists()
    assert not Session.objects.all_tenants().filter(method="microsoft").exists()


@BOTH
def test_the_button_is_gone_and_the_password_of_the_administrator_works(
    firm: Company, fate: Fate
) -> None:
    firm.site.set(enforce_sign_in=True)
    reset(firm, fate)
    tenant_id = firm.site.tenant.id
    assert find_offer(tenant_id, now=utc_now()) is None
    assert not firm.site.integration.enforce_sign_in
    assert not DirectoryDomain.objects.of(tenant_id).exists()
    assert firm.browser().post(START, {"tenant": firm.site.slug}).status_code == 404
    assert has_local_administrator(tenant_id)
    found = recognise(
        "glass@contoso.example",
        PASSWORD,
        visitor=Visitor(address="192.0.2.1", network="192.0.2.1"),
        enforced=enforcing_tenants,
        tenant_id=tenant_id,
        now=utc_now(),
    )
    assert len(found) == 1


def test_an_administrator_by_the_list_alone_cannot_reset_the_way_in_away(firm: Company) -> None:
    firm.list_administrators(firm.people[0])
    client = entered(firm)
    glass = Account.objects.of(firm.site.tenant.id).get(email="glass@contoso.example")
    disable_account(glass.pk, actor="test", now=utc_now(), enforced=enforcing_tenants)
    page = client.post(
        f"/t/{firm.site.slug}/integration/reset",
        {"extensions": "keep", "typed": firm.site.slug},
    ).content.decode()
    assert "no local administrator with a password" in page
    assert firm.site.integration.application_id is not None
    assert client.get("/account/").status_code == 200


def test_people_sign_in_again_after_the_same_directory_is_connected_again(firm: Company) -> None:
    entered(firm)
    before = {each.directory_object_id: each.number for each in firm.site.extensions()}
    reset(firm, Fate.BLOCK)
    ids = (firm.site.application.application_id, firm.site.directory.directory_id)
    change_integration(
        firm.site.tenant.id,
        actor="test",
        connection=Connection(*ids, CLOUD),
        values={"sign_in": True},
        lists={},
    )
    firm.site.application.upload(firm.site.renew_key())
    firm.site.sync()
    assert {each.directory_object_id: each.number for each in firm.site.extensions()} == before
    entered(firm)


def test_a_disabled_account_stays_disabled_where_its_person_may_come_back(firm: Company) -> None:
    entered(firm)
    account = account_of(firm)
    assert account is not None
    disable_account(account.pk, actor="test", now=utc_now(), enforced=enforcing_tenants)
    reset(firm, Fate.BLOCK)
    kept = account_of(firm)
    assert kept is not None
    assert kept.disabled_at is not None


def test_an_account_made_by_hand_stays_and_only_its_sessions_with_microsoft_end(
    firm: Company,
) -> None:
    rows = Account.objects.of(firm.site.tenant.id)
    made = add_account(
        NewAccount(
            email="own@contoso.example",
            role="user",
            tenant_id=firm.site.tenant.id,
            extension_id=extension_id_of(firm),
        ),
        actor="test",
    )
    client = entered(firm)
    reset(firm, Fate.KEEP)
    assert client.get("/account/").status_code in {302, 303}
    kept = rows.get(pk=made)
    assert kept.local
    assert kept.extension_id is not None


def extension_id_of(firm: Company) -> int:
    found = find_by_person(firm.site.tenant.id, firm.people[0].id)
    assert found is not None
    return found.id
