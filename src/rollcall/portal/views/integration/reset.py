"""Resetting the integration: what it takes and leaves, in numbers, and then doing it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.core.errors import SetupError, SyncError
from rollcall.integrations.reset_operations import (
    check_someone_left,
    reset_integration,
    view_reset,
)
from rollcall.portal.forms.reset import ResetForm
from rollcall.portal.views.integration.header import header_of
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest
from rollcall.web.scope import tenant_scope
from rollcall.wiring.machine import utc_now


@for_administrator("GET", "POST", live=True)  # sessions and contacts: no page's role sees them
def reset(request: PageRequest) -> HttpResponse:
    """Say what a reset does, or do it."""
    form = ResetForm(request.POST or None, slug=request.tenant.slug)
    if request.method == "POST" and form.is_valid():
        try:
            reset_integration(
                request.tenant.id,
                extensions=form.fate,
                actor=request.identity.actor,
                now=utc_now(),
            )
        except SyncError as error:
            form.refuse(error)
        else:
            messages.success(request, _done())
            return redirect("integration", tenant=request.tenant.slug)
    return _show(request, form)


def _done() -> str:
    return _(
        "The integration is reset. Remove the certificate of this server from the application in "
        "Entra, too, or delete the application."
    )


def _show(request: PageRequest, form: ResetForm) -> HttpResponse:
    view = view_reset(request.tenant.id)
    values = {
        "form": form,
        "view": view,
        "following": view.extensions.working + view.extensions.waiting,
        "way_in": _way_in(request),
        "chosen": str(form["extensions"].value() or ""),
    }
    with tenant_scope(request.tenant.id):
        header = header_of(request, tab="integration")
        return render(request, "portal/integration/reset.html", {**header, **values})


def _way_in(request: PageRequest) -> bool:
    """Tell whether an administrator could come in afterwards."""
    try:
        check_someone_left(request.tenant.id)
    except SetupError:
        return False
    return True
