"""One extension: what is known of it; add, edit and delete it; link and unlink its person."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.calling.trunk_numbers import numbers_of
from rollcall.core.errors import SetupError
from rollcall.core.numbering import parse_number
from rollcall.integrations.number_ranges import summarise_range
from rollcall.integrations.people_operations import (
    delete_extension,
    link_person,
    separate_person,
)
from rollcall.integrations.proposals import decided_person
from rollcall.integrations.queries import find_integration, get_integration
from rollcall.portal.forms.extensions import LABELS, ExtensionForm, LinkForm, NumberForm
from rollcall.portal.views.pbx.extension_phones import corner_of
from rollcall.portal.views.pbx.phones import phone_lists
from rollcall.telephony.operations import EDITABLE, add_extension, edit_extension
from rollcall.telephony.photos import drop_photo, find_photo, find_photo_digest, set_photo
from rollcall.telephony.queries import ExtensionDetail, find_detail, get_key
from rollcall.web.audience import for_administrator, for_user
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now
from rollcall.wiring.settings import extension_range

LOCAL = "local"
PHONES = ("business_phone", "mobile_phone")


@for_administrator("GET")
def show(request: PageRequest, extension: int) -> HttpResponse:
    """Show an extension."""
    found = _find(request, extension)
    return render(request, "portal/pbx/extension.html", _values(request, found))


@for_administrator("GET", "POST")
def new(request: PageRequest) -> HttpResponse:
    """Add a hand-made extension."""
    if request.method == "POST":
        form = ExtensionForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                added = _add(request, form)
            except SetupError as error:
                form.refuse(error)
            else:
                messages.success(
                    request, _("Extension %(number)s is there.") % {"number": added[1]}
                )
                return redirect("extension", tenant=request.tenant.slug, extension=added[0])
    else:
        form = ExtensionForm(initial={"number": _next_number(request)})
    return render(request, "portal/pbx/extension_new.html", {"form": form})


@transaction.atomic
def _add(request: PageRequest, form: ExtensionForm) -> tuple[int, int]:
    tenant_id = request.tenant.id
    number = parse_number(form.cleaned_data["number"])
    add_extension(tenant_id, number=number, fields=form.texts())
    key = get_key(tenant_id, number)
    if form.cleaned_data["photo"]:
        set_photo(tenant_id, key.id, form.cleaned_data["photo"].read())
    note(
        actor=request.identity.actor,
        action="extension.added",
        subject=str(number),
        tenant_id=tenant_id,
    )
    return key.id, number


def _next_number(request: PageRequest) -> int | None:
    integration = find_integration(request.tenant.id)
    tenant = request.tenant
    scope = (tenant.first_extension, tenant.last_extension)
    if integration is not None:
        chosen = extension_range(tenant, integration)
        scope = (chosen.first, chosen.last)
    return summarise_range(tenant.id, *scope).next_free


@for_administrator("GET", "POST")
def edit(request: PageRequest, extension: int) -> HttpResponse:
    """Change an extension: of a synchronised one the number."""
    found = _find_usable(request, extension)
    local = found.shown.source == LOCAL
    form = _edit_form(request, found) if local else _number_form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            number = _edit(request, found, form)
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Extension %(number)s is changed.") % {"number": number})
            return redirect("extension", tenant=request.tenant.slug, extension=extension)
    values = {**_values(request, found), "form": form, "local": local}
    return render(request, "portal/pbx/extension_edit.html", values)


def _edit_form(request: PageRequest, found: ExtensionDetail) -> ExtensionForm:
    known = {name: getattr(found.shown, name) or "" for name in EDITABLE}
    has_photo = found.shown.photo_sha256 is not None
    initial = {"number": found.number, **known}
    if request.method == "POST":
        return ExtensionForm(request.POST, request.FILES, initial=initial, has_photo=has_photo)
    return ExtensionForm(initial=initial, has_photo=has_photo)


def _number_form(request: PageRequest, found: ExtensionDetail) -> NumberForm:
    initial = {"number": found.number}
    return NumberForm(request.POST if request.method == "POST" else None, initial=initial)


@transaction.atomic
def _edit(request: PageRequest, found: ExtensionDetail, form: NumberForm) -> int:
    tenant_id = request.tenant.id
    number = parse_number(form.cleaned_data["number"])
    changed = number if number != found.number else None
    texts = form.texts() if isinstance(form, ExtensionForm) else {}
    edit_extension(tenant_id, found.number, new_number=changed, fields=texts)
    if isinstance(form, ExtensionForm):
        if form.cleaned_data["photo"]:
            set_photo(tenant_id, found.id, form.cleaned_data["photo"].read())
        elif form.cleaned_data.get("no_photo"):
            drop_photo(tenant_id, found.id)
    note(
        actor=request.identity.actor,
        action="extension.edited",
        subject=str(found.number),
        tenant_id=tenant_id,
        detail={"number": changed} if changed else {},
    )
    return number


@for_administrator("POST", live=True)  # the person's own contacts go, which no page's role sees
def delete(request: PageRequest, extension: int) -> HttpResponse:
    """Delete an extension, and say what becomes of its number."""
    found = _find_usable(request, extension)
    outcome = delete_extension(
        request.tenant.id, found.number, actor=request.identity.actor, now=utc_now()
    )
    sentences = {
        "freed": _("Extension %(number)s is deleted; the number is free."),
        "kept": _(
            "Extension %(number)s is deleted. Its person is still in Microsoft 365, so it comes "
            "back with the next run; the number is kept until then."
        ),
        "released": _(
            "Extension %(number)s is deleted. Its person had left, so the number goes back to the "
            "range, and the contacts are gone."
        ),
    }
    messages.success(request, sentences[outcome] % {"number": found.number})
    return redirect("extensions", tenant=request.tenant.slug)


@for_user("GET")
def photo(request: PageRequest, extension: int) -> HttpResponse:
    """Send a photo: kept by the browser, asked for again by its digest."""
    digest = find_photo_digest(request.tenant.id, extension)
    if digest is None:
        raise Http404
    headers = {"ETag": f'"{digest}"', "Cache-Control": "private, max-age=300"}
    if f'"{digest}"' in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers=headers)
    content = find_photo(request.tenant.id, extension) or b""
    headers["X-Content-Type-Options"] = "nosniff"
    return HttpResponse(content, content_type="image/jpeg", headers=headers)


@for_administrator("POST")
def link(request: PageRequest, extension: int) -> HttpResponse:
    """Let the next run link a hand-made extension to a person."""
    found = _find_usable(request, extension)
    form = LinkForm(request.POST)
    if form.is_valid():
        try:
            person = link_person(
                request.tenant.id,
                get_integration(request.tenant.id).id,
                number=found.number,
                person=form.cleaned_data["person"],
                actor=request.identity.actor,
            )
        except SetupError as error:
            form.refuse(error)
        else:
            sentence = _("Extension %(number)s becomes %(name)s’s with the next run.")
            words = {"number": found.number, "name": person.display_name}
            messages.success(request, sentence % words)
            return redirect("extension", tenant=request.tenant.slug, extension=extension)
    values = {**_values(request, found), "link_form": form}
    return render(request, "portal/pbx/extension.html", values)


@for_administrator("POST", live=True)  # as above
def unlink(request: PageRequest, extension: int) -> HttpResponse:
    """Unlink an extension from its person; it stays as a hand-made one."""
    found = _find_usable(request, extension)
    person = found.shown.directory_object_id
    if person is None:
        messages.error(request, _("This extension is linked to nobody."))
        return redirect("extension", tenant=request.tenant.slug, extension=extension)
    try:
        who, _number = separate_person(
            request.tenant.id,
            get_integration(request.tenant.id).id,
            person=person,
            actor=request.identity.actor,
        )
    except SetupError as error:
        messages.error(request, str(error))
    else:
        sentence = _(
            "Extension %(number)s is a hand-made one now. %(name)s gets another one with the next "
            "run."
        )
        messages.success(request, sentence % {"number": found.number, "name": who.display_name})
    return redirect("extension", tenant=request.tenant.slug, extension=extension)


def _find(request: PageRequest, extension_id: int) -> ExtensionDetail:
    found = find_detail(request.tenant.id, extension_id)
    if found is None:
        raise Http404
    return found


def _find_usable(request: PageRequest, extension_id: int) -> ExtensionDetail:
    """Return an extension that has its number: not released, not deleted by hand."""
    found = _find(request, extension_id)
    if found.shown.number is None or found.deleted_at is not None:
        raise Http404
    return found


def _values(request: PageRequest, found: ExtensionDetail) -> dict[str, Any]:
    local = found.shown.source == LOCAL
    name = found.shown.display_name or str(found.number)
    connected = find_integration(request.tenant.id) is not None
    usable = found.shown.number is not None and found.deleted_at is None
    phones = phone_lists(request, corner_of(request, found)) if usable else {}
    return {
        **phones,
        "outside": numbers_of(request.tenant.id, found.id) if usable else (),
        "on": any(each["phone"].registration for each in phones.get("desk", ()))
        or bool(phones.get("web")),
        "found": found,
        "shown": found.shown,
        "name": name,
        "local": local,
        "usable": usable,
        "facts": [
            (LABELS[each], value, value if each in PHONES else "")
            for each, value in ((name, getattr(found.shown, name)) for name in LABELS)
        ],
        "callable": found.shown.state == "active" and found.deleted_at is None,
        "decided": decided_person(request.tenant.id, found.id) if local else "",
        "link_form": LinkForm(initial={"person": found.shown.email or ""})
        if local and connected
        else None,
    }
