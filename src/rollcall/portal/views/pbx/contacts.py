"""The company's contacts, for all to see and for administrators to keep; and one's own."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.integrations.queries import person_names
from rollcall.phonebook.listing import ContactDetail, ContactPage, find_contact, list_page
from rollcall.phonebook.own_operations import (
    add_company_contact,
    delete_company_contact,
    edit_company_contact,
)
from rollcall.portal.forms.contacts import (
    KINDS,
    ContactForm,
    count_lines,
    initial_of,
    lines_for,
)
from rollcall.portal.views.pbx.lists import place_of, to_page, typed
from rollcall.web.audience import for_administrator, for_user
from rollcall.web.identity import PageRequest


@for_user("GET")
def company(request: PageRequest) -> HttpResponse:
    """Show a page of the company's contacts."""
    tenant = request.tenant
    found = list_page(
        tenant.id, text=typed(request), place=place_of(request), country=tenant.country
    )
    return render(request, "portal/pbx/contacts.html", _list(request, found))


@for_user("GET")
def own(request: PageRequest) -> HttpResponse:
    """Show a page of one's own contacts: nobody else sees them."""
    tenant = request.tenant
    holder = _own_extension(request)
    found = ContactPage(())
    if holder is not None:
        place = place_of(request)
        found = list_page(
            tenant.id, holder=holder, text=typed(request), place=place, country=tenant.country
        )
    values = {**_list(request, found), "extension": holder}
    return render(request, "portal/pbx/my_contacts.html", values)


@for_user("GET")
def show(request: PageRequest, contact: int) -> HttpResponse:
    """Show one contact of the company."""
    return render(request, "portal/pbx/contact.html", _values(request, _find(request, contact)))


@for_user("GET")
def show_own(request: PageRequest, own_contact: int) -> HttpResponse:
    """Show one of one's own contacts."""
    holder = _own_extension(request)
    found = find_contact(request.tenant.id, own_contact, holder=holder) if holder else None
    if found is None:
        raise Http404
    return render(request, "portal/pbx/contact.html", {**_values(request, found), "own": True})


@for_administrator("GET", "POST")
def new(request: PageRequest) -> HttpResponse:
    """Add a contact of the company."""
    form = ContactForm()
    if request.method == "POST":
        form = ContactForm(request.POST, lines=count_lines(request.POST))
        if form.is_valid():
            try:
                contact_id = _add(request, form)
            except SetupError as error:
                form.refuse(error)
            else:
                messages.success(request, _("The contact is there."))
                return redirect("company-contact", tenant=request.tenant.slug, contact=contact_id)
    return render(request, "portal/pbx/contact_edit.html", {"form": form})


@transaction.atomic
def _add(request: PageRequest, form: ContactForm) -> int:
    contact_id = add_company_contact(request.tenant.id, form.draft())
    _note(request, "contact.added", contact_id)
    return contact_id


@for_administrator("GET", "POST")
def edit(request: PageRequest, contact: int) -> HttpResponse:
    """Change a contact of the company that was made by hand."""
    found = _find_by_hand(request, contact)
    form = ContactForm(initial=initial_of(found), lines=lines_for(len(found.phones)))
    if request.method == "POST":
        form = ContactForm(request.POST, lines=count_lines(request.POST))
        if form.is_valid():
            try:
                _edit(request, contact, form)
            except SetupError as error:
                form.refuse(error)
            else:
                messages.success(request, _("The contact is changed."))
                return redirect("company-contact", tenant=request.tenant.slug, contact=contact)
    values = {**_values(request, found), "form": form}
    return render(request, "portal/pbx/contact_edit.html", values)


@transaction.atomic
def _edit(request: PageRequest, contact_id: int, form: ContactForm) -> None:
    edit_company_contact(request.tenant.id, contact_id, form.draft())
    _note(request, "contact.edited", contact_id)


@for_administrator("POST")
def delete(request: PageRequest, contact: int) -> HttpResponse:
    """Delete a contact of the company that was made by hand."""
    _find_by_hand(request, contact)
    name = delete_company_contact(request.tenant.id, contact)
    _note(request, "contact.deleted", contact)
    messages.success(request, _("%(name)s is deleted.") % {"name": name})
    return redirect("company-contacts", tenant=request.tenant.slug)


def _note(request: PageRequest, action: str, contact_id: int) -> None:
    note(
        actor=request.identity.actor,
        action=action,
        subject=str(contact_id),
        tenant_id=request.tenant.id,
    )


def _own_extension(request: PageRequest) -> int | None:
    identity = request.identity
    return identity.extension_id if identity.tenant_id == request.tenant.id else None


def _find(request: PageRequest, contact_id: int) -> ContactDetail:
    found = find_contact(request.tenant.id, contact_id)
    if found is None:
        raise Http404
    return found


def _find_by_hand(request: PageRequest, contact_id: int) -> ContactDetail:
    found = _find(request, contact_id)
    if not found.by_hand:
        raise Http404
    return found


def _list(request: PageRequest, found: ContactPage) -> dict[str, Any]:
    text = typed(request)
    return {
        "q": text,
        "page": to_page(request, found.rows, earlier=found.earlier, later=found.later),
        "keeps": request.identity.role != "user",
        "plain": not text and not place_of(request).row,
    }


def _values(request: PageRequest, found: ContactDetail) -> dict[str, Any]:
    mailbox = found.mailbox
    return {
        "found": found,
        "phones": [(KINDS.get(each.kind, each.kind), each) for each in found.phones],
        "mailbox": person_names(request.tenant.id, [mailbox]).get(mailbox, "") if mailbox else "",
        "keeps": request.identity.role != "user",
    }
