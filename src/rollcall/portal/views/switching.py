"""A system administrator enters a tenant's scope, and leaves it. Both are noted."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from rollcall.accounts.sessions import enter_tenant, leave_tenant
from rollcall.audit.operations import note
from rollcall.core.errors import SetupError
from rollcall.tenants.queries import TenantView, get_tenant
from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest


@for_signed_in("POST")
def enter(request: PageRequest, tenant: str) -> HttpResponse:
    """Enter a tenant's scope."""
    found = _tenant_of(request, tenant)
    enter_tenant(request.identity.session_id, found.id)
    note(actor=request.identity.actor, action="scope.entered", tenant_id=found.id)
    return redirect("integration", tenant=found.slug)


@for_signed_in("POST")
def leave(request: PageRequest, tenant: str) -> HttpResponse:
    """Leave it."""
    found = _tenant_of(request, tenant)
    leave_tenant(request.identity.session_id, found.id)
    note(actor=request.identity.actor, action="scope.left", tenant_id=found.id)
    return redirect("system-tenants")


def _tenant_of(request: PageRequest, slug: str) -> TenantView:
    if request.identity.role != "system":
        raise Http404
    try:
        return get_tenant(slug)
    except SetupError:
        raise Http404 from None
