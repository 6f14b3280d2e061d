"""Whose number it is that calls: one's own contact, the company's, a colleague."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollcall.phonebook.caller import find_caller, find_callers
from rollcall.telephony.models import Extension, PhoneKey
from rollcall.telephony.operations import delete_extension, edit_extension
from rollcall.tenants.operations import change_tenant
from rollcall.web.scope import tenant_scope
from rollcall.webphone.look_up import Asker
from rollcall.webphone.who import CallerName, who_called, who_calls
from tests.integration.webphone.conftest import Company, MakeCompany

LANDLINE = "+493090181820"
WAYS = ("+493090181820", "493090181820", "00493090181820", "03090181820", "030 9018-1820")


def ask(company: Company, number: str, *, number_of: int = 2000, country: str = "DE") -> CallerName:
    """Ask as somebody of the company does, in the scope of a request."""
    extension_id = company.people[number_of]
    with tenant_scope(company.tenant.id, extension_id=extension_id):
        return who_calls(Asker(company.tenant.id, country, extension_id), number)


def test_own_contacts_come_before_the_companys_and_those_before_colleagues(
    company: Company,
) -> None:
    company.add_person(2002, "Clara Colleague", business_phone=LANDLINE, department="Sales")
    assert ask(company, LANDLINE).name == "Clara Colleague"
    assert ask(company, LANDLINE).kind == "colleague"

    company.add_company_contact("Firma", LANDLINE, company="Bergbahn AG")
    assert (ask(company, LANDLINE).name, ask(company, LANDLINE).about) == ("Firma", "Bergbahn AG")

    company.add_own_contact(2000, "Oma", LANDLINE)
    assert (ask(company, LANDLINE).name, ask(company, LANDLINE).kind) == ("Oma", "own")
    assert ask(company, LANDLINE, number_of=2001).name == "Firma"


@pytest.mark.parametrize("number", WAYS)
def test_a_number_is_found_however_the_carrier_writes_it(company: Company, number: str) -> None:
    company.add_own_contact(2000, "Oma", "030 / 9018 18-20")

    found = ask(company, number)

    assert (found.name, found.number) == ("Oma", "030 90181820")


@pytest.mark.parametrize(
    "written",
    [*WAYS, "+49 (0)30 90181820", "0049 (0) 30 / 9018 1820", "030 9018 1820 ext. 12", "9018", ""],
)
def test_colleagues_are_found_however_their_numbers_are_written(
    company: Company, written: str
) -> None:
    company.add_person(2002, "Clara", mobile_phone=written)

    assert (ask(company, LANDLINE).name == "Clara") == (len(written) > 4)


def test_the_country_of_the_tenant_decides_what_a_colleagues_number_is(company: Company) -> None:
    company.add_person(2002, "Clara", business_phone="0171 1234567")

    assert ask(company, "+491711234567").name == "Clara"
    assert ask(company, "+431711234567").name == ""
    change_tenant(company.tenant.slug, country="AT")
    assert ask(company, "+431711234567", country="AT").name == "Clara"
    assert ask(company, "+491711234567", country="AT").name == ""


def test_a_number_inside_is_a_colleagues_with_the_extension(company: Company) -> None:
    company.add_company_contact("Front Door", "2001")

    found = ask(company, "2001")

    assert found == CallerName(
        "2001", "Bernd Thal", "colleague", extension="2001", id=company.people[2001]
    )
    assert ask(company, "02001").name == "Front Door"


@pytest.mark.parametrize("number", ["~2001", "~20-01", "~+2001"])
def test_what_comes_from_outside_is_no_colleagues_extension(company: Company, number: str) -> None:
    assert ask(company, "2001").kind == "colleague"

    name = ask(company, number)

    assert (name.kind, name.name, name.photo) == ("none", "", "")
    assert name.number == f"{number[1:]} (from outside)"


def test_a_short_number_that_nobody_has_may_be_a_contacts(company: Company) -> None:
    company.add_company_contact("Front Door", "77")

    assert ask(company, "77").name == "Front Door"
    assert ask(company, "77").number == "77"


def test_of_several_with_a_number_the_same_one_is_shown_and_the_others_counted(
    company: Company,
) -> None:
    company.add_own_contact(2000, "Second Suffix", "+49 30 901820 ext 7")
    first = company.add_own_contact(2000, "First", "030 901820", "+49 30 901820")
    company.add_own_contact(2000, "Third", "030 901820")

    found = ask(company, "+4930901820")

    assert (found.name, found.id, found.others) == ("First", first, 2)


def test_colleagues_who_share_a_number_are_counted(company: Company) -> None:
    for number in (2002, 2003, 2004):
        company.add_person(number, f"Desk {number}", business_phone=LANDLINE)

    assert (ask(company, LANDLINE).name, ask(company, LANDLINE).others) == ("Desk 2002", 2)


@pytest.mark.parametrize("number", ["", "anonymous", "+", "x" * 500, "0" * 30, "\u0665" * 5])
def test_what_is_no_number_is_nobody(company: Company, number: str) -> None:
    assert ask(company, number).kind == "none"


def test_numbers_of_people_who_are_gone_or_changed_are_nobodys(company: Company) -> None:
    tenant_id = company.tenant.id
    company.add_person(2002, "Clara", business_phone=LANDLINE)
    edit_extension(tenant_id, 2002, new_number=None, fields={"business_phone": "030 111111"})
    assert ask(company, LANDLINE).name == ""
    assert ask(company, "+4930111111").name == "Clara"

    delete_extension(tenant_id, 2002, now=datetime.now(UTC))
    assert ask(company, "+4930111111").name == ""
    assert PhoneKey.objects.of(tenant_id).count() == 2
    Extension.objects.of(tenant_id).delete()
    assert PhoneKey.objects.of(tenant_id).count() == 0


def test_another_tenants_numbers_are_nobodys(company: Company, new_company: MakeCompany) -> None:
    other = new_company("fabrikam")
    other.add_person(2002, "Frida", business_phone=LANDLINE)
    other.add_company_contact("Firma", "+49 40 1111111")
    foreign = other.add_own_contact(2000, "Oma", "+49 40 2222222")

    for number in (LANDLINE, "+49401111111", "+49402222222", "2002"):
        assert ask(company, number).name == ""
        assert ask(other, number).name != ""
    with tenant_scope(company.tenant.id, extension_id=company.people[2000]):
        held = find_caller(other.tenant.id, other.people[2000], "+49402222222", country="DE")
    assert held is None
    assert foreign


def test_somebody_elses_own_contacts_are_out_of_reach_even_of_a_mistake(company: Company) -> None:
    company.add_own_contact(2001, "Secret", LANDLINE)

    with tenant_scope(company.tenant.id, extension_id=company.people[2000]):
        mistaken = find_caller(company.tenant.id, company.people[2001], LANDLINE, country="DE")
    with tenant_scope(company.tenant.id):
        administrator = find_caller(company.tenant.id, None, LANDLINE, country="DE")

    assert (mistaken, administrator) == (None, None)
    assert ask(company, LANDLINE, number_of=2001).name == "Secret"


def test_a_page_of_calls_is_named_in_one_query(company: Company) -> None:
    company.add_own_contact(2000, "Oma", "030 901820")
    company.add_company_contact("Firma", "030 901821")
    company.add_person(2002, "Clara", business_phone="030 901822")
    numbers = ["+4930901820", "+4930901821", "+4930901822", "2001", "anonymous", "2001"]
    asker = Asker(company.tenant.id, "DE", company.people[2000])

    with tenant_scope(company.tenant.id, extension_id=asker.extension_id):
        with CaptureQueriesContext(connection) as queries:
            found = who_called(asker, numbers)
        assert find_callers(company.tenant.id, None, ["anonymous"], country="DE") == {}

    names = [found[each].name for each in numbers]
    assert names == ["Oma", "Firma", "Clara", "Bernd Thal", "", "Bernd Thal"]
    assert len(queries) == 1
