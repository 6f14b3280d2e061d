"""The trunk of a tenant: its state and its settings, and the emergency numbers."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.calling.trunk_operations import remove_trunk, save_emergency_numbers, save_trunk
from rollcall.calling.trunks import TrunkView, find_emergency_numbers, find_trunk
from rollcall.core.errors import SetupError
from rollcall.portal.forms.trunk import EmergencyForm, TrunkForm, values_of
from rollcall.portal.trunk_words import trunk_words
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.wiring.machine import utc_now


@for_administrator("GET", "POST")
def show(request: PageRequest) -> HttpResponse:
    """Show the trunk, and set it."""
    known = find_trunk(request.tenant.id)
    form = TrunkForm(request.POST or None, known=known, initial=values_of(known))
    if request.method == "POST" and form.is_valid():
        try:
            save_trunk(
                request.tenant.id,
                form.wanted(),
                ring=request.machine.key_ring(),
                actor=request.identity.actor,
                now=utc_now(),
                places=request.machine.carrier_places(),
            )
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The trunk is saved. The switch takes it within seconds."))
            return redirect("trunk", tenant=request.tenant.slug)
    values = {**trunk_frame(request, known), "form": form}
    return render(request, "portal/calling/trunk.html", values)


@for_administrator("POST")
def remove(request: PageRequest) -> HttpResponse:
    """Remove the trunk."""
    try:
        remove_trunk(request.tenant.id, actor=request.identity.actor)
    except SetupError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The trunk is removed. Its numbers stay, for another one."))
    return redirect("trunk", tenant=request.tenant.slug)


@for_administrator("GET", "POST")
def emergency(request: PageRequest) -> HttpResponse:
    """Show which numbers call for help, and set them."""
    known = find_emergency_numbers(request.tenant.id)
    form = EmergencyForm(request.POST or None, known=known)
    if request.method == "POST" and form.is_valid():
        actor = request.identity.actor
        try:
            save_emergency_numbers(request.tenant.id, form.wanted(), actor=actor)
        except SetupError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The emergency numbers are saved."))
            return redirect("trunk-emergency", tenant=request.tenant.slug)
    values = {**trunk_frame(request), "form": form, "emergency": known}
    return render(request, "portal/calling/emergency.html", values)


def trunk_frame(request: PageRequest, known: TrunkView | None = None) -> dict[str, Any]:
    """Return what stands over the tabs of the trunk."""
    trunk = known or find_trunk(request.tenant.id)
    kind, words, advice = trunk_words(trunk, now=utc_now())
    return {"trunk": trunk, "kind": kind, "words": words, "advice": advice}
