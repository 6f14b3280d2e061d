"""One tenant: its facts, adding and changing it, suspending, resuming and deleting it."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.calling.devices import count_devices
from rollcall.core.errors import SetupError
from rollcall.integrations.health import belongings_of, glance_at, health_of
from rollcall.portal.forms.tenants import (
    DeleteTenantForm,
    NewTenantForm,
    TenantForm,
    values_of,
)
from rollcall.portal.health_words import advice_for, lag_of, missing_of, state_of
from rollcall.tenants.operations import (
    TakenError,
    add_tenant,
    change_tenant,
    delete_tenant,
    resume_tenant,
    suspend_tenant,
)
from rollcall.tenants.places import countries
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.web.audience import for_system
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now


@for_system("GET")
def show(request: PageRequest, tenant: str) -> HttpResponse:
    """Show a tenant."""
    view = _tenant_of(tenant)
    now = utc_now()
    health = health_of(view.id, now=now)
    if health is None:
        raise Http404
    kind, words = state_of(health, now=now)
    values = {
        "shown": view,
        "country": countries().get(view.country, view.country),
        "reserved": ", ".join(map(str, view.reserved_numbers)),
        "health": health,
        "kind": kind,
        "words": words,
        "advice": advice_for(health),
        "days": health.days_left(now),
        "lag": lag_of(health),
        "missing": missing_of(health),
        "owned": glance_at(view.id),
    }
    return render(request, "portal/system/tenant.html", values)


@for_system("GET", "POST")
def add(request: PageRequest) -> HttpResponse:
    """Add a tenant."""
    form = NewTenantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                view = add_tenant(**form.changes())
                _note(request, "tenant.added", view)
        except SetupError as error:
            form.add_error(*_placed(error))
        else:
            sentence = _("%(name)s is there. Next: switch to it and connect Microsoft 365.")
            messages.success(request, sentence % {"name": view.name})
            return redirect("system-tenant", tenant=view.slug)
    return render(request, "portal/system/add_tenant.html", {"form": form})


@for_system("GET", "POST")
def edit(request: PageRequest, tenant: str) -> HttpResponse:
    """Change a tenant."""
    view = _tenant_of(tenant)
    form = TenantForm(request.POST or None, initial=values_of(view))
    phones = _voided_phones(request, view, form)
    if request.method == "POST" and form.is_valid() and not phones:
        try:
            with transaction.atomic():
                changed = change_tenant(view.slug, **form.changes())
                _note(request, "tenant.changed", changed, fields=sorted(form.changed_data))
        except SetupError as error:
            form.add_error(*_placed(error))
        else:
            messages.success(request, _("The settings of %(name)s are saved.") % _named(changed))
            return redirect("system-tenant", tenant=view.slug)
    values = {"form": form, "shown": view, "phones": phones}
    return render(request, "portal/system/edit_tenant.html", values)


def _voided_phones(request: PageRequest, view: TenantView, form: TenantForm) -> int:
    """Return how many phones another SIP domain would sign out, unless that is known."""
    moved = request.method == "POST" and form.is_valid() and "sip_domain" in form.changed_data
    return count_devices(view.id) if moved and "phones" not in request.POST else 0


@for_system("POST")
def suspend(request: PageRequest, tenant: str) -> HttpResponse:
    """Suspend a tenant."""
    view = _tenant_of(tenant)
    if view.state == "active":
        with transaction.atomic():
            suspend_tenant(view.slug)
            _note(request, "tenant.suspended", view)
        messages.success(request, _("%(name)s is suspended.") % _named(view))
    return redirect("system-tenant", tenant=view.slug)


@for_system("POST")
def resume(request: PageRequest, tenant: str) -> HttpResponse:
    """Let a suspended tenant work again."""
    view = _tenant_of(tenant)
    if view.state != "active":
        with transaction.atomic():
            resume_tenant(view.slug)
            _note(request, "tenant.resumed", view)
        messages.success(request, _("%(name)s works again.") % _named(view))
    return redirect("system-tenant", tenant=view.slug)


@for_system("GET", "POST")
def delete(request: PageRequest, tenant: str) -> HttpResponse:
    """Delete a tenant, after its short name was typed."""
    view = _tenant_of(tenant)
    form = DeleteTenantForm(request.POST or None, slug=view.slug)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            delete_tenant(view.slug)
            note(actor=request.identity.actor, action="tenant.deleted", subject=view.slug)
        messages.success(request, _("%(name)s is deleted.") % _named(view))
        return redirect("system-tenants")
    values = {"form": form, "shown": view, "owned": belongings_of(view.id)}
    return render(request, "portal/system/delete_tenant.html", values)


def _tenant_of(slug: str) -> TenantView:
    try:
        return get_tenant(slug)
    except SetupError:
        raise Http404 from None


def _placed(error: SetupError) -> tuple[str | None, str]:
    """Return the field that an error belongs to, if it is one's, and its sentence."""
    return (error.field if isinstance(error, TakenError) else None), str(error)


def _named(view: TenantView) -> dict[str, str]:
    return {"name": view.name}


def _note(request: PageRequest, action: str, view: TenantView, **detail: Any) -> None:
    actor = request.identity.actor
    note(actor=actor, action=action, subject=view.slug, tenant_id=view.id, detail=detail)
