"""The settings of a tenant that its own administrators may change."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.portal.forms.tenants import TenantSettings, values_of
from rollcall.tenants.operations import change_tenant
from rollcall.web.audience import for_administrator
from rollcall.web.identity import PageRequest


@for_administrator("GET", "POST")
def settings(request: PageRequest) -> HttpResponse:
    """Show and change the settings of the tenant."""
    tenant = request.tenant
    form = TenantSettings(request.POST or None, initial=values_of(tenant))
    if request.method == "POST" and form.is_valid():
        try:
            change_tenant(tenant.slug, **form.changes())
        except SetupError as error:
            form.add_error(None, str(error))
        else:
            note(
                actor=request.identity.actor,
                action="tenant.changed",
                subject=tenant.slug,
                tenant_id=tenant.id,
                detail={"fields": sorted(form.changed_data)},
            )
            messages.success(request, _("The settings are saved."))
            return redirect("tenant-settings", tenant=tenant.slug)
    return render(request, "portal/tenant/settings.html", {"form": form})
