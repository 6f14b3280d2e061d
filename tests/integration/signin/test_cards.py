"""The card to sign in on: who is shown the Microsoft button, and what is asked first."""

import re
from html import unescape

import msgspec
import pytest
from django.test import Client

from rollcall.config.wsgi import prepare_pages
from rollcall.wiring.machine import Machine
from tests.integration.portal.arrival import ELSE, EMAIL, PASSWORD, is_in, new_account, new_tenant
from tests.integration.portal.visitors import make_client
from tests.integration.signin.company import Company, make_company, sent_to, with_domains
from tests.simulator.control import Simulator

BUTTON = "Sign in with Microsoft"
LONG = "Gesellschaft zur Förderung sehr langer Firmennamen mit beschränkter Haftung " * 2


def page_of(client: Client, address: str = "/sign-in", **fields: str) -> str:
    """Return a card; with fields, the one that is the answer to them."""
    answer = client.post(address, fields) if fields else client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def offered(page: str) -> list[str]:
    """Return the tenants whose button a card has."""
    return re.findall(r'name="tenant" value="([^"]+)"', page)


def domain_of(company: Company) -> str:
    """Return the domain of a company's people."""
    return str(company.people[0].properties["userPrincipalName"]).rpartition("@")[2]


@pytest.fixture
def known(machine: Machine) -> Machine:
    """The machine, which people reach by both domains."""
    found = with_domains(machine)
    prepare_pages(found.environment)
    return found


@pytest.fixture
def client(known: Machine) -> Client:
    """A browser at the web domain."""
    return make_client(known, HTTP_HOST="pbx.example")


def test_where_nobody_offers_it_both_fields_are_asked_at_once(client: Client) -> None:
    new_tenant()

    page = page_of(client)

    assert BUTTON not in page
    assert 'name="email"' in page
    assert 'name="password"' in page
    assert BUTTON not in page_of(client, email="ada@contoso.example")


def test_the_only_tenant_shows_its_button_at_once(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)

    page = page_of(client, "/sign-in?next=/account/")

    assert offered(page) == ["contoso"]
    assert "Sign in to Contoso" in page
    assert page.index(BUTTON) < page.index('name="password"')
    assert "or with a password" in page
    assert page.count('name="next" value="/account/"') == 2
    assert "Rollcall web phone" in page_of(client, "/sign-in?next=/phone/")

    company.site.set(enforce_sign_in=False, sign_in=False)
    assert BUTTON not in page_of(client)


def test_with_several_tenants_the_address_comes_first_and_leads_to_the_company(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    new_tenant("fabrikam")
    first = page_of(client)
    assert BUTTON not in first
    assert 'name="password"' not in first
    assert "Continue" in first

    address = f"Ada@{domain_of(company).upper()}"
    page = page_of(client, email=address, next="/account/")
    assert offered(page) == ["contoso"]
    assert address in page
    assert page.count('name="next" value="/account/"') == 2

    nothing = page_of(client, email="ada@nobody.example")
    assert offered(nothing) == []
    assert 'name="password"' in nothing
    assert "Use another address" in nothing
    assert "This field is required." in page_of(client, email="", next="")


def test_the_card_is_the_same_whether_there_is_an_account_or_not(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    other = new_tenant("fabrikam")
    known_address = str(company.people[0].properties["userPrincipalName"])
    new_account(tenant_id=other.id, email=EMAIL)

    def card(address: str) -> str:
        page = page_of(client, email=address).replace(address, "…")
        return re.sub(r'value="\w{64}"', "", page)

    assert card(known_address) == card(f"nobody@{domain_of(company)}")
    assert card(EMAIL) == card("nobody@elsewhere.example")


def test_one_domain_of_several_tenants_is_a_choice_of_companies(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    own = company.site.directory.add_application("second")
    info = msgspec.structs.replace(company.site.directory.info, applications=(own.info,))
    directory = type(company.site.directory)(company.site.directory.wire, info)
    make_company(known, simulator, slug="second", directory=directory)

    page = page_of(client, email=f"ada@{domain_of(company)}")

    assert offered(page) == ["contoso", "second"]
    assert "<small>Contoso</small>" in page
    assert "Choose yours" in page


def test_a_tenants_own_address_has_its_button_first_and_the_password_below(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    make_company(known, simulator)
    new_tenant("fabrikam", name=LONG)

    page = page_of(client, "/t/contoso/sign-in")
    assert offered(page) == ["contoso"]
    assert page.index(BUTTON) < page.index('name="password"')
    assert offered(page_of(client, "/t/fabrikam/sign-in")) == []
    assert LONG.strip() in page_of(client, "/t/fabrikam/sign-in")


def test_a_password_goes_on_working_beside_it_and_the_card_stays(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    tenant = new_tenant("fabrikam")
    account = f"ada@{domain_of(company)}"
    new_account(tenant_id=company.site.tenant.id, email=account)
    new_account(tenant_id=tenant.id)

    wrong = page_of(client, email=account, password=ELSE)
    assert "or the password is wrong" in wrong
    assert offered(wrong) == ["contoso"]
    assert account in wrong
    answer = client.post("/sign-in", {"email": EMAIL, "password": PASSWORD, "next": "/account/"})
    assert answer["Location"] == "/account/"
    assert is_in(client)


def test_where_it_is_for_administrators_alone_it_stands_last(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator, sign_in=False)
    assert BUTTON not in page_of(client, "/t/contoso/sign-in")

    company.list_administrators(company.people[0])

    page = page_of(client, "/t/contoso/sign-in")
    assert page.index('name="password"') < page.index(BUTTON)
    assert "for administrators" in page


def test_where_it_is_enforced_the_password_is_folded_away(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    administrator = new_account("administrator", company.site.tenant.id)
    assert administrator
    company.site.set(enforce_sign_in=True)

    page = page_of(client, "/t/contoso/sign-in")

    assert "<details" in page
    assert '<details class="card-foot" open>' not in page
    wrong = page_of(client, "/t/contoso/sign-in", email=EMAIL, password=ELSE)
    assert '<details class="card-foot" open>' in wrong


def test_a_server_without_a_domain_says_so(machine: Machine, simulator: Simulator) -> None:
    prepare_pages(machine.environment)
    make_company(machine, simulator)
    client = make_client(machine)

    answer = client.post("/sign-in/microsoft", {"tenant": "contoso"})

    assert answer.status_code == 503
    assert "does not work at the moment" in answer.content.decode()


def test_an_address_that_is_typed_helps_microsoft_to_find_its_page(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    domain = domain_of(company)

    address = sent_to(company.press(client, email=f"ada@{domain}"))
    assert f"domain_hint={domain}" in address
    strange = sent_to(company.press(client, email="guest@elsewhere.example"))
    assert "domain_hint" not in strange
    assert "domain_hint" not in sent_to(company.press(client))


def test_whoever_signed_in_with_microsoft_sees_so_among_the_own_sessions(
    client: Client, known: Machine, simulator: Simulator
) -> None:
    company = make_company(known, simulator)
    company.enter(client, company.people[0])

    page = page_of(client, "/account/")

    assert "How you sign in" in page
    assert '<td data-label="By">Microsoft</td>' in page
    assert "Change the password" not in page
    assert "Save the name" not in page
