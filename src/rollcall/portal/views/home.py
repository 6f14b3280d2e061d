"""The first page: where somebody goes who just came in."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from rollcall.accounts.sessions import SignedIn
from rollcall.tenants.queries import get_tenant_by_id
from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest


@for_signed_in("GET")
def home(request: PageRequest) -> HttpResponse:
    """Send each to the page that is theirs."""
    return redirect(first_page(request.identity))


def first_page(identity: SignedIn) -> str:
    """Return the address of the page on which an account begins."""
    if identity.tenant_id is None:
        return reverse("system-tenants")
    page = "integration" if identity.role == "administrator" else "colleagues"
    return reverse(page, kwargs={"tenant": get_tenant_by_id(identity.tenant_id).slug})
