"""One's own account."""

from django.http import HttpResponse
from django.shortcuts import render

from rollcall.web.audience import for_signed_in
from rollcall.web.identity import PageRequest


@for_signed_in("GET")
def account(request: PageRequest) -> HttpResponse:
    """Show one's own account."""
    return render(request, "portal/account/account.html", {})
