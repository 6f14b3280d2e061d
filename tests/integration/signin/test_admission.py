"""Whether a tenant offers the sign-in, and whether it admits a person: against a real database."""

from datetime import timedelta
from itertools import count

import msgspec
import pytest

from rollcall.accounts.operations import disable_account, enable_account
from rollcall.accounts.queries import get_account
from rollcall.core.admission import Admission, EntryRefusal, EntryRole
from rollcall.integrations.sign_in import (
    admit,
    any_offer,
    conditions_of,
    enforcing_tenants,
    find_offer,
    only_offer,
    tenants_of_directory,
)
from rollcall.telephony.operations import delete_extension, unlink_person
from rollcall.tenants.operations import resume_tenant, suspend_tenant
from rollcall.web.scope import system_scope, tenant_scope
from rollcall.wiring.machine import utc_now
from tests.integration.signin.company import Company
from tests.integration.signin.entering import (
    decide,
    enter,
    execute,
    extension_of,
    living,
    newcomer,
)

_numbers = count(1)


@pytest.fixture
def person(company: Company) -> str:
    """Somebody whom no other test knows."""
    return newcomer(company, displayName="Zoë Ångström", mail=f"zoe{next(_numbers)}@mail.example")


def offered(company: Company) -> bool:
    tenant_id = company.site.tenant.id
    offer, conditions = (
        find_offer(tenant_id, now=utc_now()),
        conditions_of(tenant_id, now=utc_now()),
    )
    assert (offer is not None) == conditions.met, "the page says the same as the button"
    return offer is not None


def test_somebody_who_was_synchronised_is_admitted_by_the_object_id(
    company: Company, person: str
) -> None:
    admission = decide(company, person)

    assert isinstance(admission, Admission)
    assert admission.role is EntryRole.USER
    assert admission.extension_id == extension_of(company, person).id
    assert admission.name == "Zoë Ångström"
    assert admission.email == extension_of(company, person).email


def test_nobody_is_admitted_by_anything_else(company: Company, other: Company, person: str) -> None:
    directory, now = company.site.directory.directory_id, utc_now()
    tenant_id, elsewhere = company.site.tenant.id, other.site.tenant.id
    mail = extension_of(company, person).email
    for given in (mail, "", person.upper(), other.people[0].id, "' OR true --"):
        assert admit(tenant_id, directory, given, now=now) is EntryRefusal.NOT_SYNCHRONISED
    for tenant, whose in (
        (tenant_id, other.site.directory.directory_id),
        (elsewhere, directory),
        (elsewhere, other.site.directory.directory_id),
        (tenant_id, "None"),
        (tenant_id, ""),
    ):
        assert admit(tenant, whose, person, now=now) is EntryRefusal.NOT_SYNCHRONISED


def test_a_guest_is_told_apart_and_comes_in_once_guests_are_synchronised(company: Company) -> None:
    guest = newcomer(
        company,
        userType="Guest",
        userPrincipalName="guest_else.example#EXT#@contoso.example",
        mail="guest@else.example",
    )
    assert decide(company, guest) is EntryRefusal.GUEST

    company.site.set(guests=True)
    company.site.sync()
    try:
        assert isinstance(decide(company, guest), Admission)
    finally:
        company.site.set(guests=False)
        company.site.sync()
    assert decide(company, guest) is EntryRefusal.BLOCKED


def test_a_deleted_or_separated_extension_admits_nobody(company: Company, person: str) -> None:
    key = extension_of(company, person)
    delete_extension(company.site.tenant.id, key.number, now=utc_now())
    assert decide(company, person) is EntryRefusal.NOT_SYNCHRONISED

    execute(company, "UPDATE telephony_extension SET deleted_at = NULL WHERE id = %s", key.id)
    assert isinstance(decide(company, person), Admission)
    unlink_person(company.site.tenant.id, key.id)
    assert decide(company, person) is EntryRefusal.NOT_SYNCHRONISED


def test_a_disabled_account_is_not_admitted(company: Company, person: str) -> None:
    account_id = enter(company, person).account_id
    disable_account(account_id, actor="test", enforced=enforcing_tenants, now=utc_now())
    assert decide(company, person) is EntryRefusal.BLOCKED

    enable_account(account_id, actor="test")
    assert isinstance(decide(company, person), Admission)


