"""From a mail address to the companies that it may belong to."""

import pytest

from rollcall.core.policy import Stage
from rollcall.integrations.domains import domain_of, keep_verified, refresh_domains
from rollcall.integrations.operations import Connection, change_integration
from rollcall.integrations.sign_in import MOST_OFFERS, offers_of_address
from rollcall.web.scope import system_scope
from rollcall.wiring.checking import check_setup
from rollcall.wiring.machine import utc_now
from tests.integration.signin.company import Company
from tests.integration.signin.entering import execute, newcomer, rows
from tests.simulator.control import op
from tests.sites import ACTOR, CLOUD


def domains(company: Company) -> set[str]:
    found = rows(
        company,
        "SELECT domain FROM integrations_directorydomain WHERE tenant_id = %s",
        company.site.tenant.id,
    )
    return {domain for (domain,) in found}


def slugs(address: str) -> list[str]:
    with system_scope():  # as pages that nobody signed in to read it
        return [offer.slug for offer in offers_of_address(address, now=utc_now())]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna@contoso.com", "contoso.com"),
        ("  Anna@CONTOSO.com ", "contoso.com"),
        ("a@b@contoso.com", "contoso.com"),
        ("anna@müller.example", "xn--mller-kva.example"),
        ("anna@MÜLLER.example", "xn--mller-kva.example"),
        ("anna@cоntoso.com", "xn--cntoso-wqf.com"),  # noqa: RUF001 - a Cyrillic letter
        ("anna@ｃontoso.com", ""),  # noqa: RUF001 - a wide one
        ("anna@contoso．com", ""),  # noqa: RUF001 - a wide dot
        ("anna", ""),
        ("anna@", ""),
        ("@", ""),
        ("", ""),
        ("anna@con\x00toso.com", ""),
        ("anna@" + "x" * 300, ""),
        ("anna@" + "ü" * 300, ""),
    ],
)
def test_a_domain_is_kept_in_one_form_and_what_looks_like_it_is_another(
    address: str, expected: str
) -> None:
    assert domain_of(address) == expected


def test_a_run_learns_the_domains_of_principal_names(company: Company) -> None:
    newcomer(company, userPrincipalName="new.comer@Branch.Example", mail="new@elsewhere.example")

    assert "branch.example" in domains(company)
    assert "elsewhere.example" not in domains(company), "anybody can have any mail address"
    assert slugs("somebody-else@BRANCH.example") == ["contoso"]
    assert slugs("new@elsewhere.example") == []


def test_guests_teach_no_domains(company: Company) -> None:
    company.site.set(guests=True)
    newcomer(
        company,
        userType="Guest",
        userPrincipalName="guest_partner.example#EXT#@guests.example",
        mail="guest@partner.example",
    )
    try:
        assert not {"guests.example", "partner.example"} & domains(company)
    finally:
        company.site.set(guests=False)
        company.site.sync(Stage.USERS)


def test_a_domain_goes_with_the_last_person_who_has_it(company: Company) -> None:
    person = newcomer(company, userPrincipalName="one@short-lived.example")
    assert slugs("one@short-lived.example") == ["contoso"]

    company.site.directory.change(
        op("update_user", user=person, set={"userPrincipalName": "one@branch.example"})
    )
    company.site.sync(Stage.USERS)

    assert slugs("one@short-lived.example") == []


def test_a_verified_domain_stays_until_a_check_says_otherwise(company: Company) -> None:
    tenant_id, integration = company.site.tenant.id, company.site.integration.id
    keep_verified(tenant_id, integration, ["Verified.Example", "zwei.example", ""])
    refresh_domains(tenant_id)
    assert slugs("anna@verified.example") == ["contoso"]

    keep_verified(tenant_id, integration, ["zwei.example"])
    assert slugs("anna@verified.example") == []
    assert slugs("anna@zwei.example") == ["contoso"]


def test_a_check_learns_the_domains_that_are_verified(company: Company) -> None:
    check_setup(company.machine, company.site.integration, lambda _finding: None)

    [(domain,)] = rows(
        company,
        "SELECT domain FROM integrations_setupcheck WHERE tenant_id = %s",
        company.site.tenant.id,
    )
    verified = rows(
        company,
        "SELECT domain FROM integrations_directorydomain WHERE verified AND tenant_id = %s",
        company.site.tenant.id,
    )
    assert (domain,) in verified
    assert slugs(f"anybody@{domain}") == ["contoso"]


def test_one_domain_of_several_companies_offers_them_all(company: Company, other: Company) -> None:
    for each in (company, other):
        keep_verified(each.site.tenant.id, each.site.integration.id, ["shared.example"])
    assert slugs("anna@shared.example") == ["contoso", "fabrikam"]

    other.site.set(sign_in=False)
    try:
        assert slugs("anna@shared.example") == ["contoso"], "the other one offers nothing"
    finally:
        other.site.set(sign_in=True)


@pytest.mark.parametrize("address", ["x@%", "x@_", "x@shared.example'--", "x@*", "", "x" * 5000])
def test_no_address_opens_more_than_its_own_domain(
    company: Company, other: Company, address: str
) -> None:
    assert slugs(address) == []


def test_another_directory_forgets_the_domains_of_the_one_before(company: Company) -> None:
    before = company.site.integration
    assert domains(company)
    change_integration(
        company.site.tenant.id,
        actor=ACTOR,
        connection=Connection(directory_id="11111111-1111-4111-8111-111111111111"),
        values={},
        lists={},
    )
    try:
        assert domains(company) == set()
    finally:
        change_integration(
            company.site.tenant.id,
            actor=ACTOR,
            connection=Connection(before.application_id, before.directory_id, CLOUD),
            values={},
            lists={},
        )
        refresh_domains(company.site.tenant.id)


def test_a_thousand_companies_are_not_offered_at_once(company: Company) -> None:
    execute(
        company,
        "INSERT INTO integrations_directorydomain (tenant_id, integration_id, domain, verified) "
        "SELECT tenant_id, integration_id, 'd' || n || '.example', false "
        "FROM integrations_directorydomain, generate_series(1, 1000) n "
        "WHERE tenant_id = %s LIMIT 1000 ON CONFLICT DO NOTHING",
        company.site.tenant.id,
    )
    assert slugs("anna@d7.example") == ["contoso"]
    assert MOST_OFFERS == 20
