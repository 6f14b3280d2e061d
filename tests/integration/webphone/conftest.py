"""Two companies with people and contacts made by hand, and visitors of the web phone.

No directory is asked here: how people and contacts come from one is tested elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client

from rollcall.core.phone import normalise_number
from rollcall.core.records import Phone
from rollcall.environment import Environment
from rollcall.phonebook.models import AddressBook, Contact, ContactNumber
from rollcall.phonebook.own_operations import ContactDraft, add_company_contact
from rollcall.telephony.models import Extension
from rollcall.telephony.operations import add_extension
from rollcall.tenants.queries import TenantView
from rollcall.wiring.machine import Machine
from tests.integration.portal.arrival import new_tenant
from tests.integration.portal.conftest import SignIn, nobody, quick, sign_in

__all__ = ["nobody", "quick", "sign_in"]

MakeCompany = Callable[..., "Company"]
PART = {"HX-Request": "true"}
"""What htmx says of itself: only what changes is wanted."""


@dataclass
class Company:
    """A tenant with Anna, who visits; `people` are extensions by number."""

    tenant: TenantView
    enter: SignIn
    people: dict[int, int] = field(default_factory=dict)
    own: Client | None = None

    @property
    def anna(self) -> Client:
        """Anna's browser."""
        if self.own is None:
            self.own = self.enter("user", self.tenant.id, extension_id=self.people[2000])
        return self.own

    def add_person(self, number: int, name: str, **fields: str) -> int:
        """Add an extension; return its id."""
        add_extension(self.tenant.id, number=number, fields={"display_name": name, **fields})
        row = Extension.objects.of(self.tenant.id).get(number=number, deleted_at__isnull=True)
        self.people[number] = row.pk
        return row.pk

    def add_company_contact(self, name: str, *numbers: str, company: str = "") -> int:
        """Add a contact of the company; return its id."""
        phones = [Phone("business", number) for number in numbers]
        draft = ContactDraft(
            display_name=name, company=company, phones=phones, emails=["desk@firm.example"]
        )
        return add_company_contact(self.tenant.id, draft)

    def add_own_contact(self, owner: int, name: str, *numbers: str) -> int:
        """Add a personal contact of the person with this number, as a sync does; return its id."""
        holder, tenant_id = self.people[owner], self.tenant.id
        book, _ = AddressBook.objects.of(tenant_id).get_or_create(
            tenant_id=tenant_id, scope="personal", mailbox=f"m{owner}", owner_id=holder
        )
        contact = Contact(
            tenant_id=tenant_id,
            book=book,
            holder=holder,
            directory_contact_id=name[:50],
            fingerprint=b"x",
            display_name=name,
        )
        contact.save()
        for position, number in enumerate(numbers):
            dialled = normalise_number(number, "DE")
            ContactNumber(
                tenant_id=tenant_id,
                contact=contact,
                position=position,
                holder=holder,
                kind="home",
                number=number,
                e164=dialled.e164,
                extension=dialled.extension,
            ).save(force_insert=True)
        return contact.pk


@pytest.fixture
def machine(environment: Environment, conninfo: str) -> Machine:
    """A machine with an empty database, and no directory anywhere."""
    return Machine(environment=environment, conninfo=conninfo)


@pytest.fixture
def new_company(sign_in: SignIn) -> MakeCompany:
    """Make a tenant with Anna on 2000 and Bernd on 2001."""

    def made(slug: str = "contoso") -> Company:
        company = Company(new_tenant(slug), sign_in)
        company.add_person(2000, "Anna Berg", department="Purchasing", email="anna@firm.example")
        company.add_person(
            2001, "Bernd Thal", mobile_phone="+49 170 1112233", business_phone="+49 30 9018 2001"
        )
        return company

    return made


@pytest.fixture
def company(new_company: MakeCompany) -> Company:
    """Contoso."""
    return new_company()