def test_a_suspended_tenant_admits_nobody_and_offers_nothing(company: Company, person: str) -> None:
    suspend_tenant(company.site.slug)
    try:
        assert decide(company, person) is EntryRefusal.SUSPENDED
        assert not offered(company)
    finally:
        resume_tenant(company.site.slug)
    assert offered(company)


SPOILED = [
    ("UPDATE integrations_keypair SET not_after = now() WHERE tenant_id = %s", "key_valid"),
    ("UPDATE integrations_keypair SET state = 'retired' WHERE tenant_id = %s", "key_accepted"),
    (
        "UPDATE integrations_integration SET users_applied_at = NULL WHERE tenant_id = %s",
        "people_synchronised",
    ),
]
RESTORE = [
    "UPDATE integrations_keypair SET state = 'active' WHERE tenant_id = %s",
    "UPDATE integrations_keypair SET not_after = now() + '90 days' WHERE tenant_id = %s",
    "UPDATE integrations_integration SET users_applied_at = now() WHERE tenant_id = %s",
]


@pytest.mark.parametrize(("statement", "condition"), SPOILED, ids=[each for _, each in SPOILED])
def test_a_broken_connection_offers_nothing_and_says_which_condition_fails(
    company: Company, statement: str, condition: str
) -> None:
    tenant_id, someone = company.site.tenant.id, company.people[0].id
    execute(company, statement, tenant_id)
    try:
        assert not offered(company)
        conditions = msgspec.structs.asdict(conditions_of(tenant_id, now=utc_now()))
        failing = {name for name, met in conditions.items() if not met}
        assert condition in failing
        assert failing <= {condition, "key_valid"}
        assert decide(company, someone) is EntryRefusal.UNHEALTHY
    finally:
        for each in RESTORE:
            execute(company, each, tenant_id)
    assert offered(company)


def test_a_key_that_expires_ends_the_offer_with_the_hour(company: Company) -> None:
    tenant_id, later = company.site.tenant.id, utc_now() + timedelta(days=1200)

    assert find_offer(tenant_id, now=later) is None
    assert not conditions_of(tenant_id, now=later).key_valid


def test_administrators_alone_are_an_offer_too(company: Company) -> None:
    chief, clerk = company.people[1], company.people[2]
    company.site.set(sign_in=False)
    try:
        assert not offered(company)
        assert decide(company, chief.id) is EntryRefusal.OFF

        company.list_administrators(chief)
        offer = find_offer(company.site.tenant.id, now=utc_now())
        assert offer is not None
        assert not offer.users
        admission = decide(company, chief.id)
        assert isinstance(admission, Admission)
        assert admission.role is EntryRole.ADMINISTRATOR
        assert decide(company, clerk.id) is EntryRefusal.OFF
    finally:
        company.list_administrators()
        company.site.set(sign_in=True)


def test_the_role_goes_up_with_the_list_and_down_again(company: Company, person: str) -> None:
    first = enter(company, person)
    assert get_account(company.site.tenant.id, first.account_id).role == "user"

    chief = next(each for each in company.people if each.id == person)
    company.list_administrators(chief)
    second = enter(company, person)
    assert second.account_id == first.account_id
    assert get_account(company.site.tenant.id, first.account_id).role == "administrator"
    assert (found := living(second)) is not None
    assert found.role == "administrator"

    company.list_administrators()
    assert (found := living(second)) is not None, "still a user"
    assert found.role == "user"
    assert get_account(company.site.tenant.id, first.account_id).role == "user"


def test_offers_can_be_asked_by_the_provider_and_in_a_tenants_scope(
    company: Company, other: Company
) -> None:
    now, tenant_id, elsewhere = utc_now(), company.site.tenant.id, other.site.tenant.id
    with system_scope():
        assert any_offer(now=now)
        assert find_offer(tenant_id, now=now) is not None
        assert only_offer(now=now) is None, "there are two tenants"
    with tenant_scope(tenant_id):
        assert find_offer(tenant_id, now=now) is not None
        assert conditions_of(tenant_id, now=now).met
        assert find_offer(elsewhere, now=now) is None, "it sees its own alone"


def test_the_only_tenant_is_the_only_offer(company: Company, other: Company) -> None:
    suspend_tenant(other.site.slug)
    try:
        assert only_offer(now=utc_now()) is None, "another tenant exists, whatever it offers"
    finally:
        resume_tenant(other.site.slug)
    assert tenants_of_directory(company.site.directory.directory_id) == [company.site.tenant.id]
    assert tenants_of_directory("00000000-0000-4000-8000-000000000000") == []
