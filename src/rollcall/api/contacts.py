"""The company's contacts. People's own are not in the API: no administrator sees them."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal

import msgspec
from ninja import Path, Router
from pydantic import Field

from rollcall.access.scopes import Scope
from rollcall.api.door import ApiRequest, offer, tenant_of
from rollcall.api.paging import After, name_place, read_place
from rollcall.api.shapes import Given, Id, Input, Page, RowLimit, Text, page_of, shape_of
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.core.records import Phone
from rollcall.phonebook.listing import find_contact, list_page
from rollcall.phonebook.own_operations import (
    MOST_EMAILS,
    MOST_PHONES,
    ContactDraft,
    add_company_contact,
    delete_company_contact,
    edit_company_contact,
)
from rollcall.phonebook.queries import ContactView, company_views
from rollcall.tenants.key_pages import ROWS, Place
from rollcall.tenants.queries import get_tenant_by_id

router = Router(tags=["Company contacts"])
ContactId = Path[Id]


class ContactJson(ContactView, frozen=True, kw_only=True):
    """A contact as commands show it, with the id that it has here."""

    id: int


class GivenPhone(Input):
    """A number, as it is written."""

    kind: Literal["business", "mobile", "home", "fax", "other"]
    number: Given


class ContactChange(Input):
    """What is to be changed of a contact; lists are replaced as a whole."""

    display_name: Text | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    company: Text | None = None
    job_title: Text | None = None
    department: Text | None = None
    emails: Annotated[list[Given], Field(max_length=MOST_EMAILS)] | None = None
    phones: Annotated[list[GivenPhone], Field(max_length=MOST_PHONES)] | None = None


class NewContact(ContactChange):
    """A contact to be added. Without a display name, first and last name or the company do."""


class DeletedContactJson(msgspec.Struct, frozen=True):
    """A contact that is gone."""

    deleted: int


SHAPE = shape_of(ContactJson)
TEXTS: Final = (
    "display_name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "department",
)


@offer(router, "GET", "/contacts", scope=Scope.READ, answers=page_of(ContactJson))
def list_contacts(
    request: ApiRequest, after: After = "", limit: RowLimit = ROWS, search: Text = ""
) -> Page:
    """List the company's contacts by name.

    With `search`, what begins a word of name or company, or a number, best match first; there, a
    contact may come again on a later page.
    """
    tenant = get_tenant_by_id(tenant_of(request))
    place = Place(after=read_place(after))
    found = list_page(tenant.id, text=search, place=place, country=tenant.country)
    rows = found.rows[:limit]
    views = company_views(tenant.id, [row.id for row in rows])
    more = len(found.rows) > limit or found.later
    following = name_place(rows[-1].place) if more and rows[-1].place else None
    return Page(
        tuple(_to_json(row.id, views[row.id]) for row in rows if row.id in views), following
    )


@offer(router, "POST", "/contacts", scope=Scope.CONTACTS_WRITE, answers=SHAPE, status=201)
def add_contact(request: ApiRequest, body: NewContact) -> ContactJson:
    """Add a contact to the company's own."""
    contact_id = add_company_contact(tenant_of(request), _draft(body, {}, ()))
    _note(request, "contact.added", contact_id)
    return _read(request, contact_id)


@offer(router, "GET", "/contacts/{int:contact_id}", scope=Scope.READ, answers=SHAPE)
def get_contact(request: ApiRequest, contact_id: ContactId) -> ContactJson:
    """Get a contact."""
    return _read(request, contact_id)


@offer(
    router,
    "PATCH",
    "/contacts/{int:contact_id}",
    scope=Scope.CONTACTS_WRITE,
    answers=SHAPE,
)
def edit_contact(request: ApiRequest, contact_id: ContactId, body: ContactChange) -> ContactJson:
    """Change a contact of the company's own. What comes from a mailbox is edited there."""
    tenant_id = tenant_of(request)
    found = find_contact(tenant_id, contact_id)
    if found is None:
        raise _missing(contact_id)
    now: dict[str, Any] = {name: getattr(found, name) for name in (*TEXTS, "emails", "addresses")}
    phones = [Phone(each.kind, each.number) for each in found.phones]
    edit_company_contact(tenant_id, contact_id, _draft(body, now, phones))
    _note(request, "contact.edited", contact_id)
    return _read(request, contact_id)


@offer(
    router,
    "DELETE",
    "/contacts/{int:contact_id}",
    scope=Scope.CONTACTS_WRITE,
    answers=shape_of(DeletedContactJson),
)
def delete_contact(request: ApiRequest, contact_id: ContactId) -> DeletedContactJson:
    """Delete a contact of the company's own."""
    delete_company_contact(tenant_of(request), contact_id)
    _note(request, "contact.deleted", contact_id)
    return DeletedContactJson(contact_id)


def _draft(body: ContactChange, now: dict[str, Any], phones: Iterable[Phone]) -> ContactDraft:
    given = body.given()
    texts: dict[str, Any] = {name: given[name] or "" for name in TEXTS if name in given}
    if "emails" in given:
        texts["emails"] = tuple(body.emails or ())
    if "phones" in given:
        phones = [Phone(each.kind, each.number) for each in body.phones or ()]
    return ContactDraft(**{**now, **texts}, phones=tuple(phones))


def _read(request: ApiRequest, contact_id: int) -> ContactJson:
    views = company_views(tenant_of(request), [contact_id])
    if contact_id not in views:
        raise _missing(contact_id)
    return _to_json(contact_id, views[contact_id])


def _missing(contact_id: int) -> SetupError:
    return SetupError(f"There is no contact {contact_id}.", code="unknown-contact")


def _to_json(contact_id: int, view: ContactView) -> ContactJson:
    return ContactJson(**msgspec.structs.asdict(view), id=contact_id)


def _note(request: ApiRequest, action: str, contact_id: int) -> None:
    tenant_id = tenant_of(request)
    note(actor=request.auth.actor, action=action, subject=str(contact_id), tenant_id=tenant_id)
